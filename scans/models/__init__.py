from scans.models.activities import Activity
from scans.models.documents import SourceState, StoredDocument
from scans.models.monitors import Monitor
from scans.models.remote import RemoteScan
from scans.models.results import Finding, Signal, SignalKey
from scans.models.scans import SignalScan
from scans.models.specifications import SignalSpecification
from scans.models.subjects import ScanCompany, ScanProspect

__all__ = [
    "Activity",
    "Finding",
    "Monitor",
    "RemoteScan",
    "ScanCompany",
    "ScanProspect",
    "Signal",
    "SignalKey",
    "SignalScan",
    "SignalSpecification",
    "SourceState",
    "StoredDocument",
]

from scans.models.documents import SourceState, StoredDocument
from scans.models.scans import SignalScan
from scans.models.specifications import SignalSpecification

__all__ = ["SignalScan", "SignalSpecification", "SourceState", "StoredDocument"]

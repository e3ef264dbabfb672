from compliance.models.audits import Audit
from compliance.models.cases import Case, CaseEvent, CaseNote
from compliance.models.dryruns import DryRun
from compliance.models.exports import Export
from compliance.models.lists import ReferenceList, ReferenceListVersion
from compliance.models.pii import PiiCheck
from compliance.models.policies import Policy, PolicyVersion
from compliance.models.scans import ComplianceScan, ScoreEvent
from compliance.models.schedules import Schedule, ScheduleRun
from compliance.models.settings import GroupSettings
from compliance.models.sources import Source, SourceImport
from compliance.models.uploads import Mapping, Upload, UploadReading
from compliance.models.violations import Review, Violation
from compliance.models.waivers import Waiver

__all__ = [
    "Audit",
    "Case",
    "CaseEvent",
    "CaseNote",
    "ComplianceScan",
    "DryRun",
    "Export",
    "GroupSettings",
    "Mapping",
    "PiiCheck",
    "Policy",
    "PolicyVersion",
    "ReferenceList",
    "ReferenceListVersion",
    "Review",
    "Schedule",
    "ScheduleRun",
    "ScoreEvent",
    "Source",
    "SourceImport",
    "Upload",
    "UploadReading",
    "Violation",
    "Waiver",
]

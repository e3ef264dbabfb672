"""The closed lists of words of compliance."""

from django.db import models


class Severity(models.TextChoices):
    CRITICAL = "CRITICAL", "Critical"
    HIGH = "HIGH", "High"
    MEDIUM = "MEDIUM", "Medium"
    LOW = "LOW", "Low"


class ReviewStatus(models.TextChoices):
    PENDING = "pending"  # nobody has decided yet
    APPROVED = "approved"  # a true violation
    FALSE_POSITIVE = "false_positive"  # not a violation: no longer counts in the score
    DISPUTED = "disputed"  # contested; still counts


class ScoreMethod(models.TextChoices):
    SEVERITY_WEIGHTED = "severity_weighted"
    RULES = "rules"


class ScoreAction(models.TextChoices):
    SCAN_COMPLETED = "scan_completed"
    APPROVED = "approved"
    FALSE_POSITIVE = "false_positive"
    DISPUTED = "disputed"
    REOPENED = "reopened"
    PROPOSED = "proposed"  # a first reviewer calls a CRITICAL violation false; it counts until a second one agrees
    BULK_REVIEW = "bulk_review"  # one decision on many violations
    WAIVED = "waived"
    WAIVER_EXPIRED = "waiver_expired"  # or was ended before
    RESCORED = "rescored"  # reserved: nothing recomputes a score for another reason yet


class UploadStatus(models.TextChoices):
    PROCESSING = "processing"  # the bytes are here; a job reads them
    READY = "ready"
    FAILED = "failed"  # the job could not read them; the reason is kept, the content is not
    DELETED = "deleted"  # content gone; hash and profile kept


class AuditStatus(models.TextChoices):
    """Worked out from an audit's scans each time it is asked for; only closing is somebody's deed."""

    PLANNED = "planned"  # no scan yet
    ACTIVE = "active"  # a scan runs, the newest one failed, or violations of it are pending
    COMPLETED = "completed"  # every violation of its newest scan is decided
    CLOSED = "closed"  # somebody closed it: it takes no more scans


class CasePriority(models.TextChoices):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    URGENT = "urgent"


class CaseStatus(models.TextChoices):
    OPEN = "open"
    IN_REVIEW = "in_review"  # somebody is looking at it
    CLOSED = "closed"  # every violation is decided


class CaseAction(models.TextChoices):
    OPENED = "opened"
    STATUS = "status"
    PRIORITY = "priority"
    ASSIGNEE = "assignee"


class ExportFormat(models.TextChoices):
    JSON = "json", "JSON"
    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX"
    PDF = "pdf", "PDF report"
    OSCAL = "oscal", "OSCAL assessment results"
    BUNDLE = "bundle", "Sealed bundle"


class SourceKind(models.TextChoices):
    HTTPS_FILE = "https_file", "file by https"
    FILES = "files", "folder or object store"
    POSTGRESQL_QUERY = "postgresql_query", "PostgreSQL query"


class Overlap(models.TextChoices):
    SKIP = "skip", "skip the new run"
    QUEUE = "queue", "start the new run afterwards"
    CANCEL_PREVIOUS = "cancel_previous", "cancel the one before"


class CatchUp(models.TextChoices):
    NONE = "none", "leave them out"
    ONCE = "once", "run once for all of them"


class RunState(models.TextChoices):
    WAITING = "waiting"  # for the run before it to end
    IMPORTING = "importing"  # its import is queued or running
    SCANNING = "scanning"  # its scan is queued or running
    SCANNED = "scanned"  # the scan completed
    UNCHANGED = "unchanged"  # nothing had changed since the last scan, so nothing was scanned
    SKIPPED_OVERLAP = "skipped_overlap"  # the run before was still going on
    FAILED = "failed"  # import, mapping or scan failed
    CANCELLED = "cancelled"  # somebody, or the next run, cancelled it
    MISSED = "missed"  # nothing was running when it was due


LIVE_RUNS = (RunState.WAITING, RunState.IMPORTING, RunState.SCANNING)

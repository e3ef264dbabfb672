"""The closed lists of signal scans."""

from __future__ import annotations

from django.db.models import TextChoices


class ScanType(TextChoices):
    PROSPECTING = "prospecting", "Asked for"  # by a partner or a member of staff
    MONITORING = "monitoring", "Scheduled"  # started by a monitor


class SignalType(TextChoices):
    """What a signal tells; also the `source` of a specification item."""

    COMPANY_NEWS = "company_news", "Company news"
    JOB_OPENING = "job_opening", "Job opening"
    JOB_CHANGE = "job_change", "Job change"
    WEBSITE_CHANGE = "website_change", "Website change"
    POST = "post", "Post"
    COMMENT = "comment", "Comment"


OF_COMPANIES = (SignalType.COMPANY_NEWS, SignalType.JOB_OPENING, SignalType.WEBSITE_CHANGE)
OF_PROSPECTS = (SignalType.JOB_CHANGE, SignalType.POST, SignalType.COMMENT)
ACTIVITIES = (SignalType.POST, SignalType.COMMENT)


class SubjectState(TextChoices):
    """How far a scan is with one company or prospect."""

    WAITING = "waiting", "Waiting"
    EVALUATED = "evaluated", "Evaluated"  # at least one of its sources could be read
    FAILED = "failed", "Failed"  # it has sources, and none could be read
    NO_SOURCE = "no_source", "Without a source"


class Verdict(TextChoices):
    """What became of a document that matched."""

    KEPT = "kept", "Kept"
    DUPLICATE = "duplicate", "Duplicate"  # folded into another
    BELOW_SCORE = "below_score", "Below the wanted score"
    STALE = "stale", "Older than wanted"
    EXCLUDED = "excluded", "Holds an excluded word"


OF_A_SIGNAL = (Verdict.KEPT, Verdict.DUPLICATE)
DROPPED = (Verdict.DUPLICATE, Verdict.BELOW_SCORE, Verdict.STALE, Verdict.EXCLUDED)


class RemoteStatus(TextChoices):
    """Of a scan at a provider."""

    RUNNING = "running", "Running"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"  # or not over in time
    CANCELLED = "cancelled", "Cancelled"

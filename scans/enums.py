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


class Verdict(TextChoices):
    """What became of a document that matched."""

    KEPT = "kept", "Kept"
    DUPLICATE = "duplicate", "Duplicate"  # folded into another
    BELOW_SCORE = "below_score", "Below the wanted score"
    STALE = "stale", "Older than wanted"
    EXCLUDED = "excluded", "Holds an excluded word"

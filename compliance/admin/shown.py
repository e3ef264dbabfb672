"""How facts that several pages show are written."""

from __future__ import annotations

from django.utils.safestring import SafeString

from accounts.shown import asked_by as asked_by
from accounts.shown import pairs as pairs
from accounts.shown import preformatted as preformatted
from accounts.staff import badge
from compliance.enums import ReviewStatus, Severity

_SEVERITIES = {
    Severity.CRITICAL: ("▲▲", "bad"),
    Severity.HIGH: ("▲", "bad"),
    Severity.MEDIUM: ("◆", "warn"),
    Severity.LOW: ("▽", "quiet"),
}
_REVIEWS = {
    ReviewStatus.PENDING: ("○", "quiet"),
    ReviewStatus.APPROVED: ("✓", "good"),
    ReviewStatus.FALSE_POSITIVE: ("✕", "warn"),
    ReviewStatus.DISPUTED: ("?", "busy"),
}


def severity_badge(severity: str) -> SafeString:
    return badge(severity, *_SEVERITIES[Severity(severity)])


def review_badge(status: str) -> SafeString:
    return badge(ReviewStatus(status).label, *_REVIEWS[ReviewStatus(status)])

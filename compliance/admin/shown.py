"""How facts that several pages show are written."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import ApiKey, User
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


def asked_by(key: ApiKey | None, user: User | None) -> str:
    """Who is behind a row: a member of staff, a partner's key, or a command of the operator."""
    return user.get_username() if user else f"key {key.name}" if key else "-"


def pairs(facts: Mapping[str, object], between: str = ": ") -> str:
    return ", ".join(f"{name}{between}{value}" for name, value in facts.items()) or "-"


def preformatted(text: str) -> SafeString:
    return format_html('<pre class="text">{}</pre>', text)

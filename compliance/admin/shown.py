"""How facts that several pages show are written."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.utils.safestring import SafeString

from accounts.charts import Part
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
_PART_TONES = {Severity.CRITICAL: "bad", Severity.HIGH: "warn", Severity.MEDIUM: "busy", Severity.LOW: "quiet"}
_HUNDREDTH = Decimal("0.01")
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


def severity_parts(counts: Mapping[str, int]) -> list[Part]:
    """Violations by severity, the worst first."""
    return [Part(str(word.label), counts.get(word, 0), _PART_TONES[word]) for word in Severity]


def review_parts(counts: Mapping[str, int]) -> list[Part]:
    """Violations by decision; what waits comes last."""
    order = [*(word for word in ReviewStatus if word != ReviewStatus.PENDING), ReviewStatus.PENDING]
    return [Part(str(word.label), counts.get(word, 0), _REVIEWS[word][1]) for word in order]


def percent(share: Decimal) -> str:
    """0..1 in per cent; what is not quite all is never written as 100 %."""
    exact = share * 100
    if share in (0, 1):
        return f"{exact:.0f} %"
    return f"{min(max(exact, _HUNDREDTH), 100 - _HUNDREDTH):.2f} %"


def moved_words(change: Decimal) -> str:
    """0.19 points higher, 1.00 points lower, no change."""
    return f"{abs(change):,.2f} points {'higher' if change > 0 else 'lower'}" if change else "no change"


def number(value: Decimal | None) -> str:
    """Every digit and no more."""
    return "-" if value is None else f"{value:,f}".rstrip("0").rstrip(".") if value % 1 else f"{value:,.0f}"


def money(amount: Decimal | None) -> str:
    """Two places, or as many as it has."""
    if amount is None:
        return "-"
    whole, _, places = f"{amount:,f}".partition(".")
    return f"{whole}.{places.rstrip('0').ljust(2, '0')}"

"""How what is known of people and companies is written."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString

from accounts.shown import Table
from accounts.staff import badge, link
from prospecting.enums import EmailStatus
from prospecting.models import Audience

_EMAILS = {
    EmailStatus.UNKNOWN: ("○", "quiet"),
    EmailStatus.VALID: ("✓", "good"),
    EmailStatus.INVALID: ("✕", "bad"),
    EmailStatus.GUESSED: ("?", "warn"),
}


def email_badge(status: str) -> SafeString:
    return badge(EmailStatus(status).label, *_EMAILS[EmailStatus(status)])


def provenance(row: Any) -> Table:
    """Where each field of a prospect or company is from."""
    lines = [
        (name.replace("_", " "), _value(row, name), about.get("origin", "-"), _moment(about.get("at")),
         _sure(about.get("confidence")), about.get("reason", ""))
        for name, about in sorted(row.provenance.items())
        if isinstance(about, dict)
    ]  # fmt: skip
    heads = ("Field", "Value", "Origin", "When", "Confidence", "Why")
    return Table("Where it is from", heads, lines, "Nothing is known of where its fields are from.", frozenset({4}))


def with_audience(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Each with `audience_name`: a row keeps the id of its audience when that is deleted, so nothing is joined."""
    named = Audience.objects.filter(pk=OuterRef("audience_id")).values("name")[:1]
    named_rows: QuerySet[Any] = rows.annotate(audience_name=Subquery(named))
    return named_rows


def audience_link(row: Any) -> object:
    name = getattr(row, "audience_name", None)
    return link(Audience(pk=row.audience_id), name) if name else f"deleted ({row.audience_id})"


def _value(row: Any, name: str) -> object:
    value = getattr(row, name, "")
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value or "-")
    return text if len(text) <= 200 else f"{text[:199]}…"


def _moment(text: Any) -> object:
    try:
        return (parse_datetime(text) if isinstance(text, str) else None) or "-"
    except ValueError:
        return "-"


def _sure(confidence: Any) -> str:
    return f"{confidence:.0%}" if isinstance(confidence, int | float) else "-"

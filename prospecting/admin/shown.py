"""How what is known of people and companies is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True)
class Fact:
    """A field of a prospect or company with where it is from; all as it is shown, empty where nothing is known."""

    label: str
    value: str
    origin: str = ""
    at: datetime | None = None
    sure: str = ""
    why: str = ""

    @property
    def whence(self) -> str:
        """Origin, day and confidence, in one line."""
        day = f"{self.at:%Y-%m-%d}" if self.at else ""
        return ", ".join(filter(None, (self.origin, day, self.sure and f"{self.sure} sure")))


def facts(row: Any, names: Sequence[str]) -> list[Fact]:
    """One for each name, also where nothing is known of it."""
    return [_fact(row, name) for name in names]


def _fact(row: Any, name: str) -> Fact:
    said = row.provenance.get(name)
    about: dict[str, Any] = said if isinstance(said, dict) else {}
    return Fact(
        label_of(name), _value(row, name), str(about.get("origin", "")), _moment(about.get("at")),
        _sure(about.get("confidence")), str(about.get("reason", "")),
    )  # fmt: skip


def label_of(name: str) -> str:
    label = name.replace("_", " ").replace("linkedin", "LinkedIn").replace("email", "e-mail")
    return label[:1].upper() + label[1:]


def known(row: Any, names: Sequence[str]) -> Table:
    """What is known of a row, and where each of it is from."""
    lines = [
        (each.label, each.value, each.origin or "-", f"{each.at:%Y-%m-%d %H:%M}" if each.at else "-", each.sure or "-",
         each.why)
        for each in facts(row, names)
        if each.value
    ]  # fmt: skip
    heads = ("Field", "Value", "From", "When", "Confidence", "Why")
    return Table("What is known", heads, lines, "Nothing.", frozenset({4}))


def with_audience(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Each with `audience_name`: a row keeps the id of its audience when that is deleted, so nothing is joined."""
    named = Audience.objects.filter(pk=OuterRef("audience_id")).values("name")[:1]
    named_rows: QuerySet[Any] = rows.annotate(audience_name=Subquery(named))
    return named_rows


def audience_link(row: Any) -> object:
    name = getattr(row, "audience_name", None)
    return link(Audience(pk=row.audience_id), name) if name else f"deleted ({row.audience_id})"


def _value(row: Any, name: str) -> str:
    value = getattr(row, name, "")
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
    return text if len(text) <= 200 else f"{text[:199]}…"


def _moment(text: Any) -> datetime | None:
    try:
        return parse_datetime(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _sure(confidence: Any) -> str:
    return f"{confidence:.0%}" if isinstance(confidence, int | float) else ""

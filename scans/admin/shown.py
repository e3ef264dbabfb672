"""How verdicts and what they belong to are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.shown import outside
from accounts.staff import badge, link
from scans.enums import SubjectState, Verdict
from scans.models import SignalSpecification, SourceState

_PLACES = 3  # addresses of a signal in a table
_CHARS = 40  # of an address in a table

VERDICTS = {
    Verdict.KEPT: ("●", "good"),
    Verdict.DUPLICATE: ("=", "quiet"),
    Verdict.BELOW_SCORE: ("▽", "warn"),
    Verdict.STALE: ("◔", "warn"),
    Verdict.EXCLUDED: ("✕", "warn"),
}
SUBJECTS = {
    SubjectState.WAITING: ("○", "quiet"),
    SubjectState.EVALUATED: ("●", "good"),
    SubjectState.FAILED: ("✕", "bad"),
    SubjectState.NO_SOURCE: ("∅", "quiet"),
}


def verdict_badge(verdict: str) -> SafeString:
    return badge(Verdict(verdict).label, *VERDICTS[Verdict(verdict)])


def subject_badge(state: str) -> SafeString:
    return badge(SubjectState(state).label, *SUBJECTS[SubjectState(state)])


def source_badge(source: SourceState) -> SafeString:
    if source.fault_code or source.failures:
        return badge("fails", "✕", "bad")
    return badge("answers", "●", "good") if source.answered_at else badge("not asked yet", "○", "quiet")


def places(addresses: Sequence[Any]) -> SafeString:
    """Where a signal was read: the first addresses, each a link, and how many more there are."""
    lines = [(outside(each, short(each)),) for each in addresses[:_PLACES]]
    more = f"and {len(addresses) - _PLACES} more" if len(addresses) > _PLACES else ""
    return format_html("{}{}", format_html_join("", "{}<br>", lines), more)


def short(address: object) -> str:
    """Host and beginning of the path: enough to know a source by."""
    text = str(address).partition("://")[2].removeprefix("www.") or str(address)
    return text if len(text) <= _CHARS else f"{text[: _CHARS - 1]}…"


def subject_of(row: Any) -> object:
    """The company or the prospect a row is of."""
    return link(row.company or row.prospect)


def with_specification(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Each with `specification_name`: a scan keeps the id when the specification is deleted, so nothing is joined."""
    named = SignalSpecification.objects.filter(pk=OuterRef("specification_id")).values("name")[:1]
    named_rows: QuerySet[Any] = rows.annotate(specification_name=Subquery(named))
    return named_rows


def specification_link(row: Any) -> object:
    name = getattr(row, "specification_name", None)
    return link(SignalSpecification(pk=row.specification_id), name) if name else f"deleted ({row.specification_id})"


def keywords(terms: Any) -> str:
    """As they were written, with their weights."""
    return ", ".join(
        f"{term.get('term')} (weight {term.get('weight', 1):g})" if isinstance(term, dict) else str(term)
        for term in terms or ()
    )

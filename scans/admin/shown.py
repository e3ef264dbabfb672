"""How verdicts and what they belong to are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.shown import outside
from accounts.staff import badge, link
from scans.enums import SignalType, SubjectState, Verdict
from scans.models import Finding, SignalScan, SignalSpecification, SourceState

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
    return ", ".join(_terms(terms))


def _terms(terms: Any, *, quoted: bool = False) -> list[str]:
    """`quoted` unless they bring quotation marks of their own."""
    return [_term(each if isinstance(each, dict) else {"term": each}, quoted) for each in terms or ()]


def _term(term: Mapping[str, Any], quoted: bool) -> str:
    text = str(term.get("term"))
    weight = f" (weight {term['weight']:g})" if "weight" in term else ""
    return f"“{text}”{weight}" if quoted and '"' not in text else f"{text}{weight}"


def item_of(finding: Finding, scan: SignalScan) -> dict[str, Any]:
    """The item of the specification that a finding matched best."""
    items: list[dict[str, Any]] = scan.items
    return items[finding.item] if finding.item < len(items) else {}


def why(finding: Finding, scan: SignalScan) -> str:
    """Which filter of the item decided, in words."""
    item, place = item_of(finding, scan), finding.item + 1
    match Verdict(finding.verdict):
        case Verdict.BELOW_SCORE:
            return f"It scores {finding.score}; item {place} wants at least {item.get('minScore', 0)}."
        case Verdict.STALE:
            days = (scan.created_at - finding.posted_at).days if finding.posted_at else None
            old = "Nobody knows how old it is" if days is None else f"It was {days} days old"
            return f"{old}; item {place} wants at most {item.get('maxAgeDays', '?')} days."
        case Verdict.EXCLUDED:
            return f"Item {place} excludes: {keywords(item.get('excludeKeywords')) or '-'}."
        case Verdict.DUPLICATE:
            return "Another finding of this scan tells of the same event."
        case Verdict.KEPT:
            return f"It matches item {place}, and no filter is against it."


def in_words(item: Mapping[str, Any]) -> str:
    """What an item of a specification asks for, as one says it."""
    terms, without = (_terms(item.get(name), quoted=True) for name in ("keywords", "excludeKeywords"))
    mentions = f"that mentions {_or(terms)}" if terms else "whatever it mentions"
    limits = [f"a score of {item['minScore']} or more"] if item.get("minScore") else []
    limits += [f"at most {item['maxAgeDays']} days old"] if item.get("maxAgeDays") else []
    unless = f", unless it mentions {_or(without)}" if without else ""
    wanted = f": {', '.join(limits)}" if limits else ""
    return f"{SignalType(item['source']).label} {mentions}{unless}{wanted}."


def _or(words: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))

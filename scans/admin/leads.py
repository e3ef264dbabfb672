"""What signal scans add to the pages of prospects and companies: their signals, and how their sources answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.shown import Table, outside
from accounts.staff import badge, link
from jobs.enums import Status
from prospecting.admin.added import shown_on
from prospecting.models import Company, Prospect
from scans.admin.shown import places, source_badge
from scans.enums import SubjectState
from scans.models import Finding, ScanCompany, SourceState
from scans.newest import places_of
from scans.sources.gathering import SOURCES
from scans.sources.source import Place

_SHOWN = 20  # signals on a page, the highest scores first
_HEADS = ("Signal", "Score", "Kind", "Why", "Read at", "Posted")


@shown_on(Prospect)
def signals_of_prospect(request: HttpRequest, row: Prospect) -> Iterator[Table]:
    """What partners read for this prospect, too."""
    looked_at = places_of(row.pk)
    found = _best(Finding.objects.at(looked_at)) if looked_at else []
    empty = "No signal was kept of this person or where they work." if looked_at else "No scan has looked at them yet."
    yield _table(found, empty, "Of the person and of where they work, by the newest scan with each specification.")


@shown_on(Company)
def signals_of_company(request: HttpRequest, row: Company) -> Iterator[Table]:
    """How its sources answer, and what the newest scans kept of them."""
    yield _sources(row)
    read = ScanCompany.objects.filter(company=row, state=SubjectState.EVALUATED, scan__status=Status.COMPLETED)
    newest = read.order_by("scan__specification_id", "-scan__created_at", "-scan_id").distinct("scan__specification_id")
    found = _best(Finding.objects.filter(company=row, scan__in=list(newest.values_list("scan", flat=True))))
    yield _table(found, "No signal was kept of this company.", "By the newest scan with each specification.")


def _best(rows: QuerySet[Finding]) -> list[Finding]:
    """Kept ones, each signal once; several specifications may have kept it."""
    once: dict[str | None, Finding] = {}
    for finding in rows.filter(verdict="kept").order_by("-score", "-pk")[: 5 * _SHOWN]:
        once.setdefault(finding.signal_id, finding)
    return list(once.values())[:_SHOWN]


def _table(found: Iterable[Finding], empty: str, note: str) -> Table:
    lines = [
        (link(each), each.score, each.get_type_display(), each.reasoning, places(each.sources), each.posted_at or "-")
        for each in found
    ]
    return Table("Signals", _HEADS, lines, empty, frozenset({1}), note)


def _sources(row: Company) -> Table:
    wanted = [Place(source.kind, url) for source in SOURCES for url in source.addresses(row)]
    states = {each.key: each for each in SourceState.objects.for_group(row.group).filter(
        key__in=[place.key for place in wanted]).defer("snapshot")}  # fmt: skip
    lines = []
    for place in wanted:
        state = states.get(place.key)
        shown = source_badge(state) if state else badge("not asked yet", "○", "quiet")
        about = (state.answered_at or "-", state.fault, link(state, "more")) if state else ("-", "", "")
        lines.append((place.kind, outside(place.address), shown, *about))
    return Table(
        "Signals are read from", ("What", "Address", "State", "Answered", "Fault", ""), lines,
        "Nothing: no feed, job board or page is known. Enrichment looks for them on the company's site.",
    )  # fmt: skip

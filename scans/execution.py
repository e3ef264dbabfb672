"""What a worker does with one signal scan: write down whom it looks at, read, judge, store, and switch."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog

from jobs import lifecycle
from jobs.errors import JobFault
from jobs.working import Work
from prospecting.models import Company
from scans import own, queries, remote
from scans.enums import OF_COMPANIES, OF_PROSPECTS, SubjectState
from scans.evaluating import Evaluated, Read, Subject, evaluate
from scans.matching.judging import Judge
from scans.matching.score import Scale
from scans.matching.specification import parse_items
from scans.models import ScanCompany, SignalScan
from scans.sources.documents import Gathered
from scans.sources.gathering import gather
from scans.storing import store

LOOK_BACK = timedelta(days=730)  # at least; what is older scores nothing
REPORT_EVERY = 1.0  # seconds
STORE_EVERY = 1.0  # seconds
MOST_UNSTORED = 2000  # findings
PAGE = 200  # companies read from the database at once


def execute(work: Work) -> None:
    """Run the scan of `work` to its end, from where an earlier attempt left it."""
    scan = SignalScan.objects.select_related("group").get(pk=work.lease.job_id)
    structlog.contextvars.bind_contextvars(trace_id=scan.trace_id)
    running = _Running(work, scan)
    running.draw_up()
    remote.follow(work, scan, since=running.since)
    for read in own.waiting(scan, since=running.since):
        running.take(read)
    running.flush()
    types = scan.types & set(OF_COMPANIES)
    if types:
        gather(
            scan.group, _companies(scan), types, since=running.since, work=work, on_done=running.gathered,
        )  # fmt: skip
    running.flush()
    _switch(work, scan)


class _Running:
    """A scan under way: what was found and is not yet stored, and when partners were last told."""

    def __init__(self, work: Work, scan: SignalScan) -> None:
        parsed = parse_items(scan.items)
        if parsed.faults:  # a specification from before the rules for keywords were what they are
            raise JobFault("VALIDATION_ERROR", f"{parsed.faults[0].path}: {parsed.faults[0].message}")
        self.work, self.scan = work, scan
        self.judge = Judge(parsed.items, clock=scan.created_at, scale=Scale(**scan.scale))
        self.since = scan.created_at - max(
            [LOOK_BACK, *(timedelta(days=item.max_age_days) for item in parsed.items if item.max_age_days)]
        )
        self.unstored: list[Evaluated] = []
        self.stored_at = self.reported_at = time.monotonic()

    def draw_up(self) -> None:
        """Once a scan: who is in the audience now is who is looked at, however often a worker is lost."""
        if self.scan.drawn_up:
            return
        types = self.scan.types
        with lifecycle.fence(self.work.lease):
            prospects = queries.draw_up(
                self.scan, own=not types.isdisjoint(OF_PROSPECTS), companies=not types.isdisjoint(OF_COMPANIES)
            )
            SignalScan.objects.filter(pk=self.scan.pk).update(drawn_up=True)
            lifecycle.report(self.work.lease, prospects_total=prospects)

    def gathered(self, some: list[Gathered]) -> None:
        self.take(
            [
                Read(Subject(each.company.pk, None, each.company.name), each.documents, each.failures, each.sources)
                for each in some
            ]
        )

    def take(self, read: list[Read]) -> None:
        self.work.check()
        self.unstored += evaluate(self.judge, self.scan.pk, read)
        late = time.monotonic() - self.stored_at >= STORE_EVERY
        if late or sum(len(each.findings) for each in self.unstored) >= MOST_UNSTORED:
            self.flush()

    def flush(self) -> None:
        if self.unstored:
            store(self.work.lease, self.unstored)
            self.unstored = []
        self.stored_at = time.monotonic()
        if self.stored_at - self.reported_at >= REPORT_EVERY:
            self.report()

    def report(self) -> None:
        """Progress never goes back: it follows from rows that stay."""
        tally = queries.tally(self.scan.pk)
        self.work.report(progress=min(tally.done / max(tally.subjects, 1), 0.99), **tally.fields)
        self.reported_at = time.monotonic()


def _companies(scan: SignalScan) -> Iterator[Company]:
    """Those not yet done, a page at a time."""
    last = 0
    while True:
        rows = ScanCompany.objects.filter(scan=scan, state=SubjectState.WAITING, pk__gt=last).order_by("pk")
        page = list(rows.select_related("company")[:PAGE])
        if not page:
            return
        last = page[-1].pk
        yield from (row.company for row in page)


def _switch(work: Work, scan: SignalScan) -> None:
    """The one transaction after which everybody sees the results, and before which nobody does."""
    at: datetime = scan.created_at
    with lifecycle.finish(work.lease) as (_, results):
        queries.hold_signals(scan.group_id)
        queries.see_signals(scan.pk, at)
        tally = queries.tally(scan.pk)
        results.update(tally.fields, prospects_total=tally.evaluated + tally.failed)

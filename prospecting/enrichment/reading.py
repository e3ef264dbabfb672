"""Reading the sites of many companies at once, and writing what was found as it comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator

from django.conf import settings

from prospecting.enrichment import rows, sites
from prospecting.enrichment.concurrently import as_finished
from prospecting.enrichment.rows import Employer
from prospecting.enrichment.run import Run
from prospecting.enrichment.site.visits import Site, visit
from web.outbound import Rules, Session

_TOGETHER = 25  # companies written in one transaction
_EVERY = 1.0  # seconds after which those that are there are written

_Visited = tuple[str, Site]


def read_sites(run: Run, due: Iterable[Employer]) -> None:
    """Visit the site of each company once. Raises what `run.work.check()` raises, within a second."""
    pending: list[_Visited] = []
    written = time.monotonic()
    for visited in _visits(run, list(due)):
        pending += visited
        if len(pending) >= _TOGETHER or time.monotonic() - written >= _EVERY:
            _write(run, pending)
            pending, written = [], time.monotonic()
    if pending:
        _write(run, pending)


def _visits(run: Run, due: list[Employer]) -> Iterator[list[_Visited]]:
    if not due:
        return
    rules, at_once = Rules.of_installation(), settings.ENRICHMENT_AT_ONCE
    with asyncio.Runner() as runner:
        session = Session(rules, total=at_once, per_host=2)
        visits = (_visited(session, employer, rules) for employer in due)
        try:
            yield from as_finished(runner, visits, at_once=at_once, check=run.work.check)
        finally:
            runner.run(session.__aexit__())


async def _visited(session: Session, employer: Employer, rules: Rules) -> _Visited:
    starts = sites.starts(employer, rules)
    return employer.id, await visit(session, starts, rules=rules, seconds=settings.ENRICHMENT_SITE_SECONDS)


def _write(run: Run, visited: Iterable[_Visited]) -> None:
    found = dict(visited)
    with run.writing():
        at = rows.now()
        employers = rows.employers(run.group, list(found))
        for employer in employers.values():
            sites.take(employer, found[employer.id], at)
        rows.save_employers(employers.values())

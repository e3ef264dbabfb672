"""Everything the sources of many companies say, each source asked once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.utils import timezone

from accounts.models import AccountGroup
from jobs.working import Work
from prospecting.models import Company
from scans.fetching.background import Background, Stopped
from scans.fetching.faults import Failed
from scans.fetching.reading import Limits
from scans.models import SourceState
from scans.sources import storing
from scans.sources.company_news import Feed
from scans.sources.documents import Document, Failure, Gathered
from scans.sources.job_opening import Ashby, Greenhouse, Lever
from scans.sources.source import Place, Said, Source
from scans.sources.storing import Result
from scans.sources.website_change import Page
from web.outbound import Session

log = structlog.get_logger(__name__)

OnDone = Callable[[list[Gathered]], None]

SOURCES: tuple[Source, ...] = (Feed(), Greenhouse(), Lever(), Ashby(), Page())
AHEAD = 200  # companies planned at once
TOGETHER = 50  # answers stored, and companies handed over, at once
UNDER_WAY = 32  # sources begun, for each request at once: those that hang are among them


def gather(
    group: AccountGroup, companies: Iterable[Company], types: Collection[str], *, since: datetime | None, work: Work,
    on_done: OnDone,
) -> None:  # fmt: skip
    """Read the feeds, job boards and pages of `companies`, and hand every company to `on_done` exactly once.

    - `companies` is walked lazily, a few hundred ahead of what is done; companies of other groups are a mistake.
    - `types`: those of enums.OF_COMPANIES that the scan's items ask for; others are ignored here (job changes:
      scans.sources.job_change; posts and comments: the scan's own activities).
    - `since`: documents posted before are left out, None: all that are stored.
    - `on_done` gets some companies at a time, in the order they finish, on the caller's thread and outside of any
      transaction, so it may use the database; what it raises ends the gathering and is raised here.
    - What was read is stored as it comes: a retry of the job asks only what its first attempt had not yet read.

    Returns when all are done. Raises what `work.check()` raises within 2 seconds after the job must stop; then no
    request is open any more.
    """
    limits = Limits(settings.SIGNAL_SECONDS, 3 * settings.SIGNAL_SECONDS, settings.SIGNAL_PATIENCE)
    background: Background[str, Said | None] = Background(_session, limits, _size)
    with background, work.interruptible(background.stop):
        try:
            _Gathering(group, types, since, background).run(iter(companies), work, on_done)
        except Stopped:
            work.check()
            raise


def _size(said: Said | None) -> int:
    return sum(map(len, said.bodies)) if said else 0


def _session() -> Session:
    boards = {settings.GREENHOUSE_URL, settings.LEVER_URL, settings.ASHBY_URL}
    hosts = {}
    for parts in map(urlsplit, boards):
        port = parts.port or {"https": 443, "http": 80}[parts.scheme]
        hosts[f"{parts.hostname}:{port}"] = settings.SIGNAL_REQUESTS_PER_BOARD
    return Session(total=settings.SIGNAL_REQUESTS, per_host=settings.SIGNAL_REQUESTS_PER_HOST, hosts=hosts)


@dataclass
class _Pending:
    """A company and its places, by key; those of `missing` are still to come."""

    company: Company
    keys: list[str]
    missing: set[str]


@dataclass(frozen=True)
class _Asked:
    """A place that is being read, and who waits for it."""

    source: Source
    place: Place
    state: SourceState
    waiting: list[_Pending] = field(default_factory=list)


class _Gathering:
    def __init__(
        self, group: AccountGroup, types: Collection[str], since: datetime | None,
        background: Background[str, Said | None],
    ) -> None:  # fmt: skip
        self._group, self._since, self._background = group, since, background
        self._sources = [source for source in SOURCES if source.type in types]
        self._asked: dict[str, _Asked] = {}
        self._done: dict[str, tuple[int, Failure | None]] = {}  # by key: the source's row, and how it failed
        self._finished: list[_Pending] = []

    def run(self, companies: Iterator[Company], work: Work, on_done: OnDone) -> None:
        more = True
        while more or self._asked or self._finished:
            work.check()
            while more and len(self._asked) < UNDER_WAY * settings.SIGNAL_REQUESTS:
                chunk = list(islice(companies, AHEAD))
                more = bool(chunk)
                self._plan(chunk)
                if self._finished:
                    break
            if self._asked and not self._finished:
                self._settle(self._taken())
            while self._finished:
                some, self._finished = self._finished[:TOGETHER], self._finished[TOGETHER:]
                work.check()
                on_done(self._gathered(some))

    def _plan(self, companies: list[Company]) -> None:
        """Begin to read what these companies need and nobody has read yet."""
        needed = {company.pk: self._places(company) for company in companies}
        new = {
            key: place for places in needed.values() for key, (_, place) in places.items()
            if key not in self._done and key not in self._asked
        }  # fmt: skip
        states, now = storing.states(self._group, new), timezone.now()
        for company in companies:
            places = needed[company.pk]
            for key, (source, place) in places.items():
                if key in states and key not in self._done and key not in self._asked:
                    self._begin(key, source, place, states[key], now)
            pending = _Pending(company, list(places), {key for key in places if key in self._asked})
            for key in pending.missing:
                self._asked[key].waiting.append(pending)
            if not pending.missing:
                self._finished.append(pending)

    def _places(self, company: Company) -> dict[str, tuple[Source, Place]]:
        places = [(source, Place(source.kind, url)) for source in self._sources for url in source.addresses(company)]
        return {place.key: (source, place) for source, place in places}

    def _begin(self, key: str, source: Source, place: Place, state: SourceState, now: datetime) -> None:
        if state.next_at and state.next_at > now:
            failure = Failure(place.kind, place.address, state.fault_code, state.fault) if state.failures else None
            self._done[key] = state.pk, failure
            return
        marks = {"etag": state.etag, "last_modified": state.last_modified}
        self._asked[key] = _Asked(source, place, state)
        self._background.start(key, partial(source.read, place, marks))

    def _taken(self) -> list[tuple[str, Said | None | Failed]]:
        """One result, waited for, and those that are there already."""
        taken = [self._background.take()]
        while len(taken) < TOGETHER and (another := self._background.take(wait=False)):
            taken.append(another)
        return [each for each in taken if each]

    def _settle(self, taken: list[tuple[str, Said | None | Failed]]) -> None:
        pages = [self._asked[key].state for key, _ in taken if self._asked[key].place.kind == Page.kind]
        snapshots, now = storing.snapshots(pages) if pages else {}, timezone.now()
        results = [self._result(self._asked[key], said, snapshots, now) for key, said in taken]
        storing.store(results, snapshots, now)
        for (key, _), result in zip(taken, results, strict=True):
            asked, fault = self._asked.pop(key), result.failed
            failure = Failure(asked.place.kind, asked.place.address, fault.code, fault.message) if fault else None
            self._done[key] = asked.state.pk, failure
            for pending in asked.waiting:
                pending.missing.discard(key)
                if not pending.missing:
                    self._finished.append(pending)

    def _result(self, asked: _Asked, said: Said | None | Failed, snapshots: dict[int, str], now: datetime) -> Result:
        if isinstance(said, Failed):
            return Result(asked.state, failed=said)
        if said is None:
            return Result(asked.state)
        try:
            parsed = asked.source.parse(asked.place, said, snapshots.get(asked.state.pk, ""), now)
            return Result(asked.state, said=said, parsed=parsed)
        except Failed as fault:
            return Result(asked.state, failed=fault)
        except Exception:
            log.exception("source_not_understood", kind=asked.place.kind, address=asked.place.address)
            return Result(asked.state, failed=Failed("UNREADABLE", "The source answers with something unexpected."))

    def _gathered(self, finished: list[_Pending]) -> list[Gathered]:
        rows = {self._done[key][0] for pending in finished for key in pending.keys}
        told = storing.documents(rows, self._since) if rows else {}
        return [self._of_company(pending, told) for pending in finished]

    def _of_company(self, pending: _Pending, told: dict[int, list[Document]]) -> Gathered:
        done = [self._done[key] for key in pending.keys]
        failures = [failure for _, failure in done if failure]
        return Gathered(pending.company, [each for row, _ in done for each in told.get(row, [])], failures, len(done))

"""Running scans in this process, with a real lease, over what tests say their companies' sources say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from jobs import kinds, lifecycle, working
from jobs.working import Work
from prospecting.models import Company
from scans import execution
from scans.models import SignalScan
from scans.sources.documents import Document, Failure, Gathered
from tests.scans import factories

Said = Mapping[str, Gathered]


def news(key: str, text: str = "Acme raises funding from investors", **fields: Any) -> Document:
    about: dict[str, Any] = {
        "type": "company_news", "title": f"Title {key}", "url": f"https://news.example/{key}", "posted_at": None,
        "extra": {"newsUrl": f"https://news.example/{key}"}, **fields,
    }  # fmt: skip
    return Document(key=key, text=text, **about)


def said(company: Company, *documents: Document, sources: int = 1, failed: int = 0) -> Gathered:
    failures = [Failure("feed", f"https://feed.example/{n}", "UNREACHABLE", "Away.") for n in range(failed)]
    return Gathered(company, list(documents), failures, sources)


class Sources:
    """Stands for scans.sources.gathering.gather. `asked` are the companies it was asked for; `before` is called ahead
    of each portion, as an interruption would come.
    """

    def __init__(self, *companies: Gathered, portion: int = 1) -> None:
        self.companies = {each.company.pk: each for each in companies}
        self.portion = portion
        self.asked: list[str] = []
        self.before: Callable[[int], None] = lambda number: None

    def __call__(
        self, group: Any, companies: Iterable[Company], types: Collection[str], *, since: datetime | None, work: Any,
        on_done: Callable[[list[Gathered]], None],
    ) -> None:  # fmt: skip
        portion: list[Gathered] = []
        for company in companies:
            self.asked.append(company.pk)
            portion.append(self.companies.get(company.pk) or said(company, sources=0))
            if len(portion) == self.portion:
                self._hand_over(portion, work, on_done)
                portion = []
        self._hand_over(portion, work, on_done)

    def _hand_over(self, portion: list[Gathered], work: Any, on_done: Callable[[list[Gathered]], None]) -> None:
        if portion:
            self.before(len(self.asked))
            work.check()
            on_done(portion)


def run(scan: SignalScan, monkeypatch: Any, sources: Sources | None = None) -> SignalScan:
    """One attempt, from the claim to wherever it ends, without the heartbeat, which needs a connection of its own."""
    monkeypatch.setattr(execution, "gather", sources or Sources())
    working._run(Work(factories.claimed(scan), time_limit=600), execution.execute)
    lifecycle.discard_leftovers(kinds.of(scan), scan.pk)
    scan.refresh_from_db()
    return scan


def counts(scan: SignalScan) -> dict[str, int]:
    names = ("kept", "duplicate", "below_score", "stale", "excluded", "found")
    return {name: getattr(scan, name) for name in names}


def ago(scan: SignalScan, days: float) -> datetime:
    return scan.created_at - timedelta(days=days)


__all__ = ["Sources", "ago", "counts", "factories", "news", "run", "said"]

"""The sources of 2,000 companies, read, understood and stored, against what latency and concurrency allow at best."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.system import System

TITLE = "Reading the sources of signals"
COMPANIES, LATENCY = 2_000, 0.1  # seconds
EVERY = 20  # the last of so many companies has a source that hangs, is dead, lies or sends nonsense
FAULTS = ("hang", "dead", "html", "broken")
RUNS = 3


@dataclass
class Measured:
    """Seconds until the companies without a fault, and until all, were stored and handed over."""

    live: float = 0.0
    all: float = 0.0
    documents: int = 0
    failed: int = 0
    cpu: float = 0.0
    begun: float = field(default_factory=time.perf_counter)


def section(system: System, folder: Path) -> str:
    """The section of docs/benchmarks.md, measured now."""
    from django.conf import settings

    with world() as port:
        first = [_measure(port, f"first {number}") for number in range(RUNS)]
        again = [_measure(port, f"first {number}") for number in range(RUNS)]
    ideal = 2 * COMPANIES / settings.SIGNAL_REQUESTS * LATENCY
    rows = []
    for name, runs in (("first scan", first), ("again, not modified", again)):
        runs.sort(key=lambda run: run.live)
        middle = runs[len(runs) // 2]
        rows.append(
            f"| {name} | {middle.live:.1f} ({runs[0].live:.1f}-{runs[-1].live:.1f}) | {middle.live / ideal:.2f} | "
            f"{middle.all:.1f} | {middle.cpu:.1f} | {middle.documents:,} | {middle.failed} |"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return "\n".join([
        f"{COMPANIES:,} companies, each a host of its own with robots.txt and a feed of 20 entries, every answer after",
        f"{LATENCY * 1000:.0f} ms; one company in {EVERY} hangs, is dead, lies or breaks off. With",
        f"{settings.SIGNAL_REQUESTS} requests at once that takes {ideal:.2f} s at best. Documents are parsed and",
        f"stored within it, in one process, which held {peak:.0f} MiB at most. Hosts that hang are left after",
        f"{settings.SIGNAL_SECONDS} s, which is when all are done. Medians of {RUNS}.", "",
        "| run | seconds, 95 % that live (min-max) | of the ideal | seconds, all | CPU seconds | documents | failed |",
        "|---|---|---|---|---|---|---|", *rows,
    ])  # fmt: skip


@contextmanager
def world(latency: float = LATENCY) -> Iterator[int]:
    """The port of a world in a process of its own."""
    command = [sys.executable, "-m", "scans.demo.world", "--companies", str(COMPANIES), "--latency", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline().rpartition(":")[2])
        finally:
            process.terminate()


def _measure(port: int, name: str) -> Measured:
    from accounts.models import AccountGroup
    from jobs.working import Work
    from prospecting.models import Company
    from scans.models import SourceState
    from scans.sources import gathering

    group, made = AccountGroup.objects.get_or_create(name=name)
    if made:
        Company.objects.bulk_create(company(Company, group, number, port) for number in range(COMPANIES))
    SourceState.objects.update(next_at=None, failures=0)
    gathering._session = lambda: session(port)
    companies = Company.objects.for_group(group).order_by("pk").iterator(chunk_size=500)
    found, cpu, live = Measured(), time.process_time(), 0

    def on_done(some: list[gathering.Gathered]) -> None:
        nonlocal live
        for each in some:
            found.documents += len(each.documents)
            found.failed += each.failed
            live += _fault(int(each.company.key)) == ""
        if live == COMPANIES - COMPANIES // EVERY and not found.live:
            found.live = time.perf_counter() - found.begun

    work = Work(None, time_limit=600)  # type: ignore[arg-type]
    gathering.gather(group, companies, ["company_news"], since=None, work=work, on_done=on_done)
    found.all, found.cpu = time.perf_counter() - found.begun, time.process_time() - cpu
    return found


def company(model: type, group: object, number: int, port: int) -> object:
    fault = _fault(number)
    path = f"/~{fault}/c{number}/feed.rss" if fault in ("hang", "html", "broken") else f"/c{number}/feed.rss"
    where = f"http://c{number}.world.test:{9 if fault == 'dead' else port}{path}"
    return model(group=group, key=str(number), feeds=[{"url": where, "kind": "rss"}])


def _fault(number: int) -> str:
    return FAULTS[number // EVERY % len(FAULTS)] if number % EVERY == EVERY - 1 else ""


def session(port: int) -> object:
    """Every company is a host of its own, and all of them are this machine."""
    from django.conf import settings

    from web.outbound import Rules, Session

    names = [f"c{number}.world.test" for number in range(COMPANIES)]
    rules = Rules(allow=frozenset((name, each) for name in names for each in (port, 9)))
    return Session(
        rules, total=settings.SIGNAL_REQUESTS, per_host=settings.SIGNAL_REQUESTS_PER_HOST,
        resolver=lambda host, _: ["127.0.0.1"],
    )  # fmt: skip

"""Signal scans as partners meet them: a web server, workers, and companies that answer over HTTP."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from jobs import lifecycle
from scans.demo.invented import Invented
from scans.demo.world import World, running
from scans.models import Finding, ScanCompany, SignalScan
from tests.partner import Partner
from tests.scans import factories
from tests.scans.watching import PARTS, SCANS, Watching, environment
from tests.until import until

pytestmark = pytest.mark.system

NOW = datetime.now(UTC)
NEWS = {"source": "company_news", "keywords": ["company"]}  # in each of them
JOBS = {"source": "job_opening", "keywords": ["role"]}
ROUND = "<p>{} of Vienna has closed a funding round of ten million euros, led by three investors from Berlin.</p>"
Start = Callable[..., Any]


def invented(count: int, **each: int) -> list[Invented]:
    return [Invented.make(number, now=NOW, **{"news": 2, "openings": 1, **each}) for number in range(count)]


@pytest.fixture
def watching(new_partner: Callable[..., Partner]) -> Watching:
    return Watching(new_partner(permissions=factories.ALL))


def test_a_scan_reads_judges_and_shows_what_is_new_the_next_time(watching: Watching, start_worker: Start) -> None:
    with running(World(invented(3))) as world:
        start_worker(**environment(world))
        companies = [watching.company(world, number) for number in range(3)]
        feeds = [{"url": f"{world.base}/c{number}/feed.rss"} for number in range(3)]
        companies[0].feeds = feeds  # its own, and those of two papers that print what it says
        companies[0].save()
        first = watching.over(watching.start(companies, NEWS, JOBS))
        assert (first["status"], first["progress"], first["error"]) == ("completed", 1.0, None)
        assert first["counts"]["evaluated"] == first["counts"]["prospects"] == 3
        seen = watching.results(first["scanId"])
        assert len(seen) == first["counts"]["kept"] > 0
        assert {result["type"] for result in seen} == {"company_news", "job_opening"}
        for number in range(3):
            world.companies[f"c{number}"].publish("Acme raises ten million", ROUND.format("Acme"), NOW)
        item = {"source": "company_news", "keywords": ["funding AND investors"], "minScore": 10}
        second = watching.over(watching.start(companies[:1], item))
        (result,) = watching.results(second["scanId"])
        assert len(result["sources"]) == 3
        assert (second["counts"]["kept"], second["counts"]["duplicate"]) == (1, 2)
        third = watching.over(watching.start(companies[:1], item))
        (again,) = watching.results(third["scanId"])
        assert again["signalId"] == result["signalId"]
        assert again["firstSeenAt"] == result["firstSeenAt"] == second["createdAt"]
        assert again["lastSeenAt"] == third["createdAt"]
        person = result["prospect"]["prospectId"]
        shown = watching.get(f"/prospects/{person}/signals")
        assert shown["status"] == "evaluated"
        assert result["signalId"] in str(shown["results"])


def test_eight_identical_starts_at_once_make_one_scan(watching: Watching) -> None:
    body = watching.body([])
    ask = {"headers": {**watching.http.headers, "Idempotency-Key": "one"}, "json": body, "timeout": 300}
    where = f"{watching.http.base_url}{watching.base}{SCANS}"
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: httpx.post(where, **ask), range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["data"]["scanId"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 7
    assert SignalScan.objects.filter(group=watching.group).count() == 1


def test_a_cancelled_scan_stops_asking_and_leaves_nothing(watching: Watching, start_worker: Start) -> None:
    with running(World(invented(300), latency=0.1)) as world:
        start_worker(**environment(world, SIGNAL_REQUESTS_PER_HOST="4"))
        companies = [watching.company(world, number) for number in range(300)]
        scan_id = watching.start(companies, NEWS)
        until(lambda: world.requests.total() > 20, "the first requests")
        assert watching.post(f"{SCANS}/{scan_id}/cancel") == {"scanId": scan_id, "status": "cancelled"}
        until(lambda: not ScanCompany.objects.filter(scan=scan_id).exists(), "the worker to clean up")
        asked = world.requests.copy()
        assert asked.total() < 300
        # Whatever else the worker does, nothing is asked for the first scan any more.
        watching.over(watching.start([], NEWS))
        assert world.requests == asked
        assert watching.status(scan_id)[0]["status"] == "cancelled"
        assert watching.results(scan_id) == []


def test_a_killed_worker_loses_and_doubles_nothing(watching: Watching, start_worker: Start) -> None:
    with running(World(invented(120), latency=0.5)) as world:  # 15 s in all: it is killed amid
        told = environment(world, SIGNAL_REQUESTS_PER_HOST="4", JOB_LEASE="2", JOB_HEARTBEAT="0.3")
        companies = [watching.company(world, number) for number in range(120)]
        doomed = start_worker(**told)
        scan_id = watching.start(companies, NEWS)
        until(lambda: watching.status(scan_id)[0]["counts"]["evaluated"] > 0, "the first companies")
        os.killpg(doomed.pid, signal.SIGKILL)
        doomed.wait()
        before = watching.status(scan_id)[0]["counts"]
        assert before["remaining"] > 0
        assert watching.results(scan_id) == []

        def reaped() -> bool:
            lifecycle.reap()
            return SignalScan.objects.filter(pk=scan_id, status="queued").exists()

        until(reaped, "the reaper")
        start_worker(**told)
        over = watching.over(scan_id)
        assert (over["status"], over["counts"]["evaluated"]) == ("completed", 120)
        assert over["counts"]["found"] == over["counts"]["kept"] + over["counts"]["duplicate"] == 240
        assert SignalScan.objects.get(pk=scan_id).attempts == 2
        findings = Finding.objects.filter(scan=scan_id)
        assert findings.count() == 240
        assert findings.values("company", "title", "posted_at", "sources").distinct().count() == 240
        twice = [path for path, count in world.requests.items() if count > 1 and path != "/robots.txt"]
        assert len(twice) <= 120 - before["evaluated"]


def test_bad_companies_neither_stall_a_scan_nor_spoil_its_counts(watching: Watching, start_worker: Start) -> None:
    count, bad = 200, ["hang", "reset", "status=500", "broken", "html", "huge", "lying", "drip", "bomb", "inward"]
    with running(World(invented(count), latency=0.1)) as world, running(World(invented(count))) as swamp:
        start_worker(**environment(world, swamp, SIGNAL_SECONDS="2"))
        companies = [watching.company(world, number) for number in range(count - len(bad))]
        for number, fault in enumerate(bad, start=count - len(bad)):
            feed = {"url": f"{swamp.base}/~{fault}/c{number}/feed.rss"}
            companies.append(watching.company(swamp, number, feeds=[feed]))
        over = watching.over(watching.start(companies, NEWS))
        counts = over["counts"]
        assert (over["status"], counts["prospects"], counts["remaining"]) == ("completed", count, 0)
        assert counts["evaluated"] >= count - len(bad)
        assert counts["failed"] >= 6  # of some bad ones at least a part can be understood
        assert sum(counts[part] for part in PARTS) == Finding.objects.filter(scan=over["scanId"]).count()
        assert {world.requests[f"/c{number}/feed.rss"] for number in range(count - len(bad))} == {1}

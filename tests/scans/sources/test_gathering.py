"""What a scan reads of many companies: each source once, all of it stored, and no host that stalls the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import AccountGroup
from jobs.errors import LeaseLost
from jobs.working import Work
from prospecting.models import Company
from scans.demo.world import World
from scans.enums import SignalType
from scans.models import SourceState, StoredDocument
from scans.sources.gathering import gather
from tests.scans.sources.conftest import Look

NEWS, JOBS, PAGES = SignalType.COMPANY_NEWS, SignalType.JOB_OPENING, SignalType.WEBSITE_CHANGE
Make = Callable[..., Company]


def test_a_companys_feed_board_and_pages_are_read(company: Make, look: Look) -> None:
    found = look(company(0), company(1), company(2))
    assert sorted(found) == ["c0", "c1", "c2"]
    for each in found.values():
        assert not each.failures
        assert not each.failed
        assert each.sources == 3
        assert [document.type for document in each.documents].count(NEWS) == 3
        assert [document.type for document in each.documents].count(JOBS) == 2
        assert [document.type for document in each.documents].count(PAGES) == 0  # a first visit


def test_only_sources_of_the_wanted_types_are_asked(company: Make, look: Look, world: World) -> None:
    found = look(company(0), types=[JOBS, SignalType.POST])
    assert {document.type for document in found["c0"].documents} == {JOBS}
    assert set(world.requests) == {"/v1/boards/c0/jobs"}


def test_a_company_without_sources_is_done_and_has_not_failed(group: AccountGroup, look: Look) -> None:
    found = look(Company.objects.create(group=group, key="none"))
    assert (found["none"].documents, found["none"].sources, found["none"].failed) == ([], 0, False)


def test_a_source_of_many_companies_is_fetched_once(company: Make, look: Look, world: World) -> None:
    feeds = [{"url": f"{world.base}/c0/feed.rss"}]
    found = look(*(company(0, key=f"k{number}", feeds=feeds) for number in range(6)), types=[NEWS])
    assert world.requests["/c0/feed.rss"] == 1
    assert world.requests["/robots.txt"] == 1
    assert {len(each.documents) for each in found.values()} == {3}


def test_what_vanishes_from_a_feed_stays_and_what_is_new_comes(company: Make, look: Look, world: World) -> None:
    known = company(0)
    before = {document.key for document in look(known, types=[NEWS])["c0"].documents}
    world.companies["c0"].publish("A merger", "<p>It merges.</p>", datetime.now(UTC))
    del world.companies["c0"].news[-1]
    after = look(known, types=[NEWS])["c0"].documents
    assert before < {document.key for document in after}
    assert after[0].title == "A merger"
    assert len(after) == 4


def test_an_unchanged_feed_is_not_sent_again(company: Make, look: Look, world: World) -> None:
    known = company(0)
    first = look(known, types=[NEWS])
    second = look(known, types=[NEWS])
    assert world.answers[304] == 1
    assert second["c0"].documents == first["c0"].documents
    assert SourceState.objects.get(kind="feed").interval == 0


def test_a_source_is_left_alone_for_its_interval(company: Make, look: Look, world: World, settings: Any) -> None:
    settings.SIGNAL_INTERVAL_LEAST = 600
    known = company(0)
    first = look(known)
    asked = world.requests.copy()
    second = look(known)
    assert world.requests == asked
    assert second["c0"].documents == first["c0"].documents
    SourceState.objects.update(next_at=datetime.now(UTC))
    look(known)
    assert world.requests["/c0/feed.rss"] == 2
    assert SourceState.objects.get(kind="feed").interval == 900  # nothing new: half as long again


def test_older_documents_are_left_out(company: Make, look: Look) -> None:
    known = company(0)
    since = datetime.now(UTC) - timedelta(days=2)
    everything = look(known, types=[NEWS])["c0"].documents
    recent = look(known, types=[NEWS], since=since)["c0"].documents
    assert 0 < len(recent) < len(everything)
    assert all(document.posted_at and document.posted_at >= since for document in recent)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("status=500", "BAD_STATUS"), ("status=404", "BAD_STATUS"), ("reset", "UNREACHABLE"), ("html", "UNREADABLE"),
        ("huge", "TOO_LARGE"), ("bomb", "TOO_LARGE"), ("inward", "REFUSED"), ("loop", "UNREADABLE"),
        ("busy=3600", "BUSY"),
    ],
)  # fmt: skip
def test_a_source_that_fails_is_told_and_the_others_are_read(
    fault: str, code: str, company: Make, look: Look, world: World
) -> None:
    world.faults["/c0/feed.rss"] = fault
    found = look(company(0), company(1), types=[NEWS, JOBS])
    (failure,) = found["c0"].failures
    assert (failure.kind, failure.code, failure.address) == ("feed", code, f"{world.base}/c0/feed.rss")
    assert "secret" not in failure.message
    assert "169.254" not in failure.message
    assert not found["c0"].failed
    assert {document.type for document in found["c0"].documents} == {JOBS}
    assert not found["c1"].failures


def test_a_company_all_of_whose_sources_fail_has_failed(company: Make, look: Look, world: World) -> None:
    world.faults |= {"/c0/feed.rss": "status=500", "/v1/boards/c0/jobs": "broken"}
    found = look(company(0), types=[NEWS, JOBS])["c0"]
    assert found.failed
    assert {failure.code for failure in found.failures} == {"BAD_STATUS", "UNREADABLE"}


def test_a_source_that_fails_keeps_what_it_said_before(company: Make, look: Look, world: World) -> None:
    known = company(0)
    before = look(known, types=[NEWS])["c0"].documents
    world.faults["/c0/feed.rss"] = "status=500"
    after = look(known, types=[NEWS])["c0"]
    assert after.failed
    assert after.documents == before


def test_a_server_that_sends_us_away_is_not_asked_before(company: Make, look: Look, world: World) -> None:
    world.faults["/c0/feed.rss"] = "busy=3600"
    known = company(0)
    look(known, types=[NEWS])
    world.faults.clear()
    assert look(known, types=[NEWS])["c0"].failures[0].code == "BUSY"
    assert world.requests["/c0/feed.rss"] == 1
    waits = SourceState.objects.get().next_at - datetime.now(UTC)
    assert timedelta(minutes=55) < waits <= timedelta(hours=1)


def test_a_short_retry_after_is_waited_for(company: Make, look: Look, world: World) -> None:
    world.faults["/c0/feed.rss"] = "busy=1"
    found: list[Any] = []
    known = company(0)
    thread = threading.Thread(target=_relieve, args=(world, "/c0/feed.rss"))
    thread.start()
    found.append(look(known, types=[NEWS])["c0"])
    thread.join()
    assert not found[0].failures
    assert world.requests["/c0/feed.rss"] == 2


def _relieve(world: World, path: str) -> None:
    """Lift the fault once it has been felt."""
    while not world.answers[429]:
        time.sleep(0.01)
    world.faults[path] = ""


def test_robots_txt_is_honoured(company: Make, look: Look, world: World) -> None:
    world.robots = "User-agent: *\nAllow: /\n\nUser-agent: scanward\nDisallow: /c0/\n"
    found = look(company(0), company(1), types=[NEWS, JOBS])
    assert [failure.code for failure in found["c0"].failures] == ["DISALLOWED"]
    assert not found["c1"].failures
    assert world.requests["/c0/feed.rss"] == 0
    assert world.requests["/v1/boards/c0/jobs"] == 1  # made for programs


def test_hosts_that_hang_hold_up_nobody(company: Make, look: Look, world: World, settings: Any) -> None:
    settings.SIGNAL_SECONDS = 3
    world.faults |= {"/c0/feed.rss": "hang", "/c1/feed.rss": "drip"}
    found = look(*(company(number) for number in range(6)), types=[NEWS])
    assert [found[f"c{number}"].failed for number in range(6)] == [True, True, False, False, False, False]
    assert found["c0"].failures[0].message == "The server took longer than it may."


def test_a_dead_host_is_given_up(company: Make, look: Look, world: World, settings: Any) -> None:
    settings.SIGNAL_REQUESTS_PER_HOST = settings.SIGNAL_REQUESTS_PER_BOARD = 1
    world.faults |= {f"/c{number}/feed.rss": "reset" for number in range(6)}
    found = look(*(company(number) for number in range(6)), types=[NEWS])
    assert all(each.failed for each in found.values())
    # Three, and one more over the connection that rested after robots.txt.
    assert sum(world.requests[f"/c{number}/feed.rss"] for number in range(6)) <= 4


def test_a_job_that_must_stop_stops_while_everything_hangs(
    company: Make, world: World, group: AccountGroup, settings: Any
) -> None:
    settings.SIGNAL_SECONDS = 60
    world.faults["/c0/feed.rss"] = "hang"
    work = Work(None, time_limit=60)  # type: ignore[arg-type]
    known = company(0)
    stopped: list[float] = []

    def cancel() -> None:
        while not world.requests["/c0/feed.rss"]:
            time.sleep(0.01)
        work.stopped = LeaseLost()
        stopped.append(time.monotonic())
        assert work._interrupt
        work._interrupt()

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(LeaseLost):
        gather(group, [known], [NEWS], since=None, work=work, on_done=lambda done: None)
    assert time.monotonic() - stopped[0] < 15
    thread.join()
    assert not any(thread.name == "reading sources" for thread in threading.enumerate())


def test_what_the_caller_raises_ends_everything(company: Make, world: World, group: AccountGroup) -> None:
    world.faults["/c1/feed.rss"] = "hang"
    work = Work(None, time_limit=60)  # type: ignore[arg-type]

    def full(done: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        gather(group, [company(0), company(1)], [NEWS], since=None, work=work, on_done=full)
    assert not any(thread.name == "reading sources" for thread in threading.enumerate())


def test_companies_are_taken_as_they_are_needed(
    company: Make, world: World, group: AccountGroup, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scans.sources.gathering.AHEAD", 1)
    monkeypatch.setattr("scans.sources.gathering.UNDER_WAY", 1)
    settings.SIGNAL_REQUESTS = 1
    drawn: list[int] = []
    done: list[int] = []

    def companies() -> Any:
        for number in range(6):
            drawn.append(number)
            yield company(number)

    def on_done(some: list[Any]) -> None:
        done.extend(range(len(some)))
        assert len(drawn) <= len(done) + 2

    work = Work(None, time_limit=60)  # type: ignore[arg-type]
    gather(group, companies(), [NEWS], since=None, work=work, on_done=on_done)
    assert (len(drawn), len(done)) == (6, 6)


def test_another_groups_sources_are_its_own(company: Make, look: Look, world: World) -> None:
    look(company(0), types=[NEWS])
    other = AccountGroup.objects.create(name="Other")
    theirs = Company.objects.create(group=other, key="c0", **world.companies["c0"].sources(world.base))
    work = Work(None, time_limit=60)  # type: ignore[arg-type]
    found: list[Any] = []
    gather(other, [theirs], [NEWS], since=None, work=work, on_done=found.extend)
    assert len(found[0].documents) == 3
    assert SourceState.objects.for_group(other).count() == 1
    assert StoredDocument.objects.count() == 6


def test_the_number_of_queries_does_not_grow_with_the_companies(
    company: Make, look: Look, django_assert_max_num_queries: Any, world: World
) -> None:
    known = [company(number) for number in range(6)]
    look(*known)
    SourceState.objects.update(next_at=datetime.now(UTC) + timedelta(hours=1))
    with django_assert_max_num_queries(2):
        look(*known)

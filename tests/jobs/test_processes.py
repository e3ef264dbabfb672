"""What only real worker processes can show: death, take-over, hand-back, cancel, lost messages."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from compliance.demo.ledger import write_ledger
from compliance.models import ComplianceScan, Violation
from jobs.enums import Status
from jobs.models import JobEvent
from tests.compliance import factories
from tests.partner import Partner

pytestmark = pytest.mark.system

QUICK = {"JOB_LEASE": "2", "JOB_HEARTBEAT": "0.3", "SCAN_BATCH_ROWS": "50"}
Start = Callable[..., Any]


@pytest.fixture
def ready(partner: Partner, tmp_path: Path) -> dict[str, str]:
    """The body of a start: a ledger whose violations fill many batches."""
    path = tmp_path / "ledger.csv"
    write_ledger(path, seed=5, month=1, records=10_000)
    upload = partner.upload(path.read_bytes())
    mapping = partner.confirm(upload, upload["suggested_mapping"])
    return {"policy_id": partner.pack(), "upload_id": upload["upload_id"], "mapping_id": mapping}


def start(partner: Partner, body: dict[str, str]) -> str:
    answer = partner.http.post("/api/scan/run", json=body, headers={"Prefer": "respond-async"})
    return Partner.ok(answer)["scan_id"]


def until(condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.005)
    return found


@contextmanager
def held_after_the_first_batch(scan_id: str) -> Iterator[None]:
    """While inside, the worker waits at the fence of its next batch: the scan's row is locked by us."""
    at = connection.settings_dict
    login = {"host": at["HOST"], "port": at["PORT"], "user": at["USER"], "password": at["PASSWORD"]}
    until(lambda: Violation.objects.filter(scan_id=scan_id).exists(), "a staged batch")
    with psycopg.connect(**login, dbname=at["NAME"]) as lock:
        lock.execute("SELECT 1 FROM compliance_compliancescan WHERE id = %s FOR UPDATE", [scan_id])
        yield


def waiting_for_a_lock() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


def events(scan_id: str) -> list[tuple[str, str, int]]:
    found = JobEvent.objects.filter(job_id=scan_id).order_by("id")
    return [(event.from_status, event.to_status, event.attempt) for event in found]


def reap_until_queued(scan_id: str) -> None:
    """What beat does every 15 s, done until the dead worker's lease has run out."""
    from jobs import lifecycle

    def reaped() -> bool:
        lifecycle.reap()  # its count may be of jobs that other tests left
        return bool(ComplianceScan.objects.get(pk=scan_id).status == Status.QUEUED)

    until(reaped, "the reaper")


def test_another_worker_finishes_the_scan_of_a_killed_one_with_the_same_result(
    partner: Partner, ready: dict[str, str], start_worker: Start
) -> None:
    scan_id = start(partner, ready)
    doomed = start_worker(**QUICK)
    with held_after_the_first_batch(scan_id):
        scan = ComplianceScan.objects.get(pk=scan_id)
        staged = Violation.objects.filter(scan_id=scan_id).count()
        assert (scan.status, scan.attempts) == (Status.RUNNING, 1)
        assert 0 < staged < 200, "the worker had written everything before it could be stopped"
        kill_whole(doomed)
    assert partner.violations(scan_id=scan_id) == [], "a half-written scan was seen"
    reap_until_queued(scan_id)
    start_worker(**QUICK)
    disturbed = partner.finished(scan_id)
    undisturbed = partner.finished(start(partner, ready))
    assert disturbed["status"] == undisturbed["status"] == "completed"
    for same in ("result_digest", "violation_count", "compliance_score", "coverage", "review_summary"):
        assert disturbed[same] == undisturbed[same], same
    assert events(scan_id) == [
        ("", "queued", 0), ("queued", "running", 1), ("running", "queued", 1), ("queued", "running", 2),
        ("running", "completed", 2),
    ]  # fmt: skip
    rows = Violation.objects.filter(scan_id=scan_id)
    assert {row.attempt for row in rows} == {2}
    assert rows.count() == disturbed["violation_count"]
    assert undisturbed["delta"]["unchanged_count"] == disturbed["violation_count"]


def kill_whole(worker: Any) -> None:
    """SIGKILL to the worker and its pool, as a machine that loses power."""
    import os

    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def test_a_worker_that_is_told_to_stop_hands_its_scan_to_another(
    partner: Partner, ready: dict[str, str], start_worker: Start
) -> None:
    scan_id = start(partner, ready)
    leaving = start_worker(**QUICK)
    with held_after_the_first_batch(scan_id):
        leaving.terminate()
        # Batch, heartbeat and hand-back: released earlier, the worker could finish before it hears of its end.
        until(lambda: waiting_for_a_lock() == 3, "the hand-back to wait for the scan's row")
    until(lambda: ("running", "queued", 1) in events(scan_id), "the hand-back", seconds=10)
    start_worker(**QUICK)
    assert partner.finished(scan_id)["status"] == "completed"
    assert ComplianceScan.objects.get(pk=scan_id).attempts == 1, "a hand-back must not count as an attempt"


def test_a_cancelled_scan_stops_within_two_seconds_and_leaves_nothing(
    partner: Partner, ready: dict[str, str], start_worker: Start
) -> None:
    scan_id = start(partner, ready)
    start_worker(**QUICK)
    until(lambda: Violation.objects.filter(scan_id=scan_id).exists(), "a staged batch")
    answer = partner.http.post(f"/api/scan/{scan_id}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    until(lambda: not Violation.objects.filter(scan_id=scan_id).exists(), "the worker to clean up", seconds=2)
    status = partner.status(scan_id)
    assert (status["status"], status["violation_count"], status["score_history"]) == ("cancelled", 0, [])


def test_a_lost_message_costs_a_minute_and_a_dead_worker_its_lease_under_a_real_beat(
    partner: Partner, ready: dict[str, str], start_worker: Start, start_beat: Start, system_db: None
) -> None:
    lost = factories.scan(factories.group())
    ComplianceScan.objects.filter(pk=lost.pk).update(publish_after=lost.created_at)
    dead, _ = factories.running(factories.group())
    ComplianceScan.objects.filter(pk=dead.pk).update(lease_until=dead.created_at)
    start_beat(JOB_SWEEP_EVERY="1", JOB_REAP_EVERY="1")
    start_worker(**QUICK)
    for scan in (lost, dead):  # their upload has no file: running them ends in a recorded failure
        until(lambda scan=scan: ComplianceScan.objects.get(pk=scan.pk).status == Status.FAILED, "the sweeper")
    assert ComplianceScan.objects.get(pk=dead.pk).attempts == 2


def test_a_broker_that_is_away_delays_a_start_but_does_not_refuse_it(
    ready: dict[str, str], partner: Partner, start_worker: Start, system_environment: dict[str, str], logs: Path
) -> None:
    from config import processes
    from config.processes import free_port

    port = free_port()
    nowhere = {**system_environment, "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0"}
    with (
        (logs / "web-without-redis").open("wb") as log,
        processes.running(processes.web(port), environment=nowhere, log=log) as (server,),
    ):
        processes.wait_until_served(f"http://127.0.0.1:{port}/livez", server)
        answer = partner.http.post(
            f"http://127.0.0.1:{port}/api/scan/run", json=ready, headers={"Prefer": "respond-async"}
        )
    assert answer.status_code == 202, answer.text
    scan_id = answer.json()["scan_id"]
    scan = ComplianceScan.objects.get(pk=scan_id)
    assert scan.status == Status.QUEUED
    factories.make_due(scan)
    start_worker(**QUICK)
    from jobs import lifecycle

    assert lifecycle.sweep() >= 1
    assert partner.finished(scan_id)["status"] == "completed"

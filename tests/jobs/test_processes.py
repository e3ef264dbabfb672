"""What only real worker processes can show: death, take-over, hand-back, cancel, lost messages."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from compliance.demo.ledger import write_ledger
from compliance.models import ComplianceScan, Violation
from config import env
from jobs.enums import Status
from jobs.models import JobEvent
from tests.compliance import factories
from tests.jobs.gates import after_the_first_batch, waiting_for_locks
from tests.partner import Partner
from tests.until import until

pytestmark = pytest.mark.system

QUICK = {"JOB_LEASE": "2", "JOB_HEARTBEAT": "0.3", "SCAN_BATCH_ROWS": "5"}
"""A lease that soon runs out; who is starved loses nothing by it, as nobody reaps but these tests when they mean to."""
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
    with after_the_first_batch() as gate:
        doomed = start_worker(**QUICK)
        gate.reached()
        scan = ComplianceScan.objects.get(pk=scan_id)
        assert (scan.status, scan.attempts) == (Status.RUNNING, 1)
        assert Violation.objects.filter(scan_id=scan_id).count() == int(QUICK["SCAN_BATCH_ROWS"])
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
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait()


def test_a_worker_that_is_told_to_stop_hands_its_scan_to_another(
    partner: Partner, ready: dict[str, str], start_worker: Start
) -> None:
    scan_id = start(partner, ready)
    with after_the_first_batch() as gate:
        leaving = start_worker(**QUICK)
        gate.reached()
        leaving.terminate()
        # Batch, heartbeat and hand-back: released earlier, the worker could finish before it hears of its end.
        until(lambda: waiting_for_locks() == 3, "the hand-back to wait for the scan's row")
    until(lambda: ("running", "queued", 1) in events(scan_id), "the hand-back")
    start_worker(**QUICK)
    assert partner.finished(scan_id)["status"] == "completed"
    assert ComplianceScan.objects.get(pk=scan_id).attempts == 1, "a hand-back must not count as an attempt"


def test_a_cancelled_scan_stops_and_leaves_nothing(
    partner: Partner, ready: dict[str, str], start_worker: Start
) -> None:
    scan_id = start(partner, ready)
    with ThreadPoolExecutor(1) as aside:
        with after_the_first_batch() as gate:
            start_worker(**QUICK)
            gate.reached()
            cancelling = aside.submit(partner.http.post, f"/api/scan/{scan_id}/cancel")
            # Batch, heartbeat and cancel: released earlier, the worker could finish before it is told to stop.
            until(lambda: waiting_for_locks() == 3, "the cancel to wait for the scan's row")
        answer = cancelling.result()
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    until(lambda: not Violation.objects.filter(scan_id=scan_id).exists(), "the worker to clean up")
    status = partner.status(scan_id)
    assert (status["status"], status["violation_count"], status["score_history"]) == ("cancelled", 0, [])


def test_a_worker_asks_every_two_seconds_whether_it_must_stop() -> None:
    assert env.JOB_HEARTBEAT <= 2


def test_a_lost_message_costs_a_minute_and_a_dead_worker_its_lease_under_a_real_beat(
    partner: Partner, ready: dict[str, str], start_worker: Start, start_beat: Start, system_db: None
) -> None:
    lost = factories.scan(factories.group())
    ComplianceScan.objects.filter(pk=lost.pk).update(publish_after=lost.created_at)
    dead, _ = factories.running(factories.group())
    ComplianceScan.objects.filter(pk=dead.pk).update(lease_until=dead.created_at)
    start_beat(JOB_SWEEP_EVERY="1", JOB_REAP_EVERY="1")
    start_worker()  # with a lease that no starved worker loses
    for scan in (lost, dead):  # their upload has no file: running them ends in a recorded failure
        until(lambda scan=scan: ComplianceScan.objects.get(pk=scan.pk).status == Status.FAILED, "the sweeper")
    assert ComplianceScan.objects.get(pk=dead.pk).attempts == 2


def test_a_broker_that_is_away_delays_a_start_but_does_not_refuse_it(
    ready: dict[str, str], partner: Partner, start_worker: Start, system_environment: dict[str, str], logs: Path
) -> None:
    from config import processes
    from config.processes import free_port

    port = free_port()
    # Nobody listens there, so that it is known at once: only then does the publisher go on trying for so long.
    nowhere = {**system_environment, "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0", "REDIS_TIMEOUT": "1"}
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

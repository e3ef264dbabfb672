"""How a job ends inside a worker: well, with a fault, out of time, or because it is no longer its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.db.models.functions import Now

from compliance.models import ComplianceScan, Violation
from jobs import kinds, lifecycle, working
from jobs.enums import Status
from jobs.errors import JobFault
from jobs.working import Work
from tests.compliance import factories

# The heartbeat is a thread with a connection of its own: what it reads must be committed.
pytestmark = [pytest.mark.system, pytest.mark.usefixtures("system_db", "quick")]


@pytest.fixture
def quick(settings: Any) -> None:
    settings.JOB_HEARTBEAT = Decimal("0.05")


def run(body: Callable[[Work], None], scan: ComplianceScan | None = None) -> ComplianceScan:
    job = scan or factories.scan(factories.group())
    working.run("compliance_scan", str(job.pk), body)
    return ComplianceScan.objects.get(pk=job.pk)


def test_an_expected_fault_is_told_to_partners() -> None:
    def body(work: Work) -> None:
        raise JobFault("NO_RULE_APPLICABLE", "No rule could evaluate any record.")

    assert run(body).error == {"code": "NO_RULE_APPLICABLE", "message": "No rule could evaluate any record."}


def test_an_unexpected_fault_tells_partners_nothing_and_staff_everything() -> None:
    def body(work: Work) -> None:
        raise ValueError("secret detail")

    job = run(body)
    assert job.error_code == "INTERNAL_ERROR"
    assert "secret detail" not in job.error_message
    assert "ValueError: secret detail" in job.traceback


def test_a_job_that_takes_too_long_is_interrupted_and_not_tried_again(settings: Any) -> None:
    settings.JOB_TIME_LIMIT = 0.2
    interrupted = threading.Event()

    def body(work: Work) -> None:
        with work.interruptible(interrupted.set):
            assert interrupted.wait(300), "nobody interrupted the work"
            raise RuntimeError("what an interrupted query raises")

    job = run(body)
    assert (job.status, job.error_code, job.attempts) == (Status.FAILED, "TIMED_OUT", 1)


def test_a_cancelled_job_is_interrupted_and_cleans_up() -> None:
    interrupted = threading.Event()
    scan = factories.scan(factories.group())

    def body(work: Work) -> None:
        factories.violation(scan, work.lease.attempt)
        lifecycle.cancel(kinds.of(scan), str(scan.pk), actor="somebody")
        with work.interruptible(interrupted.set):
            assert interrupted.wait(300), "nobody interrupted the work"
            raise RuntimeError("what an interrupted query raises")

    job = run(body, scan)
    assert (job.status, job.leftovers) == (Status.CANCELLED, False)
    assert not Violation.objects.filter(scan=scan).exists()


def test_a_job_cancelled_before_it_can_be_interrupted_does_not_begin_its_query() -> None:
    scan = factories.scan(factories.group())
    begun: list[bool] = []

    def body(work: Work) -> None:
        lifecycle.cancel(kinds.of(scan), str(scan.pk), actor="somebody")
        while work.stopped is None:
            threading.Event().wait(0.01)
        with work.interruptible(lambda: None):
            begun.append(True)

    run(body, scan)
    assert begun == []


def test_a_worker_that_stalls_past_its_lease_changes_nothing_when_it_wakes() -> None:
    scan = factories.scan(factories.group())

    def body(work: Work) -> None:
        with transaction.atomic():  # no heartbeat of ours between the two
            ComplianceScan.objects.filter(pk=scan.pk).update(lease_until=Now() - timedelta(seconds=1))
            lifecycle.reap()
        again = lifecycle.claim(kinds.of(scan), str(scan.pk), worker="another")
        assert again is not None
        factories.violation(scan, again.attempt, account="of the other worker")
        raise ValueError("too late to matter")

    job = run(body, scan)
    assert (job.status, job.attempts, job.worker) == (Status.RUNNING, 2, "another")
    assert Violation.objects.filter(scan=scan).count() == 1, "the other worker's rows were touched"


def test_a_database_that_goes_away_costs_the_lease_and_not_the_job() -> None:
    def body(work: Work) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    job = run(body)
    assert (job.status, job.error_code) == (Status.RUNNING, "")


def test_a_message_delivered_twice_runs_the_job_once() -> None:
    runs: list[int] = []
    scan = factories.scan(factories.group())

    def body(work: Work) -> None:
        runs.append(work.lease.attempt)
        working.run("compliance_scan", str(scan.pk), body)
        raise JobFault("ENDED", "Enough.")

    run(body, scan)
    run(body, scan)
    assert runs == [1]

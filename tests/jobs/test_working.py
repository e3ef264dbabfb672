"""How a job ends inside a worker: well, with a fault, out of time, or because it is no longer its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
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


def statement(sql: str) -> Callable[[Work], None]:
    def body(work: Work) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)

    return body


def refusal(sqlstate: str) -> str:
    """A statement that the server ends with this SQLSTATE, where the true cause is hard to have."""
    return f"DO $$ BEGIN RAISE 'as if' USING ERRCODE = '{sqlstate}'; END $$"


TOO_LARGE = """
    CREATE TEMP TABLE keyed (name text PRIMARY KEY) ON COMMIT DROP;
    INSERT INTO keyed SELECT string_agg(md5(n::text), '') FROM generate_series(1, 1000) AS n
"""
TOO_SLOW = "SET LOCAL statement_timeout = 1; SELECT pg_sleep(300)"
ENDED = "SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(300)"


@pytest.mark.parametrize("sql", [TOO_LARGE, refusal("54000"), refusal("53400"), refusal("27000")])
def test_what_the_database_will_refuse_again_fails_at_once(sql: str) -> None:
    job = run(statement(sql))
    assert (job.status, job.error_code, job.attempts) == (Status.FAILED, "INTERNAL_ERROR", 1)
    assert "psycopg.errors" in job.traceback


def test_a_full_disk_of_the_database_is_called_one_in_any_language() -> None:
    job = run(statement(refusal("53100")))
    assert (job.status, job.error_code) == (Status.FAILED, "STORAGE_FULL")


PASSING = [TOO_SLOW, *map(refusal, ("40001", "40P01", "53000", "53200", "55006", "55P03", "57014", "58030"))]


@pytest.mark.parametrize("sql", PASSING)
def test_what_may_go_well_next_time_is_tried_again_and_at_last_fails_with_its_own_fault(
    sql: str, settings: Any
) -> None:
    settings.JOB_MAX_ATTEMPTS = 2
    job = run(statement(sql))
    assert (job.status, job.error_code) == (Status.RUNNING, "")
    ComplianceScan.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))
    lifecycle.reap()
    job = run(statement(sql), job)
    assert (job.status, job.error_code, job.attempts) == (Status.FAILED, "INTERNAL_ERROR", 2)


@pytest.mark.parametrize("sql", [ENDED, *map(refusal, ("08006", "57P01", "57P03", "57P05", "53300", "25P04"))])
def test_a_lost_database_never_is_the_fault_of_a_job(sql: str, settings: Any) -> None:
    settings.JOB_MAX_ATTEMPTS = 1
    job = run(statement(sql))
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

"""What can happen between two transactions of two workers; each case was found by somebody who looked for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now

from compliance import execution, files
from compliance.models import ComplianceScan, Violation
from jobs import kinds, lifecycle, working
from jobs.enums import Status
from jobs.errors import LeaseLost
from jobs.lifecycle import Lease
from jobs.working import Work
from tests.compliance import factories
from tests.until import until

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("system_db", "sent")]

KIND = "compliance_scan"
RESULTS: dict[str, Any] = {"score": Decimal("99"), "result_digest": "0" * 64, "rules_processed": 1}


def claim(job: ComplianceScan) -> Lease | None:
    return lifecycle.claim(kinds.get(KIND), str(job.pk), worker="w")


def in_a_thread(action: Callable[[], Any]) -> threading.Thread:
    def run() -> None:
        try:
            action()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_job_published_very_often_does_not_stop_the_sweeper(sent: list[str]) -> None:
    old, young = factories.scan(factories.group()), factories.scan(factories.group())
    sent.clear()
    ComplianceScan.objects.filter(pk=old.pk).update(publish_count=41, publish_after=Now() - timedelta(seconds=10))
    factories.make_due(young)
    lifecycle.sweep()
    assert {str(old.pk), str(young.pk)} <= set(sent)


def test_two_jobs_that_end_at_once_wake_two_of_their_group(sent: list[str]) -> None:
    group = factories.group(jobs_running=2)
    (_, first), (_, second) = factories.running(group), factories.running(group)
    waiting = [factories.scan(group) for _ in range(3)]
    assert [claim(job) for job in waiting] == [None, None, None]
    sent.clear()
    ended, go_on = threading.Event(), threading.Event()

    def end_first() -> None:
        with transaction.atomic():
            lifecycle.fail(first, code="X", message="x")
            ended.set()
            assert go_on.wait(300)

    thread = in_a_thread(end_first)
    assert ended.wait(300)
    threading.Timer(0.3, go_on.set).start()
    lifecycle.fail(second, code="X", message="x")  # waits for the first one's event number
    thread.join()
    assert {str(waiting[0].pk), str(waiting[1].pk)} <= set(sent)


def test_a_claim_amid_the_end_of_another_job_waits_for_its_slot() -> None:
    group = factories.group(jobs_running=1)
    _, lease = factories.running(group)
    job, claimed = factories.scan(group), []
    with transaction.atomic():
        lifecycle.fail(lease, code="X", message="x")
        thread = in_a_thread(lambda: claimed.append(claim(job)))
        until(lambda: waits_for_a_lock("advisory"), "the claim to wait")
    thread.join()
    assert [lease is not None for lease in claimed] == [True]


def test_a_claim_refused_before_another_job_ends_is_made_up_for(sent: list[str]) -> None:
    group = factories.group(jobs_running=1)
    _, lease = factories.running(group)
    job = factories.scan(group)
    with transaction.atomic():
        assert claim(job) is None  # and holds the lock of the slots until it commits
        sent.clear()
        thread = in_a_thread(lambda: lifecycle.fail(lease, code="X", message="x"))
        until(lambda: waits_for_a_lock("advisory"), "the end to wait")
    thread.join()
    assert sent == [str(job.pk)]


def waits_for_a_lock(kind: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE datname = current_database() AND locktype = %s AND NOT granted",
            [kind],
        )
        return bool(cursor.fetchone()[0])


def test_a_worker_that_wakes_up_late_leaves_the_results_of_another_alone() -> None:
    job, late = factories.running(factories.group())
    ComplianceScan.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))
    lifecycle.reap()
    again = claim(job)
    assert again is not None
    factories.violation(job, again.attempt)
    with lifecycle.finish(again) as (_, results):
        results.update(RESULTS, violation_count=1)
    with pytest.raises(LeaseLost):
        execution.execute(Work(late, time_limit=60))
    assert Violation.objects.visible().filter(scan=job).count() == 1


def test_a_scan_that_completes_while_we_wait_for_the_previous_one_becomes_the_previous_one() -> None:
    group = factories.group()
    policy = factories.policy(group)
    first = factories.completed(group, on=policy)
    (second, its_lease), (third, lease) = factories.running(group, on=policy), factories.running(group, on=policy)
    holds, go_on = threading.Event(), threading.Event()

    def complete_second() -> None:
        with lifecycle.finish(its_lease) as (_, results):
            execution._locked_previous(second)
            holds.set()
            assert go_on.wait(300)
            results.update(
                RESULTS, previous_scan=first, new_count=0, unchanged_count=0, resolved_count=1,
                previous_violation_count=1,
            )  # fmt: skip

    thread = in_a_thread(complete_second)
    assert holds.wait(300)
    threading.Timer(0.3, go_on.set).start()
    with lifecycle.fence(lease):
        assert execution._locked_previous(third) == second
    thread.join()


def test_a_connection_cut_during_copy_costs_the_lease_and_not_the_scan() -> None:
    job = factories.scan(factories.group())

    def body(work: Work) -> None:
        raise psycopg.OperationalError("sending copy data failed")

    working.run(KIND, str(job.pk), body)
    job.refresh_from_db()
    assert (job.status, job.error_code) == (Status.RUNNING, "")


def test_a_worker_silent_for_too_long_amid_a_batch_costs_the_lease_and_not_the_scan() -> None:
    job = factories.scan(factories.group())
    at = connection.settings_dict
    login = {"host": at["HOST"], "port": at["PORT"], "user": at["USER"], "password": at["PASSWORD"]}

    at_once = psycopg.connect(**login, dbname=at["NAME"], autocommit=True)

    def body(work: Work) -> None:
        with lifecycle.fence(work.lease), connection.cursor() as cursor, at_once as other:
            cursor.execute("SELECT pg_backend_pid(), set_config('idle_in_transaction_session_timeout', '1', true)")
            pid = cursor.fetchone()[0]
            seen = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
            until(lambda: other.execute(seen, [pid]).fetchone() is None, "the end of the connection")
            cursor.execute("SELECT 1")

    working.run(KIND, str(job.pk), body)
    job.refresh_from_db()
    assert (job.status, job.error_code) == (Status.RUNNING, "")


def findings(scan: ComplianceScan, attempt: int) -> str:
    return default_storage.save(files.findings_name(scan.group_id, str(scan.pk), attempt), ContentFile(b"x"))


def test_findings_of_dead_attempts_are_swept_and_those_of_the_visible_one_stay() -> None:
    job = factories.completed(factories.group())
    dead, visible = findings(job, 1), findings(job, 2)
    ComplianceScan.objects.filter(pk=job.pk).update(
        findings=visible, updated_at=Now() - timedelta(hours=1), leftovers=True
    )
    lifecycle.sweep()
    assert (default_storage.exists(dead), default_storage.exists(visible)) == (False, True)


def test_findings_stay_when_the_answer_to_the_commit_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    _, lease = factories.running(factories.group())
    stored: list[str] = []

    def store(name: str, path: Any) -> str:
        stored.append(default_storage.save(name, ContentFile(b"x")))
        return stored[0]

    def switch(*_: Any) -> None:
        raise OperationalError("the connection was lost after COMMIT was sent")

    monkeypatch.setattr(execution, "_judge", lambda *_: type("Outcome", (), {"findings": None, "evidence": None})())
    monkeypatch.setattr(execution.Staged, "write", lambda *_: None)
    monkeypatch.setattr(files, "store", store)
    monkeypatch.setattr(execution, "_switch", switch)
    with pytest.raises(OperationalError):
        execution.execute(Work(lease, time_limit=60))
    assert default_storage.exists(stored[0])

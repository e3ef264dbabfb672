"""Every transition of a job: who may make it, what it changes, and that nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from compliance.models import ComplianceScan, Violation
from jobs import kinds, lifecycle
from jobs.enums import Status
from jobs.errors import LeaseLost, NotCancellable
from jobs.models import JobEvent
from tests.compliance import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]


@pytest.fixture
def group() -> Any:
    return factories.group()


KIND = "compliance_scan"


def reap_expired(job: ComplianceScan) -> int:
    ComplianceScan.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))
    return lifecycle.reap()


def events(job: ComplianceScan) -> list[tuple[str, str, int]]:
    found = JobEvent.objects.filter(job_id=str(job.pk)).order_by("id")
    return [(event.from_status, event.to_status, event.attempt) for event in found]


def test_a_started_job_is_queued_and_published_when_its_transaction_commits(
    group: Any, sent: list[str], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job = factories.scan(group)
        assert sent == []
    assert sent == [str(job.pk)]
    assert (job.status, job.attempts, events(job)) == (Status.QUEUED, 0, [("", "queued", 0)])


def test_a_broker_that_is_away_does_not_undo_the_start(group: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    from celery import current_app
    from kombu.exceptions import OperationalError

    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("nobody listens")

    monkeypatch.setattr(current_app, "send_task", away)
    job = factories.scan(group)
    lifecycle.publish(KIND, str(job.pk))
    assert ComplianceScan.objects.get(pk=job.pk).status == Status.QUEUED


def test_only_one_of_two_workers_claims_a_job(group: Any) -> None:
    job, lease = factories.running(group)
    assert lifecycle.claim(kinds.get(KIND), str(job.pk), worker="another") is None
    assert (job.status, job.attempts, lease.attempt) == (Status.RUNNING, 1, 1)


def clock() -> datetime:
    """The database's, by which leases run out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def test_a_heartbeat_extends_the_lease_and_moves_no_version(group: Any) -> None:
    job, lease = factories.running(group)
    ComplianceScan.objects.filter(pk=job.pk).update(lease_until=Now())
    earliest = clock() + timedelta(seconds=settings.JOB_LEASE)
    assert lifecycle.heartbeat(lease)
    after = ComplianceScan.objects.get(pk=job.pk)
    assert earliest <= after.lease_until <= clock() + timedelta(seconds=settings.JOB_LEASE)
    assert (after.version, after.updated_at) == (job.version, job.updated_at)


def test_reported_progress_moves_the_version(group: Any) -> None:
    job, lease = factories.running(group)
    lifecycle.report(lease, progress=0.5, rules_processed=1)
    after = ComplianceScan.objects.get(pk=job.pk)
    assert (after.progress, after.rules_processed, after.version) == (0.5, 1, job.version + 1)


def test_a_worker_that_lost_its_lease_can_do_nothing_any_more(group: Any) -> None:
    job, lease = factories.running(group)
    assert reap_expired(job) == 1
    again = lifecycle.claim(kinds.get(KIND), str(job.pk), worker="another")
    assert again is not None
    assert again.attempt == 2
    assert not lifecycle.heartbeat(lease)
    with pytest.raises(LeaseLost):
        lifecycle.report(lease, progress=0.9)
    with pytest.raises(LeaseLost), lifecycle.fence(lease):
        pytest.fail("the fence let a lost lease through")
    with pytest.raises(LeaseLost), lifecycle.finish(lease):
        pytest.fail("a lost lease could finish")
    with pytest.raises(LeaseLost):
        lifecycle.fail(lease, code="X", message="x")
    assert ComplianceScan.objects.get(pk=job.pk).lease_token == again.token


def test_finishing_shows_the_results_of_the_attempt_that_finished(group: Any) -> None:
    job = factories.completed(group)
    assert (job.status, job.progress, job.visible_attempt) == (Status.COMPLETED, 1.0, 1)
    assert (job.lease_token, job.lease_until) == (None, None)
    assert job.completed_at is not None
    assert events(job) == [("", "queued", 0), ("queued", "running", 1), ("running", "completed", 1)]


def test_a_failed_job_says_why(group: Any) -> None:
    job = factories.failed(group)
    assert job.error == {"code": "NO_RULE_APPLICABLE", "message": "Nothing could run."}
    assert job.traceback == "Traceback ..."


@pytest.mark.parametrize("make", [factories.scan, lambda group: factories.running(group)[0]])
def test_a_live_job_can_be_cancelled(group: Any, make: Callable[..., ComplianceScan]) -> None:
    job = make(group)
    lifecycle.cancel(kinds.of(job), str(job.pk), actor="somebody")
    job.refresh_from_db()
    assert (job.status, job.lease_token) == (Status.CANCELLED, None)


@pytest.mark.parametrize("make", [factories.completed, factories.failed])
def test_a_job_that_is_over_cannot_be_cancelled(group: Any, make: Callable[..., ComplianceScan]) -> None:
    job = make(group)
    with pytest.raises(NotCancellable) as refused:
        lifecycle.cancel(kinds.of(job), str(job.pk), actor="somebody")
    assert refused.value.status == 422
    assert job.status in refused.value.message


def test_a_worker_finds_out_that_its_job_was_cancelled(group: Any) -> None:
    job, lease = factories.running(group)
    lifecycle.cancel(kinds.of(job), str(job.pk), actor="somebody")
    assert not lifecycle.heartbeat(lease)
    with pytest.raises(LeaseLost), lifecycle.finish(lease):
        pytest.fail("a cancelled job could finish")


def test_the_third_lost_worker_fails_the_job(group: Any) -> None:
    job, _ = factories.running(group)
    for attempt in (2, 3):
        reap_expired(job)
        lease = lifecycle.claim(kinds.get(KIND), str(job.pk), worker=f"worker {attempt}")
        assert lease is not None
        assert lease.attempt == attempt
    reap_expired(job)
    job.refresh_from_db()
    assert (job.status, job.error_code) == (Status.FAILED, "WORKER_LOST")


def test_a_lease_that_has_not_run_out_is_left_alone(group: Any) -> None:
    job, _ = factories.running(group)
    assert lifecycle.reap() == 0
    assert ComplianceScan.objects.get(pk=job.pk).status == Status.RUNNING


def test_a_worker_that_shuts_down_hands_its_job_back_uncounted(group: Any, sent: list[str]) -> None:
    job, lease = factories.running(group)
    assert lifecycle.hand_back("a worker that has no jobs") == 0
    assert lifecycle.hand_back("worker of a test") == 1
    job.refresh_from_db()
    assert (job.status, job.attempts) == (Status.QUEUED, 0)
    assert not lifecycle.heartbeat(lease)


def test_the_sweeper_publishes_lost_messages_and_backs_off(group: Any, sent: list[str]) -> None:
    job = factories.scan(group)
    sent.clear()
    assert lifecycle.sweep() == 0
    for wait in (60, 120, 240, 480, 600, 600):
        factories.make_due(job)
        earliest = clock() + timedelta(seconds=wait)
        assert lifecycle.sweep() == 1
        job.refresh_from_db()
        assert earliest <= job.publish_after <= clock() + timedelta(seconds=wait)
    assert sent == [str(job.pk)] * 6


def test_the_sweeper_clears_what_a_dead_attempt_left(group: Any) -> None:
    job, lease = factories.running(group)
    factories.violation(job, lease.attempt)
    lifecycle.cancel(kinds.of(job), str(job.pk), actor="somebody")
    lifecycle.sweep()
    assert Violation.objects.filter(scan=job).count() == 1  # its worker may still be about to clean up
    ComplianceScan.objects.filter(pk=job.pk).update(updated_at=Now() - timedelta(hours=1))
    lifecycle.sweep()
    assert Violation.objects.filter(scan=job).count() == 0
    assert ComplianceScan.objects.get(pk=job.pk).leftovers is False


def test_the_sweeper_keeps_what_everybody_sees(group: Any) -> None:
    job = factories.completed(group)
    factories.violation(job, attempt=7, account="of a dead attempt")
    ComplianceScan.objects.filter(pk=job.pk).update(updated_at=Now() - timedelta(hours=1), leftovers=True)
    lifecycle.sweep()
    assert [row.attempt for row in Violation.objects.filter(scan=job)] == [1]


def test_a_group_runs_as_many_jobs_at_once_as_it_may_and_the_next_when_one_ends(
    sent: list[str], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    group = factories.group(jobs_running=2)
    (_, lease), (_, _) = factories.running(group), factories.running(group)
    waiting, later = factories.scan(group), factories.scan(group)
    assert lifecycle.claim(kinds.of(waiting), str(waiting.pk), worker="w") is None
    other = factories.scan(factories.group("Other"))
    assert lifecycle.claim(kinds.of(other), str(other.pk), worker="w") is not None
    sent.clear()
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.fail(lease, code="X", message="x")
    assert sent == [str(waiting.pk)]
    assert lifecycle.claim(kinds.of(waiting), str(waiting.pk), worker="w") is not None
    assert lifecycle.claim(kinds.of(later), str(later.pk), worker="w") is None


def test_only_jobs_that_were_refused_a_slot_are_published_when_one_is_free(
    group: Any, sent: list[str], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    _, lease = factories.running(group)
    waiting = factories.scan(group)  # its message is on its way: there is a slot for it
    sent.clear()
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.fail(lease, code="X", message="x")
    assert sent == []
    assert not ComplianceScan.objects.get(pk=waiting.pk).held


def test_a_job_that_was_refused_a_slot_and_ends_holds_nobody_up(
    sent: list[str], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    group = factories.group(jobs_running=1)
    _, lease = factories.running(group)
    first, second = factories.scan(group), factories.scan(group)
    assert [lifecycle.claim(kinds.of(job), str(job.pk), worker="w") for job in (first, second)] == [None, None]
    lifecycle.cancel(kinds.of(first), str(first.pk), actor="somebody")
    sent.clear()
    with django_capture_on_commit_callbacks(execute=True):
        lifecycle.fail(lease, code="X", message="x")
    assert sent == [str(second.pk)]


def test_only_an_attempt_after_another_leaves_something_to_sweep(group: Any) -> None:
    job, lease = factories.running(group)
    factories.complete(job, lease)
    assert not ComplianceScan.objects.get(pk=job.pk).leftovers
    again, lease = factories.running(group)
    lifecycle.hand_back(again.worker)
    second = lifecycle.claim(kinds.of(again), str(again.pk), worker="w")
    assert second is not None
    factories.complete(again, second)
    assert ComplianceScan.objects.get(pk=again.pk).leftovers


def test_the_life_of_a_job_takes_few_statements(group: Any, django_assert_num_queries: Callable[..., Any]) -> None:
    job = factories.scan(group)
    with django_assert_num_queries(8):  # two of them begin and end the transaction
        lease = lifecycle.claim(kinds.of(job), str(job.pk), worker="w")
    assert lease is not None
    with django_assert_num_queries(7):
        factories.complete(job, lease)


def test_a_claim_that_a_crashed_database_forgot_is_a_lost_lease_and_its_job_is_claimed_anew(group: Any) -> None:
    job, forgotten = factories.running(group)
    before = {"status": "queued", "attempts": 0, "lease_token": None, "lease_until": None, "worker": ""}
    ComplianceScan.objects.filter(pk=job.pk).update(**before)
    assert not lifecycle.heartbeat(forgotten)
    with pytest.raises(LeaseLost):
        factories.complete(job, forgotten)
    again = lifecycle.claim(kinds.of(job), str(job.pk), worker="another")
    assert again is not None
    with pytest.raises(LeaseLost):
        factories.complete(job, forgotten)
    factories.complete(job, again)


def test_public_events_are_numbered_without_gaps_for_each_group(group: Any) -> None:
    stranger = factories.group("Stranger")
    for make in (factories.completed, factories.failed):
        make(group)
        make(stranger)
    with transaction.atomic():
        factories.completed(group)
        transaction.set_rollback(True)  # a transaction that fails takes no number with it
    factories.failed(group)
    numbers = JobEvent.objects.filter(group=group, number__isnull=False).order_by("id").values_list("number", flat=True)
    assert list(numbers) == [1, 2, 3]


@pytest.mark.parametrize("change", [lambda rows: rows.update(note="changed"), lambda rows: rows.delete()])
def test_events_cannot_be_changed(group: Any, change: Callable[[Any], Any]) -> None:
    factories.scan(group)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        change(JobEvent.objects.all())


BROKEN = {
    "running without a lease": {"status": "running"},
    "a lease though queued": {"lease_token": "6f1b1ad0-0000-0000-0000-000000000000", "lease_until": Now()},
    "final without an end": {"status": "cancelled"},
    "an end though queued": {"completed_at": Now()},
    "failed without an error": {"status": "failed", "completed_at": Now()},
    "an error though queued": {"error_code": "X", "error_message": "x"},
    "progress above one": {"progress": 1.01},
    "progress below zero": {"progress": -0.01},
    "progress that is no number": {"progress": float("nan")},
    "attempts below zero": {"attempts": -1},
    "results shown though queued": {"visible_attempt": 1},
    "a status of its own": {"status": "paused"},
    "completed without a score": {"status": "completed", "completed_at": Now(), "rules_processed": 1},
    "more rules processed than there are": {"rules_processed": 2},
    "a delta without a previous scan": {"new_count": 1},
}


@pytest.mark.parametrize("fields", BROKEN.values(), ids=BROKEN.keys())
def test_the_database_refuses_a_job_in_an_impossible_state(group: Any, fields: dict[str, Any]) -> None:
    job = factories.scan(group)
    with pytest.raises(IntegrityError), transaction.atomic():
        ComplianceScan.objects.filter(pk=job.pk).update(**fields)

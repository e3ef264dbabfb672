"""What each transition writes beside the status, whom it tells, and what the timeline says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now

from compliance.models import ComplianceScan, Violation
from jobs import kinds, lifecycle, wires
from jobs.enums import Status
from jobs.errors import LeaseLost
from jobs.lifecycle import Lease
from jobs.models import JobEvent
from tests.compliance import factories
from tests.prospecting import jobs as prospecting

pytestmark = pytest.mark.django_db

KIND = "compliance_scan"
Committing = Callable[..., Any]


@pytest.fixture
def group() -> Any:
    return factories.group()


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """The messages published (task, queue, id), for which no worker of this test would listen."""
    messages: list[tuple[str, str, str]] = []
    monkeypatch.setattr(wires, "send", lambda *message: messages.append(message) or True)
    return messages


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    ids: list[str] = []
    monkeypatch.setattr(wires, "announce", ids.append)
    return ids


@pytest.fixture
def fallen(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """What the kind of a scan is told of jobs that fell: (id, status, message)."""
    told: list[tuple[str, str, str]] = []
    watched = replace(kinds.get(KIND), fell=lambda *fall: told.append(fall))
    monkeypatch.setitem(kinds._kinds, KIND, watched)
    return told


@pytest.fixture
def committing(django_capture_on_commit_callbacks: Committing) -> Callable[[], Any]:
    """`with committing():` does on leaving what waits for the commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def claim(job: ComplianceScan, worker: str = "w") -> Lease:
    lease = lifecycle.claim(kinds.get(KIND), str(job.pk), worker=worker)
    assert lease is not None
    return lease


def fresh(job: ComplianceScan) -> ComplianceScan:
    return ComplianceScan.objects.get(pk=job.pk)


def expire(*jobs: Any) -> None:
    for job in jobs:
        type(job).objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))


def test_the_timeline_says_who_did_what_and_why(group: Any) -> None:
    job = factories.scan(group)
    claim(job, "first")
    lifecycle.hand_back("first")
    claim(job, "second")
    expire(job)
    lifecycle.reap()
    lifecycle.fail(claim(job, "third"), code="NO_RULE_APPLICABLE", message="Nothing could run.")
    told = JobEvent.objects.filter(kind=KIND, job_id=str(job.pk), group=group).order_by("id")
    assert list(told.values_list("from_status", "to_status", "attempt", "actor", "note")) == [
        ("", "queued", 0, factories.ACTOR.name, ""),
        ("queued", "running", 1, "first", ""),
        ("running", "queued", 1, "first", "worker shut down"),
        ("queued", "running", 1, "second", ""),
        ("running", "queued", 1, "reaper", "lease expired"),
        ("queued", "running", 2, "third", ""),
        ("running", "failed", 2, "third", "NO_RULE_APPLICABLE"),
    ]


def test_the_timeline_says_who_cancelled_and_who_completed(group: Any) -> None:
    cancelled, (done, lease) = factories.scan(group), factories.running(group)
    lifecycle.cancel(kinds.get(KIND), str(cancelled.pk), actor="somebody")
    factories.complete(done, lease)
    last = [JobEvent.objects.filter(job_id=str(job.pk)).latest("id") for job in (cancelled, done)]
    assert [(event.from_status, event.to_status, event.attempt, event.actor, event.note) for event in last] == [
        ("queued", "cancelled", 0, "somebody", ""),
        ("running", "completed", 1, "worker of a test", ""),
    ]


def test_a_claim_names_its_worker_and_stops_the_publishing(group: Any) -> None:
    job = factories.scan(group)
    ComplianceScan.objects.filter(pk=job.pk).update(publish_count=7, held=True)
    before = fresh(job)
    lease = claim(job, "somebody")
    after = fresh(job)
    assert (after.worker, after.lease_token, after.publish_after, after.publish_count) == (
        "somebody", lease.token, None, 0,
    )  # fmt: skip
    assert (after.held, after.leftovers, lease.leftovers, after.version) == (False, True, False, before.version + 1)
    assert after.updated_at > before.updated_at
    assert (lease.group_id, lease.job_id, lease.attempt) == (group.pk, str(job.pk), 1)


def test_a_job_started_when_it_was_first_claimed(group: Any) -> None:
    job = factories.scan(group)
    claim(job)
    first = fresh(job).started_at
    assert first is not None
    lifecycle.hand_back("w")
    assert claim(job).leftovers
    assert fresh(job).started_at == first


def test_a_job_handed_back_is_published_when_that_is_certain(group: Any, sent: Any, committing: Any) -> None:
    job, _ = factories.running(group)
    before, kind = fresh(job), kinds.get(KIND)
    sent.clear()
    with committing():
        lifecycle.hand_back(job.worker)
        assert sent == []
    after = fresh(job)
    assert sent == [(kind.task, kind.queue, str(job.pk))]
    assert (after.lease_token, after.lease_until, after.version) == (None, None, before.version + 1)
    assert timedelta(0) <= after.publish_after - after.updated_at - lifecycle.PUBLISH_BACKOFF < timedelta(seconds=1)


def test_a_job_that_is_over_is_published_no_more(group: Any) -> None:
    job = factories.scan(group)
    assert fresh(job).publish_after is not None
    lifecycle.cancel(kinds.get(KIND), str(job.pk), actor="somebody")
    after = fresh(job)
    assert (after.publish_after, after.held, after.version) == (None, False, job.version + 1)
    assert after.completed_at == after.updated_at


def test_progress_is_told_and_its_time_moves(group: Any, announced: list[str]) -> None:
    job, lease = factories.running(group)
    expire(job)
    before = fresh(job)
    announced.clear()
    lifecycle.report(lease, progress=0.5)
    after = fresh(job)
    assert announced == [str(job.pk)]
    assert after.updated_at > before.updated_at
    assert after.lease_until > after.updated_at


def transitions(job: ComplianceScan) -> Iterator[Callable[[], Any]]:
    """Each transition of a queued job that anybody may wait for, up to its end."""
    yield lambda: claim(job)
    yield lambda: lifecycle.hand_back("w")
    yield lambda: claim(job)
    yield lambda: lifecycle.cancel(kinds.get(KIND), str(job.pk), actor="somebody")


def test_who_waits_for_a_job_is_woken_by_each_transition_once_it_is_certain(
    group: Any, announced: list[str], committing: Any
) -> None:
    job = factories.scan(group)
    for transition in transitions(job):
        announced.clear()
        with committing():
            transition()
            assert announced == []
        assert announced == [str(job.pk)]


def test_a_transition_stands_and_is_published_when_nobody_can_be_woken(
    group: Any, sent: Any, committing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(job_id: str) -> None:
        raise RuntimeError(job_id)

    job, _ = factories.running(group)
    monkeypatch.setattr(wires, "announce", broken)
    sent.clear()
    with committing():
        lifecycle.hand_back(job.worker)
    assert [job_id for _, _, job_id in sent] == [str(job.pk)]


def test_a_kind_is_told_of_jobs_that_fell_and_of_no_others(group: Any, fallen: Any, settings: Any) -> None:
    settings.JOB_MAX_ATTEMPTS = 1
    done, failed, cancelled, lost = (factories.running(group) for _ in range(4))
    factories.complete(*done)
    lifecycle.fail(failed[1], code="X", message="Nothing could run.")
    lifecycle.cancel(kinds.get(KIND), str(cancelled[0].pk), actor="somebody")
    expire(lost[0])
    lifecycle.reap()
    message = "Its worker was lost 1 times. Run it again, or ask the operator to look at the workers."
    assert fallen == [
        (str(failed[0].pk), Status.FAILED, "Nothing could run."),
        (str(cancelled[0].pk), Status.CANCELLED, ""),
        (str(lost[0].pk), Status.FAILED, message),
    ]
    assert fresh(lost[0]).error_message == message
    end = JobEvent.objects.filter(job_id=str(lost[0].pk)).latest("id")
    assert (end.actor, end.note) == ("reaper", "lease expired")


def test_jobs_of_every_kind_are_reaped_and_handed_back_and_counted(settings: Any) -> None:
    group = prospecting.group()
    jobs = [factories.scan(group), prospecting.job(group), factories.scan(group)]
    for job in jobs:
        lifecycle.claim(kinds.of(job), str(job.pk), worker="w")
    expire(*jobs[:2])
    assert lifecycle.reap() == 2
    assert lifecycle.hand_back("w") == 1
    assert [type(job).objects.get(pk=job.pk).status for job in jobs] == [Status.QUEUED] * 3
    settings.JOB_MAX_ATTEMPTS = 1
    for job in jobs:
        lifecycle.claim(kinds.of(job), str(job.pk), worker="w")
    expire(*jobs)
    assert lifecycle.reap() == 3


def test_a_worker_hands_back_its_own_jobs_only(group: Any) -> None:
    others, own = sorted((factories.scan(group), factories.scan(group)), key=lambda job: str(job.pk))
    claim(others, "stays")
    claim(own, "leaves")
    assert lifecycle.hand_back("leaves") == 1
    assert [fresh(job).status for job in (others, own)] == [Status.RUNNING, Status.QUEUED]


def test_what_an_attempt_left_stays_while_the_job_runs_again(group: Any) -> None:
    job, lease = factories.running(group)
    another, _ = factories.running(group)
    factories.violation(job, lease.attempt)
    lifecycle.discard_leftovers(kinds.get(KIND), str(job.pk))
    assert Violation.objects.filter(scan=job).exists()
    assert fresh(job).leftovers
    lifecycle.cancel(kinds.get(KIND), str(job.pk), actor="somebody")
    lifecycle.discard_leftovers(kinds.get(KIND), str(job.pk))
    assert not Violation.objects.filter(scan=job).exists()
    assert [fresh(each).leftovers for each in (job, another)] == [False, True]


def test_a_job_without_leftovers_is_not_looked_through(group: Any) -> None:
    job = factories.completed(group)
    factories.violation(job, attempt=7, account="not known of")
    lifecycle.discard_leftovers(kinds.get(KIND), str(job.pk))
    assert Violation.objects.filter(scan=job).count() == 2


def test_a_fence_yields_the_job_of_its_lease_and_only_while_it_runs(group: Any) -> None:
    factories.running(group)
    job, lease = factories.running(group)
    with lifecycle.fence(lease) as locked:
        assert locked == job
    factories.complete(job, lease)
    with pytest.raises(LeaseLost), lifecycle.fence(lease):
        pytest.fail("a job that is over was let through")

"""Who was refused a slot comes next: as many as there are slots, of whichever kind, the longest waiting first."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import AccountGroup
from jobs import kinds, lifecycle, slots
from jobs.enums import Status
from jobs.lifecycle import Lease
from jobs.models import Job
from tests.compliance import factories
from tests.prospecting import jobs as prospecting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]


def claim(job: Job) -> Lease | None:
    return lifecycle.claim(kinds.of(job), str(job.pk), worker="w")


def fail(lease: Lease, run: Any) -> None:
    with run(execute=True):
        lifecycle.fail(lease, code="X", message="x")


def held(*jobs: Job) -> list[bool]:
    return [type(job).objects.get(pk=job.pk).held for job in jobs]


def limit(group: AccountGroup, jobs: int | None) -> None:
    AccountGroup.objects.filter(pk=group.pk).update(jobs_running=jobs)


def test_the_longest_waiting_come_next_whatever_their_kind(
    sent: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    group = prospecting.group(jobs_running=1)
    _, lease = factories.running(group)
    limit(group, 2)
    factories.running(group)
    waiting: list[Job] = [prospecting.job(group), factories.scan(group), prospecting.job(group), factories.scan(group)]
    for later, job in enumerate(waiting):
        type(job).objects.filter(pk=job.pk).update(created_at=job.created_at.replace(year=2030 + later))
    assert [claim(job) for job in reversed(waiting)] == [None] * 4
    limit(group, 4)
    sent.clear()
    fail(lease, django_capture_on_commit_callbacks)
    assert sent == [str(job.pk) for job in waiting[:3]]
    assert held(*waiting) == [False, False, False, True]


def test_jobs_of_every_kind_take_the_slots_of_their_group() -> None:
    group = prospecting.group(jobs_running=2)
    jobs = [prospecting.job(group), factories.scan(group), prospecting.job(group), prospecting.job(group)]
    assert [claim(job) is not None for job in jobs[:3]] == [True, True, False]
    assert held(*jobs) == [False, False, True, False]


def test_nobody_comes_next_while_more_run_than_may(sent: list[str], django_capture_on_commit_callbacks: Any) -> None:
    group = factories.group(jobs_running=3)
    leases = [factories.running(group)[1] for _ in range(3)]
    waiting = [factories.scan(group) for _ in range(3)]
    assert [claim(job) for job in waiting] == [None] * 3
    limit(group, 1)
    assert claim(waiting[0]) is None
    sent.clear()
    for lease in leases[:2]:
        fail(lease, django_capture_on_commit_callbacks)
    assert sent == []
    assert held(*waiting) == [True] * 3
    fail(leases[2], django_capture_on_commit_callbacks)
    assert sent == [str(waiting[0].pk)]


def test_a_group_without_a_number_of_its_own_has_that_of_the_settings(settings: Any) -> None:
    settings.JOBS_RUNNING_PER_GROUP = 1
    group, another = factories.group(), factories.group(jobs_running=2)
    assert [claim(factories.scan(group)) is not None for _ in range(2)] == [True, False]
    assert [claim(factories.scan(another)) is not None for _ in range(3)] == [True, True, False]


def test_jobs_held_at_one_instant_come_by_their_ids(sent: list[str], django_capture_on_commit_callbacks: Any) -> None:
    group = factories.group(jobs_running=1)
    _, lease = factories.running(group)
    waiting = [factories.scan(group) for _ in range(3)]
    type(waiting[0]).objects.filter(group=group).update(created_at=waiting[0].created_at)
    assert [claim(job) for job in waiting] == [None] * 3
    sent.clear()
    limit(group, 3)
    fail(lease, django_capture_on_commit_callbacks)
    assert sent == sorted(str(job.pk) for job in waiting)


def test_a_job_that_was_claimed_meanwhile_is_not_held() -> None:
    group = factories.group(jobs_running=1)
    job, _ = factories.running(group)
    assert not slots.take(kinds.of(job), job)
    assert (held(job), type(job).objects.get(pk=job.pk).status) == ([False], Status.RUNNING)

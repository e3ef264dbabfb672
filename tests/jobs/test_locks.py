"""What a transition of a job waits for, and what it lets through."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from compliance.models import ComplianceScan
from jobs import kinds, lifecycle
from jobs.enums import Status
from jobs.lifecycle import Lease
from jobs.models import JobEvent
from tests.compliance import factories
from tests.jobs.test_races import KIND, claim, in_a_thread, waits_for_a_lock
from tests.until import until

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("system_db", "sent")]


def pass_the_fence(job: ComplianceScan, lease: Lease) -> None:
    with lifecycle.fence(lease):
        pass


def cancel(job: ComplianceScan, lease: Lease) -> None:
    lifecycle.cancel(lease.kind, lease.job_id, actor="somebody")


def lose(job: ComplianceScan, lease: Lease) -> None:
    ComplianceScan.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))
    lifecycle.reap()
    assert ComplianceScan.objects.get(pk=job.pk).status == Status.QUEUED


def sweep(job: ComplianceScan, lease: Lease) -> None:
    cancel(job, lease)
    lifecycle.discard_leftovers(lease.kind, lease.job_id)


@pytest.mark.parametrize("move", [pass_the_fence, cancel, lose, sweep])
def test_a_job_moves_while_rows_that_refer_to_it_are_written(move: Callable[[ComplianceScan, Lease], None]) -> None:
    job, lease = factories.running(factories.group())
    written, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            factories.violation(job, attempt=7)
            connection.check_constraints()  # at once instead of on commit: holds the key of the job's row
            written.set()
            assert go_on.wait(300)

    thread = in_a_thread(write)
    assert written.wait(300)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '10s'")
            move(job, lease)
    finally:
        go_on.set()
        thread.join()


def test_who_finds_a_job_moved_meanwhile_counts_it_not(sent: list[str]) -> None:
    job, lease = factories.running(factories.group())
    ComplianceScan.objects.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))
    locked, go_on = threading.Event(), threading.Event()

    def work() -> None:
        with lifecycle.fence(lease):
            locked.set()
            assert go_on.wait(300)

    thread = in_a_thread(work)
    assert locked.wait(300)
    sent.clear()
    try:
        counted = lifecycle.reap()
    finally:
        go_on.set()
        thread.join()
    assert str(job.pk) not in sent
    assert counted == len(sent)


def test_a_worker_that_leaves_waits_for_what_it_writes_and_hands_nothing_back_that_ended(sent: list[str]) -> None:
    job = factories.scan(factories.group())
    lease = lifecycle.claim(kinds.get(KIND), str(job.pk), worker="leaving")
    assert lease is not None
    sent.clear()
    handed: list[int] = []
    with transaction.atomic():
        factories.complete(job, lease)
        thread = in_a_thread(lambda: handed.append(lifecycle.hand_back("leaving")))
        until(lambda: waits_for_a_lock("transactionid"), "the leaving worker to wait")
    thread.join()
    assert (handed, sent) == ([0], [])
    assert JobEvent.objects.filter(job_id=str(job.pk)).latest("id").to_status == Status.COMPLETED


def test_a_claim_that_slept_while_another_was_made_and_lost_takes_nothing() -> None:
    job = factories.scan(factories.group())
    claimed: list[Lease | None] = []
    with transaction.atomic():
        lease = claim(job)
        assert lease is not None
        thread = in_a_thread(lambda: claimed.append(claim(job)))
        until(lambda: waits_for_a_lock("advisory"), "the claim to wait")
        lose(job, lease)
    thread.join()
    again = claim(job)
    assert claimed == [None]
    assert again is not None
    assert again.attempt == 2

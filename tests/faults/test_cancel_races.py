"""A cancel that comes at the same moment as anything else that can happen to a job: it wins or loses, never half."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from compliance.models import ComplianceScan, Violation
from jobs import kinds, lifecycle, wires
from jobs.enums import FINAL, Status
from jobs.errors import LeaseLost, NotCancellable
from jobs.lifecycle import Lease
from jobs.models import JobEvent
from tests.compliance import factories
from tests.faults.workload import LONG

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("system_db")]

EACH = 63 if LONG else 12  # races of each sort
RESULTS: dict[str, Any] = {"score": Decimal(99), "result_digest": "0" * 64, "rules_processed": 1, "violation_count": 1}
Rival = Callable[[ComplianceScan, Lease], object]


def finish(_: ComplianceScan, lease: Lease) -> None:
    with lifecycle.finish(lease) as (_, results):
        results.update(RESULTS)


def reap(job: ComplianceScan, _: Lease) -> None:
    ComplianceScan.objects.filter(pk=job.pk, status=Status.RUNNING).update(lease_until=Now() - timedelta(seconds=1))
    lifecycle.reap()


RIVALS: dict[str, Rival] = {
    "claim": lambda job, _: lifecycle.claim(kinds.of(job), str(job.pk), worker="w"),
    "heartbeat": lambda _, lease: lifecycle.heartbeat(lease),
    "progress": lambda _, lease: lifecycle.report(lease, progress=0.5),
    "finish": finish,
    "fail": lambda _, lease: lifecycle.fail(lease, code="X", message="x"),
    "hand back": lambda _, lease: lifecycle.hand_back("worker of a test"),
    "reap": reap,
    "another cancel": lambda job, _: lifecycle.cancel(kinds.of(job), str(job.pk), actor="another"),
}


@pytest.fixture(autouse=True)
def nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wires, "send", lambda *_: True)


def at_once(*actions: Callable[[], object]) -> list[bool]:
    """Do all at the same moment; for each, whether it was done and not refused."""
    ready = threading.Barrier(len(actions))

    def run(action: Callable[[], object]) -> bool:
        ready.wait()
        try:
            action()
        except (NotCancellable, LeaseLost):
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(actions)) as threads:
        return list(threads.map(run, actions))


@pytest.mark.parametrize("name", RIVALS)
def test_a_cancel_wins_or_loses_and_nothing_staged_remains(name: str) -> None:
    group, outcomes = factories.group(jobs_running=1000), Counter[str]()
    policy, upload = factories.policy(group), factories.upload(group)
    for _ in range(EACH):
        job = factories.scan(group, on=policy, upload_of=upload)
        lease = None if name == "claim" else lifecycle.claim(kinds.of(job), str(job.pk), worker="worker of a test")
        if lease is not None:
            factories.violation(job, lease.attempt)
        cancelled, _ = at_once(
            lambda job=job: lifecycle.cancel(kinds.of(job), str(job.pk), actor="somebody"),
            lambda job=job, lease=lease: RIVALS[name](job, lease),
        )
        outcomes[check(job, cancelled, name)] += 1
        with suppress(NotCancellable):  # those that live on are not in the way of the next
            lifecycle.cancel(kinds.of(job), str(job.pk), actor="the test")
    assert outcomes[Status.CANCELLED] == EACH or name in ("finish", "fail"), outcomes


def check(job: ComplianceScan, cancelled: bool, name: str) -> str:
    """The row, its events and what is staged tell the same as the answer to the cancel; the state it came to."""
    job.refresh_from_db()
    lifecycle.discard_leftovers(kinds.of(job), str(job.pk))
    moves = list(JobEvent.objects.filter(job_id=job.pk).order_by("id").values_list("from_status", "to_status"))
    assert [was for was, _ in moves] == ["", *(to for _, to in moves[:-1])], moves
    assert [to for _, to in moves if to in FINAL] == [job.status]
    assert cancelled == (job.status == Status.CANCELLED) or name == "another cancel"
    assert Violation.objects.filter(scan=job).count() == (job.status == Status.COMPLETED)
    return str(job.status)

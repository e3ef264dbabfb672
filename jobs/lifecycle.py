"""Every transition of every job, and nothing else moves one. The life of a job:

queued -> running -> completed, failed or cancelled; running -> queued when its worker is lost or shuts down.
Each function below owns one transition: one conditional change of the row, one event, and what follows on commit.
Times of leases are the database's clock.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from jobs import kinds, slots, wires
from jobs.enums import FINAL, LIVE, Status
from jobs.errors import LeaseLost, NotCancellable
from jobs.kinds import Kind
from jobs.models import EventCounter, Job, JobEvent
from web.compiled import Compiled

log = structlog.get_logger(__name__)

PUBLISH_BACKOFF = timedelta(seconds=60)  # doubling up to the maximum
PUBLISH_BACKOFF_MAX = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one job; it is lost when the row's token is no longer this one.

    `leftovers`: attempts before this one may have left rows.
    """

    kind: Kind
    job_id: str
    group_id: str
    token: uuid.UUID
    attempt: int
    leftovers: bool


def start(job: Job, *, actor: str) -> None:
    """Insert `job` as queued and publish it on commit. To be called inside the transaction of the request.

    The queued row is the outbox: when the broker is away the sweeper publishes it later.
    """
    kind = kinds.of(job)
    job.status = Status.QUEUED
    job.publish_after = Now() + PUBLISH_BACKOFF
    job.save(force_insert=True)
    del job.publish_after  # an expression until read again
    _record(kind, job, "", Status.QUEUED, actor)
    _on_commit(lambda: publish(kind.name, str(job.pk)))


def publish(kind_name: str, job_id: str) -> None:
    """Tell the workers that a job is queued. Never raises: an unpublished job is swept up a minute later."""
    kind = kinds.get(kind_name)
    wires.send(kind.task, kind.queue, job_id)


def claim(kind: Kind, job_id: str, *, worker: str) -> Lease | None:
    """queued -> running. None: somebody else has it, it is over, or its group runs as many jobs as it may."""
    with transaction.atomic():
        _wait_for_no_disk()
        job = _queued(kind.model).first(pk=job_id)
        if job is None or not slots.take(kind, job):
            return None
        token, attempt = uuid.uuid4(), job.attempts + 1
        changed = _change(
            kind, job, from_status=(Status.QUEUED,), attempts_were=job.attempts,
            status=Status.RUNNING, lease_token=token, lease_until=_lease_end(), worker=worker, publish_after=None,
            attempts=attempt, leftovers=True, publish_count=0, held=False, started_at=Coalesce("started_at", Now()),
        )  # fmt: skip
        if not changed:
            return None
        _record(kind, job, Status.QUEUED, Status.RUNNING, worker, attempt=attempt)
    return Lease(kind, job_id, job.group_id, token, attempt, job.leftovers)


def heartbeat(lease: Lease) -> bool:
    """Extend the lease. False: cancelled or taken over, stop at once."""
    return bool(_mine(lease).update(lease_until=_lease_end()))


def report(lease: Lease, **public: Any) -> None:
    """Write fields that partners see (progress and its like) and extend the lease; LeaseLost if it is gone."""
    changed = _mine(lease).update(
        lease_until=_lease_end(), version=F("version") + 1, updated_at=Now(), **public
    )  # fmt: skip
    if not changed:
        raise LeaseLost
    wires.announce(lease.job_id)


@contextmanager
def fence(lease: Lease) -> Iterator[Job]:
    """A transaction in which the job is certainly still ours: nobody can take it over before it commits."""
    with transaction.atomic():
        job = _locked(lease.kind.model).first(pk=lease.job_id, token=lease.token)
        if job is None:
            raise LeaseLost
        yield job


@contextmanager
def finish(lease: Lease) -> Iterator[tuple[Job, dict[str, Any]]]:
    """running -> completed, in one transaction with what the caller writes inside; makes this attempt visible.

    Yields the locked job and a dict: what the caller puts there is written with the status, in one statement.
    """
    with fence(lease) as job:
        results: dict[str, Any] = {}
        yield job, results
        results |= {"progress": 1.0, "visible_attempt": lease.attempt, "leftovers": lease.leftovers}
        _leave(lease.kind, job, Status.COMPLETED, actor=job.worker, **results)


def fail(lease: Lease, *, code: str, message: str, traceback: str = "") -> None:
    """running -> failed. `code` and `message` are for partners, `traceback` for staff."""
    with fence(lease) as job:
        error = {"error_code": code, "error_message": message, "traceback": traceback}
        _leave(lease.kind, job, Status.FAILED, actor=job.worker, note=code, **error)


def cancel(kind: Kind, job_id: str, *, actor: str) -> None:
    """queued or running -> cancelled, at once; the worker notices at its next heartbeat and cleans up.

    Raises NotCancellable when the job is over.
    """
    with transaction.atomic():
        job = kind.model.objects.select_for_update(no_key=True).get(pk=job_id)
        if job.status not in LIVE:
            raise NotCancellable(f"Only queued or running jobs can be cancelled; this one is {job.status}.")
        _leave(kind, job, Status.CANCELLED, actor=actor)


def hand_back(worker: str) -> int:
    """running -> queued for all jobs of a worker that shuts down; the attempt does not count. Returns how many."""
    return sum(
        _requeue(kind, job_id, actor=worker, note="worker shut down", counted=False)
        for kind in kinds.every()
        for job_id in kind.model.objects.running().filter(worker=worker).values_list("pk", flat=True)
    )


def reap() -> int:
    """Jobs whose lease ran out: back to queued, or failed with WORKER_LOST after the last attempt."""
    return sum(
        _requeue(kind, job_id, actor="reaper", note="lease expired", counted=True)
        for kind in kinds.every()
        for job_id in kind.model.objects.with_expired_lease().values_list("pk", flat=True)
    )


def sweep() -> int:
    """Publish again what has been queued for long, backing off; clear what dead attempts left. Returns published."""
    published = 0
    for kind in kinds.every():
        for job in kind.model.objects.due_for_publishing().order_by("publish_after")[:1000]:
            wait = min(PUBLISH_BACKOFF * 2 ** min(job.publish_count, 10), PUBLISH_BACKOFF_MAX)
            due = kind.model.objects.due_for_publishing().filter(pk=job.pk)
            if due.update(publish_after=Now() + wait, publish_count=F("publish_count") + 1):
                publish(kind.name, str(job.pk))
                published += 1
        for job in kind.model.objects.with_old_leftovers(seconds=settings.JOB_LEASE):
            discard_leftovers(kind, str(job.pk))
    return published


def discard_leftovers(kind: Kind, job_id: str) -> None:
    """Delete what attempts other than the visible one wrote, unless the job runs (again)."""
    if not _with_leftovers(kind.model).rows(pk=job_id):
        return
    with transaction.atomic():
        job = kind.model.objects.select_for_update(no_key=True).exclude(status=Status.RUNNING).filter(pk=job_id).first()
        if job is not None:
            kind.discard(job_id, job.visible_attempt)
            kind.model.objects.filter(pk=job_id).update(leftovers=False)


def _requeue(kind: Kind, job_id: Any, *, actor: str, note: str, counted: bool) -> int:
    with transaction.atomic():
        running = kind.model.objects.running() if not counted else kind.model.objects.with_expired_lease()
        # The reaper passes over a row somebody is writing; a worker that leaves waits for its own batch to end.
        job = running.select_for_update(no_key=True, skip_locked=counted).filter(pk=job_id).first()
        if job is None:
            return 0
        if counted and job.attempts >= settings.JOB_MAX_ATTEMPTS:
            message = (
                f"Its worker was lost {job.attempts} times. Run it again, or ask the operator to look at the workers."
            )
            error = {"error_code": "WORKER_LOST", "error_message": message}
            _leave(kind, job, Status.FAILED, actor=actor, note=note, **error)
            return 1
        _change(
            kind, job, from_status=(Status.RUNNING,),
            status=Status.QUEUED, lease_token=None, lease_until=None, publish_after=Now() + PUBLISH_BACKOFF,
            attempts=F("attempts") if counted else F("attempts") - 1,
        )  # fmt: skip
        _record(kind, job, Status.RUNNING, Status.QUEUED, actor, attempt=job.attempts, note=note)
        _on_commit(lambda: publish(kind.name, str(job_id)))
    return 1


def _leave(kind: Kind, job: Job, to: Status, *, actor: str, note: str = "", **fields: Any) -> None:
    """Move a locked live job into a final state; the public event comes last in the transaction."""
    was = Status(job.status)
    _change(
        kind, job, from_status=LIVE,
        status=to, lease_token=None, lease_until=None, publish_after=None, held=False, completed_at=Now(), **fields,
    )  # fmt: skip
    if to != Status.COMPLETED:
        kind.fell(str(job.pk), to, fields.get("error_message", ""))
    if was == Status.RUNNING:
        for name, job_id in slots.pass_on(job):
            _on_commit(partial(publish, name, job_id))
    _record(kind, job, was, to, actor, attempt=job.attempts, note=note)


def _change(
    kind: Kind, job: Job, *, from_status: tuple[Status, ...], attempts_were: int | None = None, **fields: Any
) -> int:
    _on_commit(lambda: wires.announce(str(job.pk)))
    unchanged = kind.model.objects.filter(pk=job.pk, status__in=from_status)
    if attempts_were is not None:
        unchanged = unchanged.filter(attempts=attempts_were)
    return int(unchanged.update(version=F("version") + 1, updated_at=Now(), **fields))


def _record(
    kind: Kind, job: Job, was: str, to: Status, actor: str, *, attempt: int = 0, note: str = ""
) -> None:  # fmt: skip
    """An event; one that partners see takes the next number of its group."""
    said: dict[str, Any] = {
        "group_id": job.group_id, "kind": kind.name, "job_id": str(job.pk), "from_status": str(was),
        "to_status": str(to), "attempt": attempt, "actor": actor, "note": note,
    }  # fmt: skip
    names, values = ", ".join(said), ", ".join(f"%({name})s" for name in said)
    event = f"INSERT INTO {JobEvent._meta.db_table} ({names}, number) SELECT {values}"  # noqa: S608  names of ours
    with connection.cursor() as cursor:
        cursor.execute(f"{_NEXT} {event}, last FROM next" if to in FINAL else f"{event}, NULL", said)


def _mine(lease: Lease) -> Any:
    return _leased(lease.kind.model, lease.job_id, lease.token)


def _leased(model: type[Job], pk: Any, token: Any) -> Any:
    return model.objects.filter(pk=pk, status=Status.RUNNING, lease_token=token)


_COUNTER = EventCounter._meta.db_table
# Its row stays locked until the commit, so that numbers appear in order.
_NEXT = (
    f"WITH next AS (INSERT INTO {_COUNTER} (group_id, last) VALUES (%(group_id)s, 1) "  # noqa: S608
    f"ON CONFLICT (group_id) DO UPDATE SET last = {_COUNTER}.last + 1 RETURNING last)"
)


@cache
def _queued(model: type[Job]) -> Compiled[Job]:
    return Compiled(lambda pk: model.objects.filter(pk=pk, status=Status.QUEUED).select_related("group").order_by())


@cache
def _with_leftovers(model: type[Job]) -> Compiled[Any]:
    return Compiled(lambda pk: model.objects.filter(pk=pk, leftovers=True).order_by().values_list("pk"))


@cache
def _locked(model: type[Job]) -> Compiled[Job]:
    """The job under that lease."""
    return Compiled(lambda pk, token: _leased(model, pk, token).select_for_update(no_key=True).order_by())


def _lease_end() -> Any:
    return Now() + timedelta(seconds=settings.JOB_LEASE)


def _wait_for_no_disk() -> None:
    """This transaction may be forgotten, as a whole, when PostgreSQL crashes within half a second of its commit.

    A claim may: the job is queued again, and whoever holds the lease that nobody knows of has lost it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")


def _on_commit(effect: Any) -> None:
    transaction.on_commit(effect, robust=True)

"""Running one job inside a worker: claim, heartbeat beside the work, and every way it can end."""

from __future__ import annotations

import os
import socket
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from jobs import kinds, lifecycle
from jobs.errors import JobFault, LeaseLost, TimedOut
from jobs.lifecycle import Lease
from tabular.space import is_full
from web.database import is_away, is_passing

log = structlog.get_logger(__name__)

STORAGE_FULL = "The disk of this installation is full. Run it again when the operator has freed some space."

_worker = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def worker_name() -> str:
    """Unique for this worker: made when the main process starts, inherited by its pool."""
    return _worker


class Work:
    """A claimed job in progress: what its code may call while it works."""

    def __init__(self, lease: Lease, *, time_limit: float) -> None:
        self.lease = lease
        self.time_limit = time_limit
        self.stopped: Exception | None = None
        self._deadline = time.monotonic() + time_limit
        self._ended = threading.Event()
        self._interrupt: Callable[[], None] | None = None
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raise LeaseLost or TimedOut if the job must stop. Cheap: asks no database."""
        if self.stopped:
            raise self.stopped

    def report(self, **public: Any) -> None:
        """Write progress that partners see."""
        self.check()
        lifecycle.report(self.lease, **public)

    @contextmanager
    def interruptible(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """While inside, a job that must stop calls `interrupt` (from another thread) until the block is left."""
        with self._lock:
            self._interrupt = interrupt
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._interrupt = None

    def _beat(self) -> None:
        """The thread beside the work: extends the lease; once the job must stop, interrupts until it has."""
        last_proof = time.monotonic()
        try:
            while not self._ended.wait(float(settings.JOB_HEARTBEAT) if not self.stopped else 0.2):
                if self.stopped is None:
                    last_proof = self._prove(last_proof)
                if self.stopped is not None:
                    with self._lock:
                        if self._interrupt:
                            self._interrupt()
        finally:
            connection.close()

    def _prove(self, last_proof: float) -> float:
        if time.monotonic() > self._deadline:
            self.stopped = TimedOut(self.time_limit)
            return last_proof
        try:
            if not lifecycle.heartbeat(self.lease):
                self.stopped = LeaseLost()
        except (OperationalError, InterfaceError):
            # The database is away. Until the lease has run out nobody else can have taken the job.
            with suppress(Exception):
                connection.close()
            if time.monotonic() - last_proof > settings.JOB_LEASE:
                self.stopped = LeaseLost()
            return last_proof
        return time.monotonic()


@contextmanager
def _heartbeat(work: Work) -> Iterator[None]:
    thread = threading.Thread(target=work._beat, name=f"heartbeat {work.lease.job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        work._ended.set()
        thread.join()


def run(kind_name: str, job_id: str, body: Callable[[Work], None]) -> None:
    """Claim the job and run `body`, which ends by lifecycle.finish. A job that is not ours to claim is no error."""
    close_old_connections()
    kind = kinds.get(kind_name)
    lease = lifecycle.claim(kind, job_id, worker=worker_name())
    if lease is None:
        log.info("job_not_claimed", kind=kind_name, job_id=job_id)
        return
    work = Work(lease, time_limit=settings.JOB_TIME_LIMIT)
    with structlog.contextvars.bound_contextvars(kind=kind_name, job_id=job_id, attempt=lease.attempt):
        log.info("job_started")
        with _heartbeat(work):
            _run(work, body)
        lifecycle.discard_leftovers(kind, job_id)
        log.info("job_left")


def _run(work: Work, body: Callable[[Work], None]) -> None:
    try:
        try:
            body(work)
        except Exception:
            work.check()  # an interrupted query raises its own error: why we stopped is what counts
            raise
    except LeaseLost:
        log.info("job_lease_lost")
    except JobFault as fault:
        _fail(work, fault.code, fault.message)
    except Exception as fault:
        if is_away(fault):
            log.exception("job_lost_database")
            connection.close()
            return  # the lease runs out and the job is tried again
        if is_passing(fault) and work.lease.attempt < settings.JOB_MAX_ATTEMPTS:
            log.exception("job_to_be_tried_again")
            return
        log.exception("job_failed")
        if is_full(fault):
            _fail(work, "STORAGE_FULL", STORAGE_FULL, traceback.format_exc())
            return
        message = "An unexpected error stopped the job. It has been recorded; ask the operator, naming the job's id."
        _fail(work, "INTERNAL_ERROR", message, traceback.format_exc())


def _fail(work: Work, code: str, message: str, trace: str = "") -> None:
    with suppress(LeaseLost):
        lifecycle.fail(work.lease, code=code, message=message, traceback=trace)

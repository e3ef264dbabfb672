"""Following a job from the command line: bars while it goes on, a word when nobody takes it up, Ctrl-C cancels it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

from django.db import connection, transaction

from jobs import kinds, waiting, workers
from jobs.enums import Status
from jobs.errors import NotCancellable
from jobs.models import Job
from terminal.command import Failed
from terminal.console import Console

J = TypeVar("J", bound=Job)
PATIENCE = 10.0  # seconds a job may wait before its owner is told why
LOOK = 5.0  # seconds between two looks when nothing is announced


class Share(NamedTuple):
    """One bar: what is done (0 to 1), and words beside it."""

    name: str
    done: float
    words: str = ""


Shares = Callable[[J], Sequence[Share]]
Cancel = Callable[[J], None]


def start(begin: Callable[[], J], *, console: Console, shares: Shares[J], cancel: Cancel[J]) -> J:
    """Start a job by `begin`, in a transaction, and follow it; the job as it ended."""
    started: list[J] = []
    with _interruptible(started, console, cancel):
        with transaction.atomic():
            started.append(begin())  # known before the commit: there is no moment at which Ctrl-C would miss it
        return _followed(started[0], console, shares)


def follow(job: J, *, console: Console, shares: Shares[J], cancel: Cancel[J]) -> J:
    """Follow a job that has been started; the job as it ended."""
    with _interruptible([job], console, cancel):
        return _followed(job, console, shares)


def refuse_unfinished(job: Job) -> None:
    """Failed unless the job completed."""
    if job.status == Status.FAILED:
        raise Failed(f"The {_name(job)} failed. {job.error_code}: {job.error_message}", job.error_code)
    if job.status == Status.CANCELLED:
        raise Failed(f"The {_name(job)} was cancelled.", "CANCELLED")


def _followed(job: J, console: Console, shares: Shares[J]) -> J:
    begun, told = time.monotonic(), False
    with console.bars() as bars:
        while not job.is_final:
            for share in shares(job):
                bars.draw(share.name, share.done, share.words)
            job = _next(job)
            if not told and job.status == Status.QUEUED and time.monotonic() - begun >= PATIENCE:
                told = True
                console.note(_why_it_waits(job))
    return job


def _next(job: J) -> J:
    """The job when it has changed, or as it is after a while."""
    model: Any = type(job)
    seen, heard = waiting.wait(
        str(job.pk), LOOK, lambda: model.objects.get(pk=job.pk), lambda now: bool(now.version != job.version)
    )
    if not heard:
        time.sleep(1)  # Redis is away, so that nothing would announce a change
    found: J = seen
    return found


def _why_it_waits(job: Job) -> str:
    kind = kinds.of(job)
    stays = f"The {_name(job)} stays queued meanwhile; Ctrl-C cancels it."
    try:
        answering = workers.answering()
    except workers.BrokerAway:
        return f"Redis does not answer, so that no worker can be told. {stays}"
    if not answering:
        return f"No worker answers. Start one: {workers.how_to_start()}. {stays}"
    if not any(kind.queue in worker.queues for worker in answering):
        return f"No worker serves the queue {kind.queue}. Start one: {workers.how_to_start()}. {stays}"
    return f"The workers are busy, or the account group runs as many jobs as it may. {stays}"


@contextmanager
def _interruptible(started: Sequence[J], console: Console, cancel: Cancel[J]) -> Iterator[None]:
    """Told to stop (manage.py makes SystemExit of a signal), cancel the job before the process ends."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        connection.close()  # it may have been stopped amid a query
        for job in started:
            _cancel(job, console, cancel)
        raise


def _cancel(job: J, console: Console, cancel: Cancel[J]) -> None:
    model: Any = type(job)
    if not model.objects.filter(pk=job.pk).exists():
        return  # its transaction was never committed
    try:
        cancel(job)
    except NotCancellable:
        console.note(f"The {_name(job)} was over already.")
    else:
        console.note(f"The {_name(job)} is cancelled.")


def _name(job: Job) -> str:
    return kinds.of(job).name.replace("_", " ")

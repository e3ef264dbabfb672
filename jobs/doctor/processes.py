"""Workers, beat and what they live on: queues without end, jobs nobody looks after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from config import env, processes
from jobs import kinds, wires, workers
from jobs.doctor.findings import Finding, ok, warning, wrong
from jobs.enums import Status

WAITING = timedelta(minutes=5)  # a queued job older than this is worth a look
STALLED = 120  # seconds after which sweeper and reaper must have seen to a job
RECENT = timedelta(days=1)
UNFORESEEN = ("INTERNAL_ERROR", "WORKER_LOST")


def queues() -> Iterator[Finding]:
    """The messages in Redis, and the jobs of which they speak."""
    client: Any = wires.client()
    lengths = {name: client.llen(f"{settings.REDIS_PREFIX}{name}") for name in _queues()}
    messages = ", ".join(f"{count:,} messages in {name}" for name, count in lengths.items())
    waiting = [
        kind.model.objects.filter(status=Status.QUEUED).aggregate(count=Count("pk"), oldest=Min("created_at"))
        for kind in kinds.every()
    ]
    oldest = min((each["oldest"] for each in waiting if each["count"]), default=None)
    age = timezone.now() - oldest if oldest else timedelta()
    found = f"{messages}; {sum(each['count'] for each in waiting):,} jobs queued"
    found += f", the oldest for {_words(age)}" if oldest else ""
    if age > WAITING:
        advice = "Start more workers, unless their account groups run as many jobs as they may (jobs_running)."
        yield warning("queues", found, advice)
    else:
        yield ok("queues", found)


def worker() -> Iterator[Finding]:
    """That some worker answers, and that every queue has one."""
    advice = f"Start one: {workers.how_to_start()}."
    found = workers.answering()
    if not found:
        yield wrong("workers", "none answers: nothing that is asked for gets done", advice)
        return
    served = frozenset[str]().union(*(each.queues for each in found))
    for queue in _queues():
        if queue not in served:
            yield wrong("workers", f"none takes messages from the queue {queue}", advice)
    yield ok("workers", f"{len(found)} answer: {', '.join(each.name for each in found)}")


def beat() -> Iterator[Finding]:
    """That the clock ticks: beat writes down what it has published (CELERY_BEAT_SYNC_EVERY)."""
    names = list(settings.CELERY_BEAT_SCHEDULE)
    last = PeriodicTask.objects.filter(name__in=names).aggregate(last=Max("last_run_at"))["last"]
    advice = f"Start it, once in all: `make run` does, or {' '.join(processes.beat())}."
    if last is None:
        yield wrong("beat", "it has never run: lost messages are not sent again, no schedule is kept", advice)
        return
    shortest = min(env.SCHEDULE_EVERY, env.JOB_REAP_EVERY, env.JOB_SWEEP_EVERY)
    age = timezone.now() - last
    found = f"it last published {_words(age)} ago"
    if age > timedelta(seconds=30 + 3 * shortest):
        yield wrong("beat", f"{found}: lost messages are not sent again, no schedule is kept", advice)
    else:
        yield ok("beat", found)


def jobs() -> Iterator[Finding]:
    """Jobs that nobody has taken up again, and those that ended as none should."""
    stalled = Counter({kind.name: kind.model.objects.stalled(seconds=STALLED).count() for kind in kinds.every()})
    if stalled.total():
        named = ", ".join(f"{count:,} {name}" for name, count in stalled.items() if count)
        advice = "See to beat and workers: their sweeper and reaper take such jobs up again by themselves."
        yield wrong("jobs", f"stalled for more than {STALLED} s: {named}", advice)
    failed: Counter[str] = Counter()
    for kind in kinds.every():
        recent = kind.model.objects.filter(status=Status.FAILED, completed_at__gt=timezone.now() - RECENT)
        failed.update(recent.filter(error_code__in=UNFORESEEN).values_list("error_code", flat=True))
    if failed:
        named = ", ".join(f"{count:,} with {code}" for code, count in sorted(failed.items()))
        yield warning("jobs", f"failed within a day: {named}", "The admin shows their tracebacks; the logs say more.")
    if not (stalled.total() or failed):
        yield ok("jobs", "none is stalled, and none has failed unforeseen within a day")


def _queues() -> list[str]:
    return sorted({kind.queue for kind in kinds.every()} | {settings.CELERY_TASK_DEFAULT_QUEUE})


def _words(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60:,} minutes" if seconds < 7200 else f"{seconds // 3600:,} hours"

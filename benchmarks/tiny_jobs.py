"""What the life of a job costs: 1,000 jobs that do nothing, from claim to event, beside 1,000 bare Celery tasks that
update one row each, by the same worker on the same Redis and PostgreSQL, in turn.
"""

from __future__ import annotations

import os
import statistics
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.system import prepared
from config import processes

COUNT, GROUPS, RUNS = 1_000, 10, 5
TITLE = "The life of a job"


def section(folder: Path) -> str:
    """The section of docs/benchmarks.md, measured now."""
    os.environ["JOBS_RUNNING_PER_GROUP"] = "100"
    with ExitStack() as stack:
        prepared(stack, folder, settings="benchmarks.tiny.settings")
        from django.core.management import call_command

        call_command("migrate", run_syncdb=True, verbosity=0)
        groups = _groups()
        rates: dict[str, list[float]] = {"jobs": [], "bare tasks": []}
        with (folder / "worker.log").open("wb") as log:
            for _ in range(RUNS):
                rates["jobs"].append(_rate(log, lambda: _queue_jobs(groups), _ended_jobs))
                rates["bare tasks"].append(_rate(log, _queue_tasks, _ended_tasks))
    return table(rates)


def table(rates: dict[str, list[float]]) -> str:
    share = statistics.median(rates["jobs"]) / statistics.median(rates["bare tasks"])
    lines = [
        f"{COUNT:,} jobs that do nothing, of {GROUPS} account groups: claimed, their lease held, finished with event",
        f"and public number; {COUNT:,} bare tasks that update one row. Queued first, then done by one worker of two",
        f"processes; from the end of the first to the end of the last. Median (least to most) of {RUNS} runs in turn.",
        "",
        "| work | a second |", "|---|---|",
    ]  # fmt: skip
    for name, each in rates.items():
        lines.append(f"| {name} | {statistics.median(each):,.0f} ({min(each):,.0f} to {max(each):,.0f}) |")
    return "\n".join([*lines, "", f"jobs / bare tasks: {share:.2f} (goal: 0.5)"])


def _rate(log: Any, queue: Any, ended: Any) -> float:
    """How many a second; the worker starts once all are queued, so that sending them does not count."""
    queue()
    with processes.running(processes.worker(concurrency=2), log=log):
        while len(times := ended()) < COUNT:
            time.sleep(0.05)
    _clear()
    return float((COUNT - 1) / (max(times) - min(times)).total_seconds())


def _groups() -> list[Any]:
    from accounts.actions import create_group
    from accounts.audit import Actor

    return [create_group(name=f"Group {number}", actor=Actor("command:bench")) for number in range(GROUPS)]


def _queue_jobs(groups: list[Any]) -> None:
    from django.db import transaction

    from benchmarks.tiny.models import TinyJob
    from jobs import lifecycle

    with transaction.atomic():
        for number in range(COUNT):
            lifecycle.start(TinyJob(group=groups[number % GROUPS]), actor="bench")


def _queue_tasks() -> None:
    from benchmarks.tiny.models import TinyRow
    from jobs import wires

    for row in TinyRow.objects.bulk_create([TinyRow() for _ in range(COUNT)]):
        wires.send("benchmarks.tiny.tasks.run_task", "long", str(row.pk))


def _ended_jobs() -> list[Any]:
    from benchmarks.tiny.models import TinyJob

    return list(TinyJob.objects.filter(status="completed").values_list("completed_at", flat=True))


def _ended_tasks() -> list[Any]:
    from benchmarks.tiny.models import TinyRow

    return list(TinyRow.objects.filter(done_at__isnull=False).values_list("done_at", flat=True))


def _clear() -> None:
    from benchmarks.tiny.models import TinyJob, TinyRow

    TinyJob.objects.all().delete()
    TinyRow.objects.all().delete()

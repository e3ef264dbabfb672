"""docs/faults.md: what was broken, when and where, and that it made no difference."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime

from config.processes import PROJECT
from tests.faults.running import Outcome, Struck
from tests.faults.workload import JOB, SCAN, SIGNALS

PAGE = PROJECT / "docs" / "faults.md"
TEXT = """# Faults

What partners are promised while everything breaks that can break: no job is lost, nothing is done twice, and nothing is
seen by half. `make faults` starts an installation of its own (PostgreSQL, Redis, web server, two workers of three
processes each, beat, and companies that answer over HTTP), has several account groups ask for compliance scans,
prospecting jobs and signal scans over REST, and breaks it while they are at work. A shorter form is part of `make
test`.

Made by `make faults` on {day}: {machine}.

## Runs

The same jobs in each run, and the same results as in the undisturbed one: violations with their evidence, scores,
deltas and histories; prospects with every field and where it came from; findings and signals; credits, audit log and
the transitions of every job, each of which ended exactly once. Readers that looked all the while saw of each scan
nothing or everything. Taken back: jobs that a worker lost or handed back. Asked again: requests that partners repeated,
with the same Idempotency-Key, because the connection broke or the answer was 503.

| run | jobs | taken back | asked again | seconds | results |
|---|---|---|---|---|---|
{runs}

## Faults

Each struck while a job of each kind was held amid writing its second batch; counted are all jobs that were being worked
on at that moment.

| run | fault | compliance scans | prospecting jobs | signal scans |
|---|---|---|---|---|
{faults}

## A full disk

Brought about by {disk}, while a scan was held amid its work. Compliance scans, which
store files, failed with `STORAGE_FULL`, without a violation or a file left; uploads were refused with 503 and that
code; prospecting jobs and signal scans went on. When there was space again, the same scans came to the results of the
undisturbed run.

## Cancels

A cancel came {races} times at the same moment as a claim, a heartbeat, progress, the end, a failure, a hand-back, the
reaper and another cancel: it won or lost, as its answer said, and nothing staged was left.
"""


@dataclass
class Record:
    """Runs by name, all with the results of the one named undisturbed; how the disk was filled."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    disk: str = ""


def write(record: Record, races: int) -> None:
    runs = [
        f"| {name} | {one.jobs} | {one.taken_back} | {one.asked_again} | {one.seconds:.0f} | as undisturbed |"
        for name, one in record.outcomes.items()
    ]
    faults = [_line(name, struck) for name, one in record.outcomes.items() for struck in one.struck]
    PAGE.write_text(
        TEXT.format(
            day=f"{datetime.now(UTC):%Y-%m-%d}",
            machine=f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
            runs="\n".join(runs), faults="\n".join(faults), disk=record.disk, races=f"{races:,}",
        )
    )  # fmt: skip


def _line(run: str, struck: Struck) -> str:
    counts = " | ".join(str(struck.jobs[kind]) for kind in (SCAN, JOB, SIGNALS))
    return f"| {run} | {struck.fault} | {counts} |"

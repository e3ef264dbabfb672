"""Growth: ten times the records, tables that hold years of others' rows, and letting go of what is over.

Takes about half an hour, most of it filling the tables; --scale 0.1 fills and uploads a tenth.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import datasets, goals, sizes
from benchmarks.goals import Goal
from benchmarks.memory import peak
from benchmarks.scans import spread
from benchmarks.system import System

TITLE = "Growth"
FEW, MANY, STORED = 1_000_000, 10_000_000, 200_000
SCANS, VIOLATIONS, FINDINGS = 80_000, 10_000_000, 5_000_000
OLD, RUNS = 2_000, 3
SLOWER, MEMORY = 1.3, 2.0  # times, GiB
POLL = 0.1  # seconds
GIB = 2**30


@dataclass(frozen=True)
class Whole:
    """Seconds of an upload and of its scan, and the most that the worker held until then."""

    records: int
    upload: float
    scan: float
    worker: int


def section(system: System, folder: Path) -> str:
    """The section of docs/benchmarks.md, measured now."""
    sizes_measured = [_whole(system, folder, sizes.scaled(records, 2_000)) for records in (FEW, MANY)]
    empty = [_stored(system, folder, seed) for seed in range(RUNS + 1)][1:]
    counted = _fill()
    full = [_stored(system, folder, seed) for seed in range(RUNS + 1)][1:]
    found = list(_goals(*sizes_measured, empty, full))
    picture = goals.drawn(found, "growth", "Growth: ratios and goals")
    return "\n".join([
        picture, "", "| goal | measured | asked | met |", "|---|---|---|---|",
        *(f"| {goal.name} | {goal.cells()} |" for goal in found), "",
        "`typical` through web server and worker: uploaded, mapped, scanned with the AML pack. Memory of the worker is",
        "the most that it and its children held since they started, pages shared between them counted for each.", "",
        "| records | upload, s | scan, s | microseconds a record, both | worker |", "|---|---|---|---|---|",
        *(
            f"| {sizes.told(each.records)} | {each.upload:.1f} | {each.scan:.1f} | "
            f"{(each.upload + each.scan) / each.records * 1e6:.1f} | {each.worker / GIB:.2f} GiB |"
            for each in sizes_measured
        ), "",
        f"Scan of {sizes.told(sizes.scaled(STORED, 2_000))} records of `dense`, about as many violations, beside",
        f"tables that hold nothing else: {spread(empty)} seconds; beside {counted}:",
        f"{spread(full)} seconds ({RUNS} runs each).", "",
        f"Retention over these tables, {sizes.scaled(OLD, 20):,} scans of each kind being over:", "",
        "| command | seconds | what it says |", "|---|---|---|", *_retention(),
    ])  # fmt: skip


def _whole(system: System, folder: Path, records: int) -> Whole:
    path = folder / "growth.csv"
    datasets.typical(path, records, 1)
    upload, scan = _scanned(system, path, records, "aml")
    path.unlink()
    return Whole(records, upload, scan, peak(system.worker.pid))


def _stored(system: System, folder: Path, seed: int) -> float:
    path, records = folder / "stored.csv", sizes.scaled(STORED, 2_000)
    datasets.dense(path, records, seed)
    return _scanned(system, path, records, "aml")[1]


def _scanned(system: System, path: Path, records: int, pack: str) -> tuple[float, float]:
    """Seconds of the upload, and of the scan by a policy of its own: nothing is carried over."""
    partner = system.partner
    policy = partner.policy_from_pack(pack)
    begun = time.perf_counter()
    upload = partner.upload(path)
    uploaded = time.perf_counter()
    scan = partner.scan(policy, upload["upload_id"], partner.confirm(upload), "Growth", lambda *_: None, poll=POLL)
    assert scan["status"] == "completed", scan["error"]
    assert scan["record_count"] == records
    return uploaded - begun, time.perf_counter() - uploaded


def _fill() -> str:
    """Other groups' rows, by the million; how many there are then."""
    from benchmarks.lists import prospecting_rows, seeding
    from compliance.models import Violation
    from jobs.models import JobEvent
    from scans.models import Finding

    each, findings = sizes.scaled(VIOLATIONS // 54_000, 2), sizes.scaled(FINDINGS // prospecting_rows.SIGNALS, 2)
    seeding.seed(SCANS, each, findings)
    rows = (Violation, Finding, JobEvent)
    return ", ".join(f"{model._default_manager.count():,} {model._meta.verbose_name_plural}" for model in rows)


def _goals(few: Whole, many: Whole, empty: list[float], full: list[float]) -> Iterator[Goal]:
    larger, smaller = sizes.told(many.records), sizes.told(few.records)
    for what in ("upload", "scan"):
        grown = getattr(many, what) / many.records / (getattr(few, what) / few.records)
        yield Goal(f"{what}: time a record, {larger} / {smaller}", grown, SLOWER, most=True)
    yield Goal(f"memory of the worker, {larger}, GiB", many.worker / GIB, MEMORY, most=True)
    yield Goal("scan: beside full tables / empty ones", median(full) / median(empty), SLOWER, most=True)


def _retention() -> Iterator[str]:
    """Each command as a dry run, for real, and once more when nothing is left."""
    _grow_old()
    for command in ("apply_retention", "forget_findings"):
        for options in (["--dry-run"], [], ["--dry-run"]):
            seconds, told = _called(command, options)
            yield f"| `{' '.join([command, *options])}` | {seconds:.1f} | {told} |"


def _grow_old() -> None:
    """Some scans with evidence become older than their groups want, and some signal scans older than any is kept."""
    from datetime import timedelta

    from django.conf import settings
    from django.db.models import F
    from django.db.models.functions import Now

    from compliance.models import ComplianceScan, GroupSettings
    from scans.models import SignalScan

    old = sizes.scaled(OLD, 20)
    GroupSettings.objects.update(finding_days=3_650)
    found = ComplianceScan.objects.filter(status="completed", violation_count__gt=0, findings="").order_by("created_at")
    ComplianceScan.objects.filter(pk__in=list(found.values_list("pk", flat=True)[:old])).update(
        findings="none", completed_at=F("completed_at") - timedelta(days=4_000)
    )  # fmt: skip
    newest = SignalScan.objects.order_by("pk").values_list("pk", flat=True)
    SignalScan.objects.filter(pk__in=list(newest[:old])).update(
        completed_at=Now() - timedelta(days=settings.SIGNAL_FINDING_DAYS + 1)
    )


def _called(command: str, options: list[str]) -> tuple[float, str]:
    """Seconds, and how much it says would go or went."""
    from django.core.management import call_command

    said = StringIO()
    begun = time.perf_counter()
    call_command(command, *options, "--json", stdout=said)
    seconds = time.perf_counter() - begun
    groups = json.loads(said.getvalue())["groups"]
    return seconds, _told(groups)


def _told(groups: list[dict[str, Any]]) -> str:
    if any("scans" in group for group in groups):
        scans = sum(len(group["scans"]) for group in groups)
        return f"{sum(group['findings'] for group in groups):,} findings of {scans:,} scans"
    return f"evidence of {sum(len(group['items']) for group in groups):,} scans"

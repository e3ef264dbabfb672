"""A whole scan (POST /api/scan/run until its status is completed, over HTTP, by a warm worker) beside the engine alone
on the same records in this process, alternating, and beside the documented "< 5 s for 50,000 records".
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import datasets
from benchmarks.system import System

RUNS = 9
POLL = 0.01  # seconds
TITLE = "Whole scans"


def section(system: System, folder: Path) -> str:
    """The section of docs/benchmarks.md, measured now."""
    rows = []
    for name, write, records in (
        ("typical, 50,000 records", datasets.typical, 50_000),
        ("dense, 50,000 records", datasets.dense, 50_000),
    ):
        path = folder / "records.csv"
        write(path, records, 1)
        rows.append((name, *alternating(*whole_and_engine(system.partner, path, folder))))
    return table(rows)


def whole_and_engine(partner: Any, path: Path, folder: Path) -> tuple[Callable[[], None], Callable[[], None]]:
    """Two actions that answer the same question: a scan through everything, and the engine alone."""
    from decimal import Decimal

    from compliance.engine.plan import compile_plan
    from compliance.engine.run import EngineSettings, run
    from compliance.packs.loader import load_pack
    from compliance.uploads.ingest import ingest

    policy, upload = partner.policy_from_pack("aml"), partner.upload(path)
    mapping = partner.confirm(upload)
    records = folder / "alone.parquet"
    found = ingest(path, target=records, rejects=folder / "alone.rejects", original_name=path.name)

    def whole() -> None:
        scan = partner.scan(policy, upload["upload_id"], mapping, "Benchmark", lambda *_: None, poll=POLL)
        assert scan["status"] == "completed", scan["error"]

    def engine() -> None:
        plan = compile_plan(
            load_pack("aml").rules, columns=found.profile.columns, mapping=found.profile.suggested_mapping,
            hours_per_step=Decimal(1), time_zone="UTC", created_at_us=0,
        )  # fmt: skip
        with tempfile.TemporaryDirectory() as scratch:
            run(plan, records=records, scratch=Path(scratch), settings=EngineSettings(2, "1GB", "5GB"))

    return whole, engine


def alternating(first: Callable[[], None], second: Callable[[], None]) -> tuple[list[float], list[float]]:
    """Seconds of RUNS runs of each, A B A B, after one of each that does not count."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for turn in range(RUNS + 1):
        for action, measured in zip((first, second), seconds, strict=True):
            begun = time.perf_counter()
            action()
            if turn:
                measured.append(time.perf_counter() - begun)
    return seconds


def table(rows: list[tuple[str, list[float], list[float]]]) -> str:
    lines = [
        f"Seconds; median (least to most) of {RUNS} runs, whole scan and engine alone in turn. A whole scan is POST",
        "/api/scan/run with the AML pack (11 rules) until GET /api/scan/{id} says completed: violations, score, delta",
        'and history stored. The page this API comes from promises "< 5 seconds" for 50,000 records.', "",
        "| data | whole scan | engine alone | ratio |", "|---|---|---|---|",
    ]  # fmt: skip
    for name, whole, engine in rows:
        ratio = statistics.median(whole) / statistics.median(engine)
        lines.append(f"| {name} | {spread(whole)} | {spread(engine)} | {ratio:.1f} |")
    return "\n".join(lines)


def spread(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f})"

"""Reading of an uploaded CSV beside DuckDB's own copy of it to Parquet, and the same through the web server."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks import datasets, goals, sizes
from benchmarks.contenders.measuring import THREADS
from benchmarks.goals import Goal
from benchmarks.memory import peak
from benchmarks.scans import spread
from benchmarks.system import System

TITLE = "Uploads"
RECORDS, LARGE = 1_000_000, 10_000_000
RUNS, FEWER = 5, 3
RATIO, FLAT = 2, 1.3
MIB = 2**20
Runs = Sequence[dict[str, float]]


def section(system: System, folder: Path) -> str:
    """The section of docs/benchmarks.md, measured now; 10 million records only with --large."""
    read = {RECORDS: _measured(folder, RECORDS, RUNS)}
    posted = [_posted(system, folder, seed) for seed in range(2, 2 + FEWER)]
    web, worker = peak(system.web.pid), peak(system.worker.pid)
    if sizes.is_large():
        read[LARGE] = _measured(folder, LARGE, 1)
    found = list(_goals(read))
    picture = goals.drawn(found, "uploads", f"Uploads of {sizes.told(sizes.scaled(RECORDS))} records: ratios and goals")
    return "\n".join([
        "`typical` as CSV. Scanward: sniffed, all columns typed and profiled, rejects set aside, text and readings",
        "written as Parquet. DuckDB: its own COPY of the same file to Parquet. Each a process, in turn, its clock",
        f"started after imports, on {THREADS} threads where it uses several; median (least to most) of {RUNS} runs,",
        "one of 10 M.", "",
        picture, "", "| records | reader | seconds | CPU seconds | peak memory |", "|---|---|---|---|---|",
        *(line for records, both in read.items() for line in _lines(records, both)), "",
        "| goal | measured | asked | met |", "|---|---|---|---|",
        *(f"| {goal.name} | {goal.cells()} |" for goal in found), "",
        f"Through the web server, from POST until the upload is ready: {spread(posted)} seconds of {FEWER} different",
        f"files of {sizes.told(sizes.scaled(RECORDS))} records; the web server held at most {web / MIB:,.0f} MiB, the"
        f" worker {worker / MIB:,.0f} MiB.",
    ])  # fmt: skip


def _measured(folder: Path, records: int, runs: int) -> dict[str, Runs]:
    csv = _csv(folder, records, 1)
    found: dict[str, list[dict[str, float]]] = {"ours": [], "duckdb": []}
    for _ in range(runs):
        for reader, of_one in found.items():
            command = [sys.executable, "-m", "benchmarks.contenders.reading", reader, csv]
            of_one.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    assert {run["rows"] for of_one in found.values() for run in of_one} == {sizes.scaled(records, 2_000)}
    return dict(found)


def _csv(folder: Path, records: int, seed: int) -> Path:
    path = folder / f"{records}-{seed}.csv"
    datasets.typical(path, sizes.scaled(records, 2_000), seed)
    return path


def _posted(system: System, folder: Path, seed: int) -> float:
    """Seconds until the web server and the worker have an upload ready that nobody sent before."""
    csv = _csv(folder, RECORDS, seed)
    begun = time.perf_counter()
    upload = system.partner.upload(csv)
    seconds = time.perf_counter() - begun
    assert upload["row_count"] == sizes.scaled(RECORDS, 2_000)
    csv.unlink()
    return seconds


def _lines(records: int, both: dict[str, Runs]) -> list[str]:
    names = {"ours": "Scanward", "duckdb": "DuckDB's copy"}
    many = sizes.told(sizes.scaled(records, 2_000))
    return [
        f"| {many} | {names[reader]} | {spread([run['seconds'] for run in runs])} | "
        f"{_of(runs, 'cpu'):.2f} | {_of(runs, 'memory') / MIB:,.0f} MiB |"
        for reader, runs in both.items()
    ]


def _goals(read: dict[int, dict[str, Runs]]) -> list[Goal]:
    both = read[RECORDS]
    found = [
        Goal("time / DuckDB's copy", _of(both["ours"], "seconds") / _of(both["duckdb"], "seconds"), RATIO, most=True)
    ]
    if LARGE in read:
        grown = _of(read[LARGE]["ours"], "memory") / _of(both["ours"], "memory")
        found.append(Goal("memory at 10 M / at 1 M", grown, FLAT, most=True))
    return found


def _of(runs: Runs, what: str) -> float:
    return median(run[what] for run in runs)

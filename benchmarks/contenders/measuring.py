"""What each contender ends with: the clock, its memory, and a digest of its answer that must equal everybody's."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

from benchmarks.memory import own_peak

THREADS = 2
Answer = TypeVar("Answer")
Findings = Iterable[tuple[str, Iterable[int]]]
"""(rule id, rows of its records) of each finding."""


class Task(NamedTuple):
    questions: str
    csv: Path
    parquet: Path


class Moment(NamedTuple):
    seconds: float
    cpu: float


def now() -> Moment:
    """What the clocks show: time, and CPU time of this process."""
    return Moment(time.perf_counter(), time.process_time())


def measured(
    work: Callable[[Task], Answer], findings: Callable[[Answer], Findings], known: Callable[[], Moment] | None = None
) -> None:
    """Runs `work` on the clock and prints {seconds, cpu, memory (bytes, at most), findings, digest} as JSON.

    Imports are made before. `findings` reads the answer that `work` gave whole, off the clock. `known` says when all
    rows were known, where that is before all is written: {known, known_cpu}.
    """
    questions, csv, parquet = sys.argv[1:]
    begun = now()
    answer = work(Task(questions, Path(csv), Path(parquet)))
    ended = now()
    took = {"seconds": ended.seconds - begun.seconds, "cpu": ended.cpu - begun.cpu, "memory": float(own_peak())}
    if known:
        took |= {"known": known().seconds - begun.seconds, "known_cpu": known().cpu - begun.cpu}
    lines = sorted({f"{rule} {' '.join(map(str, sorted(rows)))}" for rule, rows in findings(answer)})
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    sys.stdout.write(json.dumps({**took, "findings": len(lines), "digest": digest}))

"""The compliance engine beside the same questions put to others: thirteen rules, the record rules of them, the pack.

Each run is a process of its own on two threads (benchmarks.contenders); its clock starts when its imports are done and
stops when its whole answer stands. All answers to a question must be the same to the row, or the benchmark fails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import environments, goals, ledgers, sizes
from benchmarks.contenders.measuring import THREADS
from benchmarks.goals import Goal
from benchmarks.scans import spread

TITLE = "The engine"
SIZES, LARGE, TOLD = (50_000, 1_000_000), 10_000_000, 1_000_000
MIB = 2**20
ENGINE, DUCKDB, LOOP, GREAT = "ours", "duckdb_sql", "python_loop", "great_expectations_rows"
NAMES = {
    DUCKDB: "DuckDB, by hand", "polars_frames": "Polars, by hand", LOOP: "Python loop over the CSV",
    "pandera_rows": "Pandera (polars)", "pointblank_rows": "Pointblank", "soda_rows": "Soda",
    GREAT: "Great Expectations",
}  # fmt: skip
PEERS = {
    "polars_frames": "polars", "pandera_rows": "pandera", "pointblank_rows": "pointblank", "soda_rows": "soda",
    GREAT: "great-expectations",
}  # fmt: skip
"""Contenders with an environment of their own, and its requirements."""
LIBRARIES = ("pandera_rows", "pointblank_rows", "soda_rows", GREAT)
SLOW = (LOOP, "soda_rows", GREAT)
BY_HAND = (DUCKDB, "polars_frames")
QUESTIONS = {
    "all": ("thirteen rules", (ENGINE, DUCKDB, "polars_frames", LOOP)),
    "aml": ("the AML pack", (ENGINE, DUCKDB)),
    "records": ("the seven record rules", (ENGINE, DUCKDB, "polars_frames", *LIBRARIES)),
}
HAND, FASTER, FAR_FASTER, LOOPS = 1.3, 1, 15, 10
"""Times of the engine by DuckDB's; of the others by the engine's: any library, Great Expectations, the loop."""


@dataclass(frozen=True)
class Measured:
    """Runs of one contender on one question at one size."""

    contender: str
    runs: Sequence[Mapping[str, float]]

    def median(self, what: str) -> float:
        return median(run[what] for run in self.runs)


def section(folder: Path) -> str:
    """The section of docs/benchmarks.md, measured now; 10 million records only with --large."""
    pythons = {name: environments.environment(peer, folder) for name, peer in PEERS.items()}
    pythons |= dict.fromkeys((ENGINE, DUCKDB, LOOP), Path(sys.executable))
    tables, told = [], list[Goal]()
    for records in (*SIZES, *((LARGE,) if sizes.is_large() else ())):
        made = sizes.scaled(records, 2_000)
        data = _data(folder, made)
        for question, (title, contenders) in QUESTIONS.items():
            asked = [name for name in contenders if records < LARGE or name not in LIBRARIES]
            measured = _in_turn(question, {name: pythons[name] for name in asked}, data, records)
            lines, found = _table(question, measured, records)
            tables += ["", f"{sizes.told(made)} records, {title}:", "", *lines]
            told += found if records == TOLD else []
    picture = goals.drawn(told, "engine", f"The engine at {sizes.told(sizes.scaled(TOLD))} records: ratios and goals")
    return "\n".join([*_head(), "", picture, *tables])


def _head() -> list[str]:
    peers = ", ".join(environments.version(name) for name in dict.fromkeys(PEERS.values()))
    return [
        "Thirteen rules (seven of single records, a sum of 24 h, a count of 7 days, a count of one hour, 90 days of",
        "dormancy, money passed on within 24 h, records sent twice), those seven that validation libraries can",
        "express, and the AML pack, over `typical` with some records sent thrice and some answered by who got them.",
        f"Each run is a process on {THREADS} threads, in turn; median (least to most) of 5 runs, 3 of the slow",
        "ones and of 10 M. The clock runs from the end of the imports until the whole answer stands: every finding",
        "with its rows. Each contender's answer had the same digest. All read the Parquet of the upload, only the loop",
        "reads the CSV.",
        "Scanward's whole run gives keys, hashes, violations with samples and the evidence of each as well, which",
        "nobody else does: hence two ratios, of its whole run and of the time until the rows of all findings are",
        "known. Those written by hand: Scanward's time by theirs; the others: theirs by Scanward's.",
        f"{peers}; the others as Scanward has them.",
    ]


def _data(folder: Path, records: int) -> Path:
    """The Parquet of an upload of so many records, beside its CSV and its profile."""
    from compliance.uploads.ingest import ingest

    csv = folder / f"{records}.csv"
    ledgers.ledger(csv, records, 1)
    parquet = csv.with_suffix(".parquet")
    found = ingest(csv, target=parquet, rejects=csv.with_suffix(".rejects"), original_name=csv.name)
    csv.with_suffix(".profile").write_text(json.dumps(found.profile.to_dict()))
    return parquet


def _in_turn(question: str, pythons: Mapping[str, Path], data: Path, records: int) -> list[Measured]:
    """Runs of each, A B A B; raises where an answer is not that of the engine."""
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in pythons}
    for turn in range(5):
        for name, python in pythons.items():
            if turn < _runs(name, records):
                runs[name].append(_run(name, python, question, data))
    answers = {name: {run["digest"] for run in of_one} for name, of_one in runs.items()}
    if any(answer != answers[ENGINE] or len(answer) > 1 for answer in answers.values()):
        raise AssertionError(f"the answers to {question!r} differ: {answers}")
    return [Measured(name, of_one) for name, of_one in runs.items()]


def _runs(name: str, records: int) -> int:
    if records >= LARGE:
        return 1 if name == LOOP else 3
    return 3 if name in SLOW else 5


def _run(name: str, python: Path, question: str, data: Path) -> dict[str, float]:
    command = [python, "-m", f"benchmarks.contenders.{name}", question, data.with_suffix(".csv"), data]
    environment = {**os.environ, "POLARS_MAX_THREADS": str(THREADS), "OMP_NUM_THREADS": str(THREADS)}
    said = subprocess.run(command, env=environment, cwd=environments.PROJECT, capture_output=True, text=True)
    if said.returncode:
        raise RuntimeError(f"{name} failed: {said.stderr[-2_000:]}")
    return dict(json.loads(said.stdout.splitlines()[-1]))


def _table(question: str, measured: Sequence[Measured], records: int) -> tuple[list[str], list[Goal]]:
    """Its lines, and the goals among them."""
    engine = next(each for each in measured if each.contender == ENGINE)
    lines = [
        f"{int(engine.median('findings')):,} findings.", "",
        "| answered by | seconds | CPU seconds | peak memory | ratio, whole run | ratio, findings | goal | met |",
        "|---|---|---|---|---|---|---|---|",
        _line("Scanward, whole run", engine, "seconds", "cpu", "- | - | - | -"),
        _line("Scanward, until all findings are known", engine, "known", "known_cpu", "- | - | - | -"),
    ]  # fmt: skip
    goals_met: list[Goal] = []
    for each in measured:
        if each is engine:
            continue
        whole, findings = (_goal(question, each, engine, records, what) for what in ("seconds", "known"))
        lines.append(_line(NAMES[each.contender], each, "seconds", "cpu", _compared(whole, findings)))
        goals_met += [goal for goal in (whole, findings) if goal.bound]
    return lines, goals_met


def _line(name: str, each: Measured, seconds: str, cpu: str, rest: str) -> str:
    took = spread([run[seconds] for run in each.runs])
    return f"| {name} | {took} | {each.median(cpu):.2f} | {each.median('memory') / MIB:,.0f} MiB | {rest} |"


def _compared(whole: Goal, findings: Goal) -> str:
    both = f"{whole.ratio:.2f} | {findings.ratio:.2f}"
    if not whole.bound:
        return f"{both} | - | -"
    met = [("yes" if goal.is_met else "no") for goal in (whole, findings)]
    return f"{both} | {'<=' if whole.most else '>='} {whole.bound:g} | {' / '.join(met)}"


def _goal(question: str, each: Measured, engine: Measured, records: int, what: str) -> Goal:
    """Of the engine's time by that of one written by hand, or of another's by the engine's; bound 0: none is set."""
    times = each.median("seconds") / engine.median(what)
    name = f"{QUESTIONS[question][0]}, {'whole run' if what == 'seconds' else 'findings'}: {NAMES[each.contender]}"
    if each.contender in BY_HAND:
        return Goal(name, 1 / times, HAND if each.contender == DUCKDB and question != "records" else 0, most=True)
    if each.contender in LIBRARIES:
        return Goal(name, times, FAR_FASTER if each.contender == GREAT and records == TOLD else FASTER)
    return Goal(name, times, LOOPS if records == TOLD else 0)

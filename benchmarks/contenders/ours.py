"""The engine, from the compilation of its rules to findings, violations, samples, evidence and digest."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.contenders.measuring import THREADS, Moment, Task, measured, now
from benchmarks.contenders.questions import ALL, RECORDS
from compliance.engine.plan import compile_plan
from compliance.engine.rules import Rule, parse_rules
from compliance.engine.run import EngineSettings, run
from compliance.packs.loader import load_pack
from compliance.uploads.profile import Profile

SETTINGS = EngineSettings(THREADS, "2GB", "50GB")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="scanward-bench-") as scratch:
        stages: list[Moment] = []
        measured(lambda task: _run(task, Path(scratch), stages), _findings, lambda: stages[-1])


def _run(task: Task, scratch: Path, stages: list[Moment]) -> Path:
    """The profile lies beside the Parquet, as the upload made it."""
    profile = Profile.from_dict(json.loads(task.parquet.with_suffix(".profile").read_text()))
    plan = compile_plan(
        _rules(task.questions), columns=profile.columns, mapping=profile.suggested_mapping,
        hours_per_step=Decimal(1), time_zone="UTC", created_at_us=0,
    )  # fmt: skip
    ended = lambda _: stages.append(now())  # noqa: E731
    return run(plan, records=task.parquet, scratch=scratch, settings=SETTINGS, on_stage=ended).findings


def _rules(questions: str) -> tuple[Rule, ...]:
    if questions == "aml":
        return load_pack("aml").rules
    return parse_rules(list(RECORDS if questions == "records" else ALL))


def _findings(file: Path) -> Iterator[tuple[str, list[int]]]:
    for batch in pq.ParquetFile(file).iter_batches(columns=["rule_id", "rows"]):
        yield from zip(batch.column("rule_id").to_pylist(), batch.column("rows").to_pylist(), strict=True)


if __name__ == "__main__":
    main()

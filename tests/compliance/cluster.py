"""Runs plans on a Spark Connect server, as the worker does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from compliance.engine import spark
from compliance.engine.outcome import Outcome
from compliance.engine.plan import Plan
from compliance.engine.run import EngineSettings, StageDone, run_on
from tests.compliance.agreement import Backend, Lists

SETTINGS = EngineSettings(threads=1, memory_limit="500MB", temp_limit="1GB")


def session(url: str, records: Sequence[Path], scratch: Path) -> spark.Session:
    """On files of this machine, which the server sees as well."""
    addresses = [path.resolve().as_uri() for path in records]
    return spark.Session(spark.Cluster(url, (scratch.resolve() / "work").as_uri()), addresses, scratch, SETTINGS)


def on(url: str, on_stage: Callable[[StageDone], None] | None = None) -> Backend:
    """The backend of tests.compliance.agreement that the server at `url` is."""

    def judge(plan: Plan, records: list[Path], scratch: Path, lists: Lists) -> Outcome:
        with session(url, records, scratch) as opened:
            return run_on(opened, plan, scratch=scratch, on_stage=on_stage, lists=lists)

    return judge

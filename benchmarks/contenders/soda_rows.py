"""The seven record rules as "failed rows" checks of Soda on a DuckDB of its own, with a sampler that takes all rows."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
from soda.sampler.sample_context import SampleContext
from soda.sampler.sampler import Sampler
from soda.scan import Scan

from benchmarks.contenders.duckdb_rules import NEEDED, RECORDS
from benchmarks.contenders.measuring import THREADS, Task, measured

CHECKS = """
checks for needed:
{}"""
CHECK = """
  - failed rows:
      name: {}
      samples limit: 100000000
      fail query: SELECT row FROM needed WHERE {}
"""


class _Everything(Sampler):  # type: ignore[misc]
    def __init__(self) -> None:
        self.rows: dict[str, list[int]] = {}

    def store_sample(self, sample_context: SampleContext) -> None:
        self.rows[sample_context.check_name] = [row for (row,) in sample_context.sample.get_rows()]


def _answer(task: Task) -> dict[str, list[int]]:
    db = duckdb.connect(config={"threads": THREADS})
    db.execute(f"CREATE VIEW needed AS {NEEDED.replace('$records', repr(str(task.parquet)))}")
    scan, everything = Scan(), _Everything()
    scan.sampler = everything
    scan.add_duckdb_connection(db, data_source_name="records")
    scan.set_data_source_name("records")
    scan.disable_telemetry()
    scan.add_sodacl_yaml_str(CHECKS.format("".join(CHECK.format(name, test) for name, test in RECORDS.items())))
    scan.execute()
    scan.assert_no_error_logs()
    return everything.rows


def _findings(found: dict[str, list[int]]) -> Iterator[tuple[str, list[int]]]:
    yield from ((rule, [row]) for rule, rows in found.items() for row in rows)


if __name__ == "__main__":
    measured(_answer, _findings)

"""The seven record rules as checks of a Pandera schema on a Polars frame, with every failure case (lazy)."""

from __future__ import annotations

from collections.abc import Iterator

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from benchmarks.contenders.measuring import Task, measured
from benchmarks.contenders.polars_frames import RECORDS, needed


def _check(name: str, test: pl.Expr) -> pa.Check:
    return pa.Check(lambda data: data.lazyframe.select(~test), name=name)


SCHEMA = pa.DataFrameSchema(checks=[_check(name, test) for name, test in RECORDS.items()])


def _answer(task: Task) -> pl.DataFrame:
    frame = needed(task).collect()
    try:
        SCHEMA.validate(frame, lazy=True)
    except SchemaErrors as failed:
        cases = failed.failure_cases.select("check", "index")
        return cases.with_columns(frame["row"].gather(cases["index"]).alias("row"))
    raise AssertionError("every ledger breaks some rule")


def _findings(cases: pl.DataFrame) -> Iterator[tuple[str, list[int]]]:
    yield from ((rule, [row]) for rule, row in cases.select("check", "row").iter_rows())


if __name__ == "__main__":
    measured(_answer, _findings)

"""Reference lists, and what patterns match, as tables: values go in as Parquet, never as SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from compliance.engine import sql
from compliance.engine.inputs import ListTable
from compliance.engine.patterns import matching
from compliance.engine.plan import Plan
from compliance.engine.session import Session
from compliance.engine.sql import Tree

TEXTS = pa.schema([("value", pa.string())])


def load_lists(plan: Plan, session: Session, scratch: Path, values: Mapping[str, Sequence[str]]) -> None:
    """Creates the tables that the plan's conditions look values up in. KeyError when a list was promised to
    `compile_plan` and has not come."""
    for number, name in enumerate(sorted({table.name for table in plan.list_tables})):
        path, view = scratch / f"list{number}.parquet", f"values{number}"
        pq.write_table(pa.table([pa.array(values[name], pa.string())], schema=TEXTS), path)
        session.view(path, view)
        for table in plan.list_tables:
            if table.name == name:
                session.create(table.table, list_query(view, table))


def load_patterns(plan: Plan, session: Session, scratch: Path) -> None:
    """Creates the tables of the values that patterns match, judged by RE2: for an engine that does not speak it."""
    for table, values in plan.patterns:
        path = scratch / f"{table.table}.parquet"
        with pq.ParquetWriter(path, TEXTS) as writer:
            for found in matching(session.column(values), table.pattern):
                writer.write_table(pa.table([found], schema=TEXTS))
        session.view(path, table.table)


def list_query(view: str, table: ListTable) -> exp.Select:
    """Each value once, after folding: looking one up must not double a record."""
    value: Tree = sql.col("value")
    if table.fold:
        value = exp.Upper(this=value) if table.fold == "upper" else exp.Lower(this=value)
    folded = sql.query([sql.named(value, "value")], view)
    return sql.query(["value"], folded, group=["value"])

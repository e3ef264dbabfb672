"""What every stage yields: one row for each record that proves a finding."""

from __future__ import annotations

from sqlglot import exp

from compliance.engine import sql
from compliance.engine.sql import COUNT, VALUE, Tree

EVIDENCE = {
    "rule": "INT",
    "lead": COUNT,
    "row": COUNT,
    "account": sql.TEXT,
    "made": sql.FLAG,
    "value": VALUE,
    "t": COUNT,
    "amount": sql.NUMBER,
}
"""Column -> type. `rule`: index in the plan. `lead`: smallest row of the finding, which names it within its
rule (a record proves at most one finding of a rule); NULL where every record is a finding of its own."""


def evidence(
    index: int,
    *,
    lead: Tree | None,
    value: Tree,
    table: str | None = None,
    account: Tree | None = None,
    made: Tree | None = None,
) -> list[Tree]:
    """The columns of an evidence query; `table` qualifies those of the record."""
    return [
        sql.named(sql.cast(exp.Literal.number(str(index)), EVIDENCE["rule"]), "rule"),
        sql.named(sql.null(COUNT) if lead is None else lead, "lead"),
        sql.col("row", table),
        sql.named(account or sql.col("account", table), "account"),
        sql.named(made or sql.col("made", table), "made"),
        sql.named(sql.cast(value, VALUE), "value"),
        sql.col("t", table),
        sql.col("amount", table),
    ]

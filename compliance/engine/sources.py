"""The uploads whose records a plan reads: the scanned one, and earlier ones for windows and history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from compliance.columns import Column
from compliance.engine import sql
from compliance.engine.fields import Binding
from compliance.engine.sql import COUNT, Tree

SPAN = 2**40
"""Rows of the n-th context upload (from 1) are numbered from n x SPAN on; those of the scanned one from 1."""


@dataclass(frozen=True)
class ContextUpload:
    """An earlier upload whose records enter windows and history."""

    upload_id: str
    columns: Sequence[Column]


@dataclass(frozen=True)
class Source:
    """One upload of a plan. `number` 0 is the scanned one; `table` is the view of its records."""

    number: int
    table: str
    binding: Binding
    upload_id: str = ""

    def row(self) -> Tree:
        """The record's row, numbered apart from other uploads'."""
        row = sql.col("row", self.table)
        return row if not self.number else sql.add(sql.cast(row, COUNT), sql.whole(self.number * SPAN))

    def has_row(self, row: Tree) -> Tree:
        """Whether a row is one of this upload's."""
        low, high = self.number * SPAN, (self.number + 1) * SPAN - 1
        return exp.Between(this=row, low=sql.whole(low), high=sql.whole(high))

    def own_row(self, row: Tree) -> Tree:
        """The row as the upload itself counts it."""
        return row if not self.number else sql.sub(row, sql.whole(self.number * SPAN))


def locate(row: int) -> tuple[int, int]:
    """(number of the source, row in it) of a row as findings have it."""
    return divmod(row, SPAN)


def is_scanned(row: Tree) -> Tree:
    return exp.LT(this=row, expression=sql.whole(SPAN))


def table_of(number: int) -> str:
    return f"context{number}" if number else "records"

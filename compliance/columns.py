"""What is known about each column of an upload; written by uploads/, read by engine/."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class ColumnType(StrEnum):
    """What most of a column's values are: decides how two fields are compared with each other."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    BOOLEAN = "boolean"
    EMPTY = "empty"


class Zoned(StrEnum):
    """Whether the times of a column carry a zone; those that do not are in the policy's time zone."""

    ALL = "all"
    NONE = "none"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an upload.

    `stored` is its name in records.parquet ("c0"); the typed readings stand beside it as "c0_n" (number),
    "c0_t" (microseconds), "c0_b" (boolean), each present only when the matching count below is above zero.
    `padded` is False when no value has blanks around it; True when one has, or where nobody looked.
    `places`: every value is a number written with so many decimal places and nothing else, so that the number gives
    the text back exactly: then "c0" itself is not stored. None: it is.
    `alternatives` are the other readings of an ambiguous column, each stored under a name of its own ("c0a").
    `nulls`, `distinct`, `numbers`, `times`, `booleans` count records; `min` and `max` are text, by `type`.
    """

    name: str
    stored: str
    type: ColumnType
    nulls: int
    distinct: int
    min: str | None
    max: str | None
    numbers: int = 0
    times: int = 0
    booleans: int = 0
    decimal_mark: str | None = None
    day_first: bool | None = None
    ambiguous: bool = False
    zoned: Zoned | None = None
    derived_from: tuple[str, ...] = ()
    alternatives: tuple[Column, ...] = ()
    padded: bool = True
    places: int | None = None

    @property
    def origin(self) -> str:
        """The stored name of what its text is read from."""
        return self.stored if self.places is None else f"{self.stored}_n"

    def read_as(self, *, decimal_mark: str | None = None, day_first: bool | None = None) -> Column | None:
        """The column read with this mark and day order (None: as it was decided); None if it never is.

        A column whose values have no mark, or no order, reads alike with either.
        """

        def fits(column: Column) -> bool:
            mark = self.decimal_mark if decimal_mark is None else decimal_mark
            order = self.day_first if day_first is None else day_first
            return column.decimal_mark in (mark, None) and column.day_first in (order, None)

        chosen = next((column for column in (self, *self.alternatives) if fits(column)), None)
        return None if chosen is None else replace(chosen, ambiguous=False, alternatives=())


def read_alike(columns: Iterable[Column], leaders: Iterable[Column]) -> tuple[Column, ...]:
    """The columns, each ambiguous one read as the leader of its name is where it can be.

    What came before is of the same origin as what is scanned: one day order, one decimal mark.
    """
    by_name = {leader.name: leader for leader in leaders}

    def read(column: Column) -> Column:
        leader = by_name.get(column.name) if column.ambiguous else None
        if leader is None:
            return column
        return column.read_as(decimal_mark=leader.decimal_mark, day_first=leader.day_first) or column

    return tuple(map(read, columns))

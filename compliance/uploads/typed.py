"""The columns of one upload: SQL for their readings, and records.parquet written from them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from compliance.columns import Column, ColumnType, Zoned
from compliance.uploads.readings import literal
from compliance.uploads.shapes import Derived
from compliance.uploads.shown import number_text, time_text

# Amounts and names differ from record to record: to build dictionaries of them takes a quarter of the time, in vain.
_FORMAT = "FORMAT parquet, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1000"


@dataclass(slots=True)
class Draft:
    """A column while it is being decided; counts are of records, `source` its text in SQL, `text` the
    same trimmed; `exact`: the file itself holds its values as numbers. `places` as Column has it, once decided.
    `values`: a table of its distinct values and how often each stands there (n), where there are few."""

    name: str
    stored: str
    source: str
    text: str
    derived_from: tuple[str, ...] = ()
    exact: bool = False
    padded: bool = True
    filled: int = 0
    distinct: int = 0
    simple: int = 0
    numbers: int = 0
    times: int = 0
    booleans: int = 0
    places: int | None = None
    values: str | None = None
    zones: int = 0
    epoch: bool = False
    decimal_mark: str | None = None
    day_first: bool | None = None
    doubtful_mark: bool = False
    doubtful_order: bool = False
    low: str | None = None
    high: str | None = None

    @property
    def ambiguous(self) -> bool:
        return self.doubtful_mark or self.doubtful_order

    def alternatives(self) -> list[Draft]:
        """The other readings of an ambiguous column, each stored under a name of its own."""
        marks = (".", ",") if self.doubtful_mark else (self.decimal_mark,)
        orders = (False, True) if self.doubtful_order else (self.day_first,)
        others = list(itertools.product(marks, orders))[1:]
        return [
            replace(self, stored=f"{self.stored}{letter}", decimal_mark=mark, day_first=order)
            for letter, (mark, order) in zip("abc", others, strict=False)
        ]

    def count(self, expression: str) -> str:
        """SQL for the number of records in which it is not missing."""
        known = f"sum(CASE WHEN ({expression}) IS NOT NULL THEN n END)"
        return f"coalesce({known}, 0)" if self.values else f"count({expression})"

    def count_if(self, condition: str) -> str:
        """SQL for the number of records in which it holds."""
        return self.count(f"CASE WHEN {condition} THEN 1 END")

    @property
    def number(self) -> str:
        """SQL for its number."""
        if self.simple == self.filled and self.decimal_mark != ",":
            return f"CAST({self.text} AS DECIMAL(18, 4))"
        return f"number_{'comma' if self.decimal_mark == ',' else 'point'}({self.text})"

    @property
    def placed(self) -> str:
        """SQL for its number with `places`, where it has no more than 14 digits before the point."""
        places = self.places or 0
        return f"TRY_CAST({self.stored} AS DECIMAL({14 + places}, {places}))"

    @property
    def given_back(self) -> str:
        """SQL for the text that its number gives back; see sql.text_of."""
        return f"CAST({self.placed} AS VARCHAR)"

    @property
    def time(self) -> str:
        """SQL for its instant, in microseconds."""
        if self.epoch:
            return f"epoch_time({self.text})"
        return f"time_us({self.text}, {'true' if self.day_first else 'false'})"

    @property
    def type(self) -> ColumnType:
        """What more than half of its values are; see ColumnType."""
        if not self.filled:
            return ColumnType.EMPTY
        readings = {
            ColumnType.NUMBER: self.numbers,
            ColumnType.TIME: self.times,
            ColumnType.BOOLEAN: self.booleans,
        }
        return next((kind for kind, count in readings.items() if 2 * count > self.filled), ColumnType.TEXT)

    @property
    def zoned(self) -> Zoned | None:
        """Whether its times carry zones; epoch seconds are instants by themselves."""
        if not self.times:
            return None
        if self.epoch or self.zones == self.times:
            return Zoned.ALL
        return Zoned.MIXED if self.zones else Zoned.NONE


def drafts(
    names: Sequence[str], derived: Sequence[Derived], padded: Set[str], exact: Set[str] = frozenset()
) -> list[Draft]:
    """One draft for each column of the file and each derived one, in stored order.

    `padded` holds the stored names (c0..) of columns whose values have blanks around them, `exact` of those whose
    values are numbers in the file.
    """
    own = [
        Draft(
            name, stored, stored, f"trimmed({stored})" if stored in padded else stored, exact=stored in exact,
            padded=stored in padded,
        )
        for name, stored in ((name, f"c{i}") for i, name in enumerate(names))
    ]  # fmt: skip
    parts = {draft.name: draft.text for draft in own}
    made = [
        Draft(each.name, f"c{i}", joined, f"c{i}", derived_from=each.parts)
        for i, each in enumerate(derived, len(names))
        for joined in [f" || {literal(each.joined_by)} || ".join(parts[part] for part in each.parts)]
    ]
    return own + made


def records(columns: Sequence[Draft], *, limit: int | None = None) -> str:
    """SQL for the records with these columns only, from the relation `raw` (row, c0.. of the file)."""
    selected = ", ".join(f"{draft.source} AS {draft.stored}" for draft in columns)
    return f"(SELECT row, {selected} FROM raw{f' LIMIT {limit}' if limit else ''})"  # noqa: S608


def write_records(db: duckdb.DuckDBPyConnection, columns: Sequence[Draft], target: Path) -> None:
    """records.parquet: row, raw text and the typed readings of every column, in row order."""
    selected = ["row"]
    for draft in columns:
        selected += _readings(draft, draft)
        for other in draft.alternatives():
            selected += _readings(other, draft)
    query = f"SELECT {', '.join(selected)} FROM {records(columns)}"  # noqa: S608 own names only
    db.execute(f"COPY ({query}) TO {literal(str(target))} ({_FORMAT})")


def _readings(draft: Draft, read: Draft) -> Iterator[str]:
    """SQL for the text of the column `read`, unless its number says it; its readings; under the names of `draft`."""
    if draft.places is None:
        yield read.stored if draft is read else f"{read.stored} AS {draft.stored}"
    if draft.numbers:
        yield f"{draft.number} AS {draft.stored}_n"
    if draft.times:
        yield f"{draft.time} AS {draft.stored}_t"
    if draft.zoned is Zoned.MIXED:
        yield f"CASE WHEN {draft.time} IS NOT NULL THEN has_zone({draft.text}) END AS {draft.stored}_z"
    if draft.booleans:
        yield f"boolean_of({draft.text}) AS {draft.stored}_b"


def finished(columns: Sequence[Draft], target: Path, total: int) -> tuple[Column, ...]:
    """The columns as the profile shows them; smallest and largest come from the Parquet file's statistics."""
    found = _statistics(target)
    return tuple(_column(draft, found, total) for draft in columns)


def _column(draft: Draft, found: dict[str, _Typed], total: int, *, other: bool = False) -> Column:
    if other:  # the same texts, but not all of them need fit both ways
        draft.numbers = min(draft.numbers, found[f"{draft.stored}_n"].filled) if draft.numbers else 0
        draft.times = min(draft.times, found[f"{draft.stored}_t"].filled) if draft.times else 0
    low, high = _shown_bounds(draft, found)
    return Column(
        name=draft.name,
        stored=draft.stored,
        type=draft.type,
        nulls=total - draft.filled,
        distinct=draft.distinct,
        min=low,
        max=high,
        numbers=draft.numbers,
        times=draft.times,
        booleans=draft.booleans,
        decimal_mark=draft.decimal_mark,
        day_first=draft.day_first,
        ambiguous=draft.ambiguous and not other,
        zoned=draft.zoned,
        derived_from=draft.derived_from,
        padded=draft.padded,
        places=draft.places,
        alternatives=() if other else tuple(_column(each, found, total, other=True) for each in draft.alternatives()),
    )


def _shown_bounds(draft: Draft, found: dict[str, _Typed]) -> tuple[str | None, str | None]:
    match draft.type:
        case ColumnType.NUMBER:
            low, high = found[f"{draft.stored}_n"].bounds
            return number_text(low), number_text(high)
        case ColumnType.TIME:
            low, high = found[f"{draft.stored}_t"].bounds
            zoned = draft.zoned is Zoned.ALL
            return time_text(low, zoned=zoned), time_text(high, zoned=zoned)
        case ColumnType.BOOLEAN:
            low, high = found[f"{draft.stored}_b"].bounds
            return str(low).lower(), str(high).lower()
        case ColumnType.TEXT | ColumnType.EMPTY:
            return draft.low, draft.high


@dataclass(slots=True)
class _Typed:
    """How many records have a value of a typed column; the smallest and the largest."""

    filled: int
    bounds: tuple[Any, Any]


def _statistics(target: Path) -> dict[str, _Typed]:
    """What a Parquet file knows of each of its typed columns."""
    found: dict[str, _Typed] = {}
    metadata = pq.read_metadata(target)
    for group in range(metadata.num_row_groups):
        for place in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(place)
            name, statistics = chunk.path_in_schema, chunk.statistics
            if "_" not in name or statistics is None or not statistics.has_min_max:
                continue
            known = found.setdefault(name, _Typed(0, (statistics.min, statistics.max)))
            known.filled += chunk.num_values - statistics.null_count
            low, high = known.bounds
            known.bounds = (min(low, statistics.min), max(high, statistics.max))
    return found

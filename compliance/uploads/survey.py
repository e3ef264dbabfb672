"""Decides what each column's values are, from all of them.

Cheap questions go to all columns first; the patterns that cut text up only to columns that need them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import duckdb

from compliance.columns import ColumnType
from compliance.uploads.readings import EPOCH_MILLIS, EPOCH_SECONDS
from compliance.uploads.typed import Draft, records

# Columns asked about in one query: bounds the width of a plan, not the number of columns.
_AT_ONCE = 50
_SAMPLE = 2_048
_SHOWN = 200
# Distinct values are counted one by one up to about here; beyond, the profile holds an estimate (HyperLogLog,
# a few per cent off): exact counts cost a fifth of an upload's time, and its memory.
EXACT_DISTINCT = 60_000


class Survey:
    """Questions about the columns of `records`, each one scan of the columns it concerns."""

    def __init__(self, db: duckdb.DuckDBPyConnection, columns: Sequence[Draft]) -> None:
        self.db = db
        self.columns = columns
        self.warnings: list[str] = []

    def decide(self) -> None:
        """Fills every draft."""
        for draft, (filled, simple, booleans, distinct) in self._ask(self.columns, _first_look):
            draft.filled, draft.simple, draft.booleans = filled, simple, booleans
            draft.distinct = min(distinct, filled)
        few = [draft for draft in self.columns if draft.distinct <= EXACT_DISTINCT]
        for draft, (distinct,) in self._ask(few, lambda d: (f"count(DISTINCT {d.stored})",)):
            draft.distinct = distinct
        simple = [draft for draft in self.columns if draft.filled and draft.simple == draft.filled]
        mixed = [draft for draft in self.columns if draft.simple < draft.filled]
        self._simple_columns(simple)
        self._mixed_columns(mixed)
        texts = [draft for draft in self.columns if draft.type is ColumnType.TEXT]
        for draft, (low, high) in self._ask(texts, _bounds):
            draft.low, draft.high = low and low[:_SHOWN], high and high[:_SHOWN]

    def _ask(
        self,
        columns: Sequence[Draft],
        question: Callable[[Draft], tuple[str, ...]],
        *,
        limit: int | None = None,
    ) -> list[tuple[Draft, tuple[Any, ...]]]:
        """Each column with the answers to its question (aggregates in SQL)."""
        answers = []
        for start in range(0, len(columns), _AT_ONCE):
            group = columns[start : start + _AT_ONCE]
            selected = [question(draft) for draft in group]
            asked = ", ".join(expression for each in selected for expression in each)
            row = self.db.execute(f"SELECT {asked} FROM {records(group, limit=limit)}").fetchone()  # noqa: S608
            values = iter(row or ())
            answers += [(draft, tuple(next(values) for _ in each)) for draft, each in zip(group, selected, strict=True)]
        return answers

    def _simple_columns(self, columns: Sequence[Draft]) -> None:
        """Plain numbers with a decimal point or none. A sample settles most: one 9.99 rules the comma out."""
        for draft in columns:
            draft.numbers = draft.filled
        doubtful, epochs = [], []
        for draft, (filled, commas, epoch) in self._ask(columns, _simple_sample, limit=_SAMPLE):
            if epoch == filled:
                epochs.append(draft)
            if commas == filled:
                doubtful.append(draft)
            else:
                draft.decimal_mark = "."
        for draft, (commas, marked) in self._ask(doubtful, _comma_look):
            if marked:
                draft.decimal_mark = "."
                if commas == draft.filled:
                    self._ambiguous_mark(draft)
        for draft, (epoch, low, high) in self._ask(epochs, _epoch_look):
            inside = any(a <= low and high < b for a, b in (EPOCH_SECONDS, EPOCH_MILLIS)) if epoch else False
            if epoch == draft.filled and inside:
                draft.epoch, draft.times = True, draft.filled

    def _mixed_columns(self, columns: Sequence[Draft]) -> None:
        speaking = [draft for draft, (found,) in self._ask(columns, _candidates) if found]
        looks = self._ask(speaking, _shapes)
        marked = [draft for draft, (points, commas, _, _) in looks if points or commas]
        timed = [draft for draft, (_, _, times, _) in looks if times]
        crossed = [draft for draft, (_, _, _, crosses) in looks if crosses]
        for draft, (points, commas, either, differing) in self._ask(marked, _mark_look):
            self._decide_mark(draft, points, commas, either, differing)
        for draft, (months, days, either, differing) in self._ask(crossed, _order_look):
            self._decide_order(draft, months, days, either, differing)
        for draft, (numbers,) in self._ask(marked, lambda d: (f"count({d.number})",)):
            draft.numbers = numbers
        for draft, (times, zones) in self._ask(timed, _time_look):
            draft.times, draft.zones = times, zones

    def _decide_mark(self, draft: Draft, points: int, commas: int, either: int, differing: int) -> None:
        if points == commas == either and not differing:
            return
        draft.decimal_mark = "," if commas > points else "."
        if points == commas == either:
            self._ambiguous_mark(draft)
        elif max(points, commas) < either:
            self.warnings.append(
                f'Column "{draft.name}": some numbers have a decimal point, some a decimal comma; read with '
                f'"{draft.decimal_mark}", and {either - max(points, commas):,} values do not read.'
            )

    def _decide_order(self, draft: Draft, months: int, days: int, either: int, differing: int) -> None:
        if months == days == either and not differing:
            return
        draft.day_first = days > months
        if months == days == either:
            draft.doubtful_order = True
            self.warnings.append(
                f'Column "{draft.name}": its dates read with the month first and with the day first; '
                "read as month/day/year. Choose the order when you confirm the mapping if that is wrong."
            )
        elif max(months, days) < either:
            order = "day" if draft.day_first else "month"
            self.warnings.append(
                f'Column "{draft.name}": some dates have the day first, some the month; read '
                f"with the {order} first, and {either - max(months, days):,} values are not read as times."
            )

    def _ambiguous_mark(self, draft: Draft) -> None:
        if draft.exact:
            return
        draft.doubtful_mark = True
        self.warnings.append(
            f'Column "{draft.name}": its numbers read with a decimal point and with a decimal comma; '
            "read with the point. Choose the mark when you confirm the mapping if that is wrong."
        )


def _first_look(draft: Draft) -> tuple[str, ...]:
    t = draft.text
    return (
        f"count({t})",
        f"count(CASE WHEN is_simple({t}) THEN 1 END)",
        f"count(boolean_of({t}))",
        f"approx_count_distinct({draft.stored})",
    )


def _simple_sample(draft: Draft) -> tuple[str, ...]:
    t = draft.text
    return (
        f"count({t})",
        f"count(CASE WHEN is_simple_comma({t}) THEN 1 END)",
        f"count(CASE WHEN is_epoch({t}) THEN 1 END)",
    )


def _comma_look(draft: Draft) -> tuple[str, ...]:
    t, marked = draft.text, f"contains({draft.text}, '.')"
    commas = f"CASE WHEN {marked} THEN CASE WHEN is_simple_comma({t}) THEN 1 END ELSE strlen({t}) END"
    return (f"count({commas})", f"count(CASE WHEN {marked} THEN 1 END)")


def _epoch_look(draft: Draft) -> tuple[str, ...]:
    value = f"TRY_CAST({draft.text} AS BIGINT)"
    return (f"count(CASE WHEN is_epoch({draft.text}) THEN 1 END)", f"min({value})", f"max({value})")


def _candidates(draft: Draft) -> tuple[str, ...]:
    return (f"count(CASE WHEN is_candidate({draft.text}) THEN 1 END)",)


def _shapes(draft: Draft) -> tuple[str, ...]:
    t = draft.text
    return tuple(f"count(CASE WHEN is_{shape}({t}) THEN 1 END)" for shape in ("point", "comma", "time", "crossed"))


def _mark_look(draft: Draft) -> tuple[str, ...]:
    t = draft.text
    both = f"is_point({t}) AND is_comma({t})"
    return (
        f"count(CASE WHEN is_point({t}) THEN 1 END)",
        f"count(CASE WHEN is_comma({t}) THEN 1 END)",
        f"count(CASE WHEN is_point({t}) OR is_comma({t}) THEN 1 END)",
        f"count(CASE WHEN {both} AND (contains({t}, '.') OR contains({t}, ',')) THEN 1 END)",
    )


def _order_look(draft: Draft) -> tuple[str, ...]:
    month, day = (
        f"CASE WHEN is_crossed({draft.text}) THEN time_us({draft.text}, {first}) END" for first in ("false", "true")
    )
    return (
        f"count({month})",
        f"count({day})",
        f"count(coalesce({month}, {day}))",
        f"count(CASE WHEN {month} <> {day} THEN 1 END)",
    )


def _time_look(draft: Draft) -> tuple[str, ...]:
    return (f"count({draft.time})", f"count(CASE WHEN has_zone({draft.text}) THEN {draft.time} END)")


def _bounds(draft: Draft) -> tuple[str, ...]:
    return (f"min({draft.stored})", f"max({draft.stored})")

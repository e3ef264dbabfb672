"""Decides what each column's values are, from all of them.

Cheap questions go to all columns first; the patterns that cut text up only to columns that need them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import duckdb

from compliance.columns import ColumnType
from compliance.uploads.readings import EPOCH_MILLIS, EPOCH_SECONDS
from compliance.uploads.typed import Draft, records

# Columns asked about in one query: bounds the width of a plan, not the number of columns.
_AT_ONCE = 50
_SAMPLE = 2_048
_SHOWN = 200
# What a query of its own costs is less than to ask so many records; a value stands so often in them at least.
_MANY, _REPEATED = 100_000, 4
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
        self._guess_places()
        self._count_values()
        self._tabulate_values()
        for draft, (simple, booleans) in self._ask([draft for draft in self.columns if not draft.places], _first_look):
            draft.booleans = booleans
            if draft.places is None:
                draft.simple = simple
        plain = [draft for draft in self.columns if draft.filled and draft.simple == draft.filled]
        mixed = [draft for draft in self.columns if draft.simple < draft.filled]
        self._simple_columns(plain)
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
        """Each column with the answers to its question (aggregates in SQL), of the first `limit` records or of all."""
        answers: dict[str, tuple[Any, ...]] = {}
        for group in self._together(columns):
            selected = [question(draft) for draft in group]
            asked = ", ".join(expression for each in selected for expression in each)
            relation = group[0].values or records(group, limit=limit)
            row = self.db.execute(f"SELECT {asked} FROM {relation}").fetchone()  # noqa: S608 own names only
            values = iter(row or ())
            for draft, each in zip(group, selected, strict=True):
                answers[draft.stored] = tuple(next(values) for _ in each)
        return [(draft, answers[draft.stored]) for draft in columns]

    @staticmethod
    def _together(columns: Sequence[Draft]) -> Iterator[Sequence[Draft]]:
        """Those that one query asks about."""
        yield from ([draft] for draft in columns if draft.values)
        of_records = [draft for draft in columns if not draft.values]
        yield from (of_records[start : start + _AT_ONCE] for start in range(0, len(of_records), _AT_ONCE))

    def _guess_places(self) -> None:
        """How many decimal places all numbers of a column may have, by a sample."""
        looked_at = [draft for draft in self.columns if not (draft.padded or draft.derived_from)]
        for draft, (filled, simple, places) in self._ask(looked_at, _places_sample, limit=_SAMPLE):
            draft.places = places if filled and simple == filled else None

    def _count_values(self) -> None:
        """How many there are, and how many different ones; who guessed wrong about their places is asked again."""
        for draft, (filled, distinct, plain) in self._ask(self.columns, _values):
            draft.filled, draft.distinct, draft.simple = filled, min(distinct, filled), plain
        wrong = [draft for draft in self.columns if draft.places is not None and draft.simple < draft.filled]
        for draft in wrong:
            draft.places = None
        for draft, (_, distinct, _) in self._ask(wrong, _values):
            draft.distinct = min(distinct, draft.filled)

    def _tabulate_values(self) -> None:
        """A table of the values of a column, where to ask each of them once is far less work; exact counts of few."""
        few = [draft for draft in self.columns if draft.distinct <= EXACT_DISTINCT]
        repeated = [draft for draft in few if draft.filled >= _MANY and draft.filled >= _REPEATED * draft.distinct]
        for draft in repeated:
            draft.values = f"values_{draft.stored}"
            self.db.execute(
                f"CREATE TEMP TABLE {draft.values} AS SELECT {draft.stored}, count(*) AS n "  # noqa: S608 own names only
                f"FROM {records([draft])} GROUP BY ALL"
            )
        for draft, (distinct,) in self._ask(few, lambda d: (f"count(DISTINCT {d.stored})",)):
            draft.distinct = distinct

    def _simple_columns(self, columns: Sequence[Draft]) -> None:
        """Plain numbers with a decimal point or none. A sample settles most: one 9.99 rules the comma out."""
        for draft in columns:
            draft.numbers = draft.filled
        doubtful, epochs = [], []
        for draft, (filled, commas, epoch) in self._ask(columns, _simple_sample, limit=_SAMPLE):
            if epoch == filled:
                epochs.append(draft)
            if commas < filled:
                draft.decimal_mark = "."
            elif draft.places != 0:  # else none has a mark
                doubtful.append(draft)
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
        for draft, (numbers,) in self._ask(marked, lambda d: (d.count(d.number),)):
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
        draft.doubtful_mark, draft.places = True, None
        self.warnings.append(
            f'Column "{draft.name}": its numbers read with a decimal point and with a decimal comma; '
            "read with the point. Choose the mark when you confirm the mapping if that is wrong."
        )


def _values(draft: Draft) -> tuple[str, ...]:
    t = draft.text
    if draft.places is None:
        return (draft.count(t), f"approx_count_distinct({draft.stored})", "0")
    return (draft.count(t), f"approx_count_distinct({draft.placed})", draft.count_if(f"{draft.given_back} = {t}"))


def _places_sample(draft: Draft) -> tuple[str, ...]:
    t = draft.text
    places = f"CASE WHEN contains({t}, '.') THEN strlen({t}) - strpos({t}, '.') ELSE 0 END"
    return (draft.count(t), draft.count_if(f"is_simple({t})"), f"max({places})")


def _first_look(draft: Draft) -> tuple[str, ...]:
    t = draft.text
    simple = "0" if draft.places is not None else draft.count_if(f"is_simple({t})")
    return (simple, draft.count(f"boolean_of({t})"))


def _simple_sample(draft: Draft) -> tuple[str, ...]:
    t = draft.text
    return (
        draft.count(t),
        draft.count_if(f"is_simple_comma({t})"),
        draft.count_if(f"is_epoch({t})"),
    )


def _comma_look(draft: Draft) -> tuple[str, ...]:
    t, marked = draft.text, f"contains({draft.text}, '.')"
    commas = f"CASE WHEN {marked} THEN CASE WHEN is_simple_comma({t}) THEN 1 END ELSE strlen({t}) END"
    return (draft.count(commas), draft.count_if(marked))


def _epoch_look(draft: Draft) -> tuple[str, ...]:
    value = f"TRY_CAST({draft.text} AS BIGINT)"
    return (draft.count_if(f"is_epoch({draft.text})"), f"min({value})", f"max({value})")


def _candidates(draft: Draft) -> tuple[str, ...]:
    return (draft.count_if(f"is_candidate({draft.text})"),)


def _shapes(draft: Draft) -> tuple[str, ...]:
    t = draft.text
    return tuple(draft.count_if(f"is_{shape}({t})") for shape in ("point", "comma", "time", "crossed"))


def _mark_look(draft: Draft) -> tuple[str, ...]:
    t = draft.text
    both = f"is_point({t}) AND is_comma({t})"
    return (
        draft.count_if(f"is_point({t})"),
        draft.count_if(f"is_comma({t})"),
        draft.count_if(f"is_point({t}) OR is_comma({t})"),
        draft.count_if(f"{both} AND (contains({t}, '.') OR contains({t}, ','))"),
    )


def _order_look(draft: Draft) -> tuple[str, ...]:
    month, day = (
        f"CASE WHEN is_crossed({draft.text}) THEN time_us({draft.text}, {first}) END" for first in ("false", "true")
    )
    return (
        draft.count(month),
        draft.count(day),
        draft.count(f"coalesce({month}, {day})"),
        draft.count_if(f"{month} <> {day}"),
    )


def _time_look(draft: Draft) -> tuple[str, ...]:
    return (draft.count(draft.time), draft.count(f"CASE WHEN has_zone({draft.text}) THEN {draft.time} END"))


def _bounds(draft: Draft) -> tuple[str, ...]:
    return (f"min({draft.stored})", f"max({draft.stored})")

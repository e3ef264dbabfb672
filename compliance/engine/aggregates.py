"""Aggregate rules as queries over `facts`: no window, tumbling buckets, or sliding windows.

A group that cannot pass is dropped by a hash aggregation before any window is sorted.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeAlias

from sqlglot import exp

from compliance.engine import sql
from compliance.engine.distinct import distinct_steps
from compliance.engine.evidence import evidence
from compliance.engine.facts import RuleFacts
from compliance.engine.inputs import HOUR
from compliance.engine.models import AggregateRule
from compliance.engine.sql import VALUE, WIDE, Tree

Window: TypeAlias = tuple[Sequence[str], str, int]
"""(partition, order, distance back)."""


def aggregate_query(rule: AggregateRule, index: int, facts: RuleFacts) -> exp.Select:
    """The evidence of an aggregate rule, one row for each record of each finding."""
    if rule.window is not None and rule.window.mode == "sliding":
        return _Sliding(rule, index, facts).query()
    return _grouped(rule, index, facts)


def window_us(hours: Decimal) -> int:
    return int(hours * HOUR)


def _grouped(rule: AggregateRule, index: int, facts: RuleFacts) -> exp.Select:
    """Without a window, or in buckets floor(time / window): exact in one aggregation."""
    keys: list[str] = [*facts.subject, *facts.groups]
    columns: list[Tree] = [exp.Star()]
    if rule.window is not None:
        bucket = _bucket_start(sql.col(facts.clock), window_us(rule.window.hours))
        keys, columns = [*keys, "bucket"], [exp.Star(), sql.named(bucket, "bucket")]
    measures = [*_measures(rule, facts.of, None), sql.named(exp.Min(this=sql.col("row")), "lead")]
    passing: list[Tree | str] = [*keys, sql.named(_value(rule), "value"), "lead"]
    passes = sql.every([_enough(rule, sql.col("n")), _passes(rule, _value(rule))])
    found = evidence(index, lead=sql.col("lead", "passing"), value=sql.col("value", "passing"), table="members")
    return sql.with_steps(
        sql.query(found, "members", match=("passing", keys)),
        [
            ("members", sql.query(columns, "facts", where=sql.has_bit(facts.hit))),
            ("grouped", sql.query([*keys, *measures], "members", group=keys)),
            ("passing", sql.query(passing, "grouped", where=passes)),
        ],
    )


def _bucket_start(clock: Tree, size: int) -> Tree:
    """The start of the bucket: clock - (clock mod size), with mod never negative."""
    rest = sql.binary(exp.Mod, clock, sql.whole(size))
    rest = sql.binary(exp.Mod, sql.add(rest, sql.whole(size)), sql.whole(size))
    return sql.sub(clock.copy(), rest)


def _count() -> Tree:
    return exp.Count(this=exp.Star())


def _enough(rule: AggregateRule, count: Tree) -> Tree:
    return exp.GTE(this=count, expression=sql.whole(rule.min_records))


def _passes(rule: AggregateRule, value: Tree) -> Tree:
    return sql.compare(rule.operator, value, sql.number(rule.threshold, VALUE))


def _measures(rule: AggregateRule, of: str | None, window: Window | None) -> list[Tree]:
    """`n`, the number of records, and `measured`, what the value is made of, over the group or over `window`."""

    def call(function: Tree, name: str) -> Tree:
        return sql.named(function if window is None else sql.over(function, *window), name)

    count = call(_count(), "n")
    if rule.function == "count" or of is None:
        return [count]
    if rule.function == "distinct":  # in a window: counted before
        here = exp.Count(this=exp.Distinct(expressions=[sql.col(of)]))
        return [count, sql.named(sql.col("different") if window else here, "measured")]
    kind = {"sum": exp.Sum, "avg": exp.Sum, "min": exp.Min, "max": exp.Max}[rule.function]
    return [count, call(kind(this=sql.col(of)), "measured")]


def _value(rule: AggregateRule) -> Tree:
    """The function's value as DECIMAL(38, 6), from what `_measures` says."""
    if rule.function == "avg":
        return _average(sql.col("measured"), sql.col("n"))
    return sql.cast(sql.col("n" if rule.function == "count" else "measured"), VALUE)


def _average(total: Tree, count: Tree) -> Tree:
    """Exact sum / count, rounded half-even to 6 places: in whole millionths, by size, then signed."""
    scaled = sql.cast(sql.binary(exp.Mul, exp.Abs(this=total), sql.whole(10_000)), WIDE)
    millionths = sql.half_even(sql.binary(exp.Mul, scaled, sql.whole(100)), sql.cast(count, WIDE), sql.divided)
    size = millionths_as_value(millionths)
    negative = exp.LT(this=total.copy(), expression=sql.whole(0))
    return sql.cast(sql.when(negative, exp.Neg(this=sql.paren(size)), size.copy()), VALUE)


def millionths_as_value(millionths: Tree) -> Tree:
    """A whole number of millionths as DECIMAL(38, 6)."""
    unit = sql.number(Decimal("0.000001"), "DECIMAL(7, 6)")
    return sql.cast(sql.binary(exp.Mul, sql.cast(millionths, "DECIMAL(31, 0)"), unit), VALUE)


def _bound(rule: AggregateRule, of: str | None) -> Tree | None:
    """What no window's value can exceed (> >=) or fall below (< <=), computed over the whole group."""
    upward = rule.operator in (">", ">=")
    if rule.function in ("count", "distinct") or of is None:
        return _count() if upward else None
    if rule.function == "sum":
        clip = exp.Greatest if upward else exp.Least
        return exp.Sum(this=clip(this=sql.col(of), expressions=[sql.whole(0)], ignore_nulls=True))
    return (exp.Max if upward else exp.Min)(this=sql.col(of))


class _Sliding:
    """W(t), the instants that trigger, and episodes of triggers less than a window apart."""

    def __init__(self, rule: AggregateRule, index: int, facts: RuleFacts) -> None:
        if rule.window is None:
            raise TypeError("a sliding aggregate has a window")
        self.rule, self.index, self.facts = rule, index, facts
        self.size = window_us(rule.window.hours)
        self.keys = [*facts.subject, *facts.groups]

    def query(self) -> exp.Select:
        episode = [*self.keys, "episode"]
        extreme = exp.Max if self.rule.operator in (">", ">=") else exp.Min
        value = extreme(this=sql.when(sql.is_present(sql.col("hit")), sql.col("value")))
        columns = evidence(
            self.index,
            lead=sql.over(exp.Min(this=sql.col("row")), episode),
            value=sql.over(value, episode),
        )
        return sql.with_steps(sql.query(columns, "episodes"), self._steps())

    def _steps(self) -> list[tuple[str, exp.Select]]:
        passes = sql.every([_enough(self.rule, sql.col("n")), _passes(self.rule, sql.col("value"))])
        hit = sql.when(passes, sql.col("t"))
        trigger = sql.over(exp.Min(this=sql.col("hit")), self.keys, "t", "here", self.size - 1)
        episode = sql.over(exp.Sum(this=sql.col("start")), self.keys, "trigger")
        return [
            ("candidates", self._candidates()),
            ("members", self._members()),
            *self._measured(),
            ("hits", sql.query([exp.Star(), sql.named(hit, "hit")], "measured")),
            ("triggered", sql.query([exp.Star(), sql.named(trigger, "trigger")], "hits")),
            ("starts", self._starts()),
            ("episodes", sql.query([exp.Star(), sql.named(episode, "episode")], "starts")),
        ]

    def _candidates(self) -> exp.Select:
        """Groups whose records all together could pass: no window can do what its group cannot.

        Of all records of an account that is true too often: there, of those within the time of two windows. Time is
        cut twice, the second time a window later: each W(t) lies within a piece of one of the two cuts.
        """
        if self.facts.groups:
            return self._possible("facts", self.keys, sql.has_bit(self.facts.hit))
        cuts = [self._crowded(shift) for shift in (0, self.size)]
        return sql.query(self.keys, exp.Union(this=cuts[0], expression=cuts[1], distinct=True))

    def _crowded(self, shift: int) -> exp.Select:
        """The groups of pieces of time, cut `shift` early, whose records all together could pass."""
        time = sql.add(sql.col("t"), sql.whole(shift)) if shift else sql.col("t")
        piece = sql.named(sql.binary(exp.IntDiv, time, sql.whole(2 * self.size)), "piece")
        of = [self.facts.of] if self.facts.of else []
        cut = sql.query([*dict.fromkeys([*self.keys, *of]), piece], "facts", where=sql.has_bit(self.facts.hit))
        return self._possible(cut, [*self.keys, "piece"])

    def _possible(self, records: str | exp.Select, group: Sequence[str], where: Tree | None = None) -> exp.Select:
        bound = _bound(self.rule, self.facts.of)
        possible = [_enough(self.rule, _count())]
        if bound is not None:
            possible.append(_passes(self.rule, sql.cast(bound, VALUE)))
        return sql.query(self.keys, records, where=where, group=group, having=sql.every(possible))

    def _members(self) -> exp.Select:
        of = [self.facts.of] if self.facts.of else []
        names = dict.fromkeys(["row", "account", "made", "t", "amount", *self.keys, *of])
        columns = [sql.col(name, "facts") for name in names]
        takes_part = sql.has_bit(self.facts.hit, "facts")
        return sql.query(columns, "facts", match=("candidates", self.keys), where=takes_part)

    def _measured(self) -> list[tuple[str, exp.Select]]:
        """Adds `value` and `n`, the function's value over W(t) and its number of records."""
        window: Window = (self.keys, "t", 1 - self.size)
        steps, source = list[tuple[str, exp.Select]](), "members"
        if self.rule.function == "distinct":
            steps, source = distinct_steps(self.keys, self.facts.of or "", self.size), "counted"
        measures = _measures(self.rule, self.facts.of, window)
        value = sql.named(_value(self.rule), "value")
        return [
            *steps,
            ("summed", sql.query([exp.Star(), *measures], source)),
            ("measured", sql.query([exp.Star(), value], "summed")),
        ]

    def _starts(self) -> exp.Select:
        """Records in a triggering window; 1 where their trigger begins an episode."""
        previous = sql.over(exp.Lag(this=sql.col("trigger")), self.keys, "trigger")
        goes_on = exp.GT(this=sql.add(previous, sql.whole(self.size)), expression=sql.col("trigger"))
        start = sql.named(sql.when(goes_on, sql.whole(0), sql.whole(1)), "start")
        return sql.query([exp.Star(), start], "triggered", where=sql.is_present(sql.col("trigger")))

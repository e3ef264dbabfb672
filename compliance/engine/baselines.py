"""Baseline rules over `facts`: each record against the earlier ones of its account."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

from sqlglot import exp

from compliance.engine import sql
from compliance.engine.deviation import deviation_steps, square_parts
from compliance.engine.evidence import evidence
from compliance.engine.facts import RuleFacts
from compliance.engine.models import BaselineRule
from compliance.engine.predicates import DAY
from compliance.engine.sources import is_scanned
from compliance.engine.sql import COUNT, SUM, WIDE, Tree

Step: TypeAlias = tuple[str, exp.Select]


def judged_query(rule: BaselineRule, facts: RuleFacts) -> exp.Select:
    """Every record with enough history to judge it by: row, account, made, t, amount, of, and `above`.

    In whole numbers: `units` are ten-thousandths, mean and deviation millionths.
    """
    if facts.of is None:
        raise TypeError("a baseline rule has a field it looks at")
    steps = [("candidates", _candidates(rule, facts)), ("members", _members(facts, facts.of)), *_history(rule, facts)]
    columns: list[Tree | str] = ["row", "account", "made", "t", "amount", "of", sql.named(_is_above(rule), "above")]
    if rule.z_score is not None:
        columns.append("deviation")
    return sql.with_steps(sql.query(columns, steps[-1][0], where=_can_judge(rule)), steps)


def baseline_query(table: str, index: int) -> exp.Select:
    """The evidence, from the table that `judged_query` filled: each record above is a finding."""
    return sql.query(evidence(index, lead=None, value=sql.col("of")), table, where=sql.col("above"))


def unjudged_query(table: str, facts: RuleFacts) -> exp.Select:
    """How many records of the scanned upload the rule looked at without enough history."""
    looked = sql.every([sql.has_bit(facts.hit), is_scanned(sql.col("row"))])
    rows = exp.Union(
        this=sql.query([sql.named(sql.whole(1), "one")], "facts", where=looked),
        expression=sql.query([sql.named(sql.whole(-1), "one")], table, where=is_scanned(sql.col("row"))),
        distinct=False,
    )
    total = exp.Coalesce(this=exp.Sum(this=sql.col("one")), expressions=[sql.whole(0)])
    return sql.query([sql.named(sql.cast(total, COUNT), "unjudged")], rows)


def _candidates(rule: BaselineRule, facts: RuleFacts) -> exp.Select:
    """Accounts with more records than a history needs."""
    enough = exp.GT(this=exp.Count(this=exp.Star()), expression=sql.whole(rule.min_history))
    return sql.query(facts.subject, "facts", where=sql.has_bit(facts.hit), group=facts.subject, having=enough)


def _members(facts: RuleFacts, of: str) -> exp.Select:
    names = dict.fromkeys(["row", "account", "made", "t", "amount", *facts.subject])
    columns: list[Tree] = [sql.col(name, "facts") for name in names]
    units = sql.binary(exp.Mul, sql.cast(sql.col(of, "facts"), SUM), sql.whole(10_000))
    columns += [sql.named(sql.col(of, "facts"), "of"), sql.named(sql.cast(units, COUNT), "units")]
    takes_part = sql.has_bit(facts.hit, "facts")
    return sql.query(columns, "facts", match=("candidates", facts.subject), where=takes_part)


def _history(rule: BaselineRule, facts: RuleFacts) -> list[Step]:
    """Adds n, total, mean, and for a z-score deviation, over the records within history_days strictly before."""
    parts = {"total": sql.cast(sql.col("units"), WIDE)}
    if rule.z_score is not None:
        parts |= square_parts(sql.col("units"))
    size = int(rule.history_days * DAY)
    window = (facts.subject, "t", 1 - size, -1)
    sums = [sql.named(sql.cast(sql.over(exp.Sum(this=tree), *window), WIDE), name) for name, tree in parts.items()]
    count = sql.named(sql.over(exp.Count(this=exp.Star()), *window), "n")
    enough = exp.GTE(this=sql.col("n"), expression=sql.whole(rule.min_history))
    steps: list[Step] = [
        ("looked_back", sql.query([exp.Star(), count, *sums], "members")),
        ("known", sql.query([exp.Star(), sql.named(_mean(), "mean")], "looked_back", where=enough)),
    ]
    return steps if rule.z_score is None else [*steps, *deviation_steps("known")]


def _mean() -> Tree:
    """total / n in millionths, rounded half-even by size, then signed."""
    size = sql.binary(exp.Mul, exp.Abs(this=sql.col("total")), sql.whole(100))
    rounded = sql.half_even(size, sql.cast(sql.col("n"), WIDE), sql.divided)
    negative = exp.LT(this=sql.col("total"), expression=sql.whole(0))
    return sql.when(negative, exp.Neg(this=sql.paren(rounded)), rounded.copy())


def _can_judge(rule: BaselineRule) -> Tree | None:
    if rule.z_score is None:
        return None
    return exp.GT(this=sql.col("deviation"), expression=sql.whole(0))


def _is_above(rule: BaselineRule) -> Tree:
    """of > times_mean x mean, or of > mean + z_score x deviation: both sides in units of 10^-10."""
    of = _times("units", 10**6)
    if rule.times_mean is not None:
        return exp.GT(this=of, expression=_times("mean", _ten_thousandths(rule.times_mean)))
    if rule.z_score is None:
        raise TypeError("reading the rule made sure that it has one of the two")
    usual = sql.add(_times("mean", 10_000), _times("deviation", _ten_thousandths(rule.z_score)))
    return sql.binary(exp.GT, of, usual)


def _ten_thousandths(value: Decimal) -> int:
    return int(value.scaleb(4))


def _times(name: str, factor: int) -> Tree:
    return sql.binary(exp.Mul, sql.cast(sql.col(name), WIDE), sql.cast(sql.whole(factor), WIDE))

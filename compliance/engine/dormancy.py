"""Dormancy rules as a query over `facts`."""

from __future__ import annotations

from sqlglot import exp

from compliance.engine import sql
from compliance.engine.aggregates import millionths_as_value
from compliance.engine.evidence import evidence
from compliance.engine.facts import Mask, RuleFacts
from compliance.engine.models import DormancyRule
from compliance.engine.predicates import DAY
from compliance.engine.sql import WIDE, Tree


def dormancy_query(rule: DormancyRule, index: int, facts: RuleFacts) -> exp.Select:
    """The waking records: each is a finding of its own, its value the gap in days.

    Accounts whose first quiet-ending and last waking record are closer than the gap are dropped first.
    """
    gap = int(rule.quiet_days * DAY)
    keys = facts.subject
    relevant = sql.some([sql.has_bit(facts.hit, "facts"), sql.has_bit(facts.second, "facts")])
    latest, earliest = exp.Max(this=_time_if(facts.hit)), exp.Min(this=_time_if(facts.second))
    long_enough = exp.GTE(this=latest, expression=sql.add(earliest, sql.whole(gap)))
    wakes, ends = sql.named(sql.has_bit(facts.hit, "facts"), "wakes"), _time_if(facts.second, "facts")
    columns = [sql.col(name, "facts") for name in dict.fromkeys(["row", "account", "made", "t", "amount", *keys])]
    members = [*columns, wakes, sql.named(ends, "ends")]
    before = sql.over(exp.Max(this=sql.col("ends")), keys, "t", "start", -1)
    long_quiet = exp.GTE(this=sql.col("t"), expression=sql.add(sql.col("before"), sql.whole(gap)))
    woken = sql.query(
        evidence(index, lead=None, value=_days()), "quiets", where=sql.every([sql.col("wakes"), long_quiet])
    )
    return sql.with_steps(
        woken,
        [
            ("candidates", sql.query(keys, "facts", where=relevant, group=keys, having=long_enough)),
            ("members", sql.query(members, "facts", match=("candidates", keys), where=relevant.copy())),
            ("quiets", sql.query([exp.Star(), sql.named(before, "before")], "members")),
        ],
    )


def _time_if(mask: Mask, table: str | None = None) -> Tree:
    return sql.when(sql.has_bit(mask, table), sql.col("t", table))


def _days() -> Tree:
    """t - before in days, rounded half-even to 6 places: a millionth of a day is 86,400 microseconds."""
    gap = sql.sub(sql.cast(sql.col("t"), WIDE), sql.cast(sql.col("before"), WIDE))
    return millionths_as_value(sql.half_even(gap, sql.whole(DAY // 1_000_000)))

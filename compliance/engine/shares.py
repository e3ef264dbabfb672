"""Share rules as a query over `facts`."""

from __future__ import annotations

from sqlglot import exp

from compliance.engine import sql
from compliance.engine.aggregates import millionths_as_value
from compliance.engine.evidence import evidence
from compliance.engine.facts import RuleFacts
from compliance.engine.models import ShareRule
from compliance.engine.sql import VALUE, WIDE, Tree


def share_query(rule: ShareRule, index: int, facts: RuleFacts) -> exp.Select:
    """Groups whose share crosses the threshold, one row for each record of the whole."""
    keys = [*facts.subject, *facts.groups]
    value = _share(facts)
    enough = exp.GTE(this=exp.Count(this=exp.Star()), expression=sql.whole(rule.min_records))
    passes = sql.compare(rule.operator, value.copy(), sql.number(rule.threshold, VALUE))
    passing: list[Tree | str] = [*keys, sql.named(value, "value"), sql.named(exp.Min(this=sql.col("row")), "lead")]
    found = evidence(index, lead=sql.col("lead", "passing"), value=sql.col("value", "passing"), table="members")
    return sql.with_steps(
        sql.query(found, "members", match=("passing", keys)),
        [
            ("members", sql.query([exp.Star()], "facts", where=sql.has_bit(facts.hit))),
            ("passing", sql.query(passing, "members", group=keys, having=sql.every([enough, passes]))),
        ],
    )


def _share(facts: RuleFacts) -> Tree:
    """part / whole, rounded half-even to 6 places."""
    part = exp.Count(this=sql.when(sql.has_bit(facts.second), sql.whole(1)))
    millionths = sql.binary(exp.Mul, sql.cast(part, WIDE), sql.whole(1_000_000))
    return millionths_as_value(sql.half_even(millionths, sql.cast(exp.Count(this=exp.Star()), WIDE)))

"""Duplicate rules as a query over `facts`."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from compliance.engine import sql
from compliance.engine.aggregates import window_us
from compliance.engine.evidence import evidence
from compliance.engine.facts import RuleFacts
from compliance.engine.models import DuplicateRule
from compliance.engine.sql import VALUE


def duplicate_query(rule: DuplicateRule, index: int, facts: RuleFacts) -> exp.Select:
    """Groups (or chains in time) of two or more records with equal keys, one row a record."""
    joins_account = not rule.across_accounts or "account" in rule.key
    keys = [*(facts.subject if joins_account else ()), *facts.groups]
    group = keys if rule.window is None else [*keys, "chain"]
    steps = [("candidates", _candidates(keys, facts)), ("members", _members(keys, facts))]
    if rule.window is not None:
        steps += _chains(keys, window_us(rule.window.hours))
    size = sql.over(exp.Count(this=exp.Star()), group)
    first = sql.over(exp.Min(this=sql.col("account")), group)
    sized = [exp.Star(), sql.named(size, "size"), sql.named(first, "first_account")]
    steps.append(("sized", sql.query(sized, steps[-1][0])))
    is_first = exp.EQ(this=sql.col("account"), expression=sql.col("first_account"))
    made = sql.over(exp.Min(this=sql.when(is_first, _as_number("made"))), group)
    columns = evidence(
        index,
        lead=sql.over(exp.Min(this=sql.col("row")), group),
        value=sql.cast(sql.col("size"), VALUE),
        account=sql.col("first_account"),
        made=exp.EQ(this=made, expression=sql.whole(1)),
    )
    two_or_more = exp.GTE(this=sql.col("size"), expression=sql.whole(2))
    return sql.with_steps(sql.query(columns, "sized", where=two_or_more), steps)


def _candidates(keys: Sequence[str], facts: RuleFacts) -> exp.Select:
    two_or_more = exp.GTE(this=exp.Count(this=exp.Star()), expression=sql.whole(2))
    return sql.query(keys, "facts", where=sql.has_bit(facts.hit), group=keys, having=two_or_more)


def _members(keys: Sequence[str], facts: RuleFacts) -> exp.Select:
    names = dict.fromkeys(["row", "account", "made", "t", "amount", *keys])
    columns = [sql.col(name, "facts") for name in names]
    return sql.query(columns, "facts", match=("candidates", keys), where=sql.has_bit(facts.hit, "facts"))


def _chains(keys: Sequence[str], size: int) -> list[tuple[str, exp.Select]]:
    """Numbers the chains of a group: a new one where the neighbour before is `size` or more away."""
    previous = sql.over(exp.Lag(this=sql.col("t")), keys, "t")
    goes_on = exp.GT(this=sql.add(previous, sql.whole(size)), expression=sql.col("t"))
    start = sql.named(sql.when(goes_on, sql.whole(0), sql.whole(1)), "start")
    chain = sql.named(sql.over(exp.Sum(this=sql.col("start")), keys, "t"), "chain")
    return [
        ("starts", sql.query([exp.Star(), start], "members")),
        ("chains", sql.query([exp.Star(), chain], "starts")),
    ]


def _as_number(flag: str) -> exp.Case:
    return sql.when(sql.col(flag), sql.whole(1), sql.whole(0))

"""Distinct values in a sliding window, without DISTINCT in a window, which no two databases agree on."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from compliance.engine import sql


def distinct_steps(keys: Sequence[str], of: str, size: int) -> list[tuple[str, exp.Select]]:
    """Steps from `members` to `counted`, which adds `different`: the distinct values of W(t).

    A value seen at s is in W(t) for s <= t < s + size; its next sighting takes over. Counting the spans that
    are open at t counts each value once.
    """
    value_keys, at = list(dict.fromkeys([*keys, of])), [*keys, "t"]
    ends = sql.add(sql.col("t"), sql.whole(size))
    following = sql.over(exp.Lead(this=sql.col("t")), value_keys, "t")
    until = sql.when(exp.LT(this=following, expression=sql.paren(ends)), following.copy(), ends.copy())
    opened = sql.query([*at, sql.named(sql.whole(1), "change")], "spans")
    ended = [sql.named(sql.col("until"), "t"), sql.named(sql.whole(-1), "change")]
    closed = sql.query([*keys, *ended], "spans")
    changes = exp.Union(this=opened, expression=closed, distinct=False)
    open_now = sql.over(exp.Sum(this=sql.col("change")), keys, "t")
    most = sql.named(exp.Max(this=sql.col("different")), "different")
    counted = [sql.all_of("members"), sql.col("different", "levels")]
    return [
        ("sightings", sql.query([*value_keys, "t"], "members", group=[*value_keys, "t"])),
        ("spans", sql.query([*at, sql.named(until, "until")], "sightings")),
        ("changes", sql.query([exp.Star()], changes)),
        ("running", sql.query([*at, sql.named(open_now, "different")], "changes")),
        ("levels", sql.query([*at, most], "running", group=at)),
        ("counted", sql.query(counted, "members", match=("levels", at))),
    ]

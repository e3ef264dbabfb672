"""The latest `first` record whose value a ratio admits, without comparing each `then` with each `first`.

The firsts of a match are ranked by value: those that a `then` record admits are a run of ranks. A run is made of a
few blocks of 1, 2, 4, ... ranks, and the latest first of a block is one window function. So the cost grows with
n log n, however busy an account is.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeAlias

from sqlglot import exp

from compliance.engine import sql
from compliance.engine.parts import Ratio
from compliance.engine.sql import COUNT, SUM, WIDE, Tree

LEVELS = 32
"""Sizes of blocks: no account has more than 2^31 records."""
PLACES = 4
"""Decimals of a value, and of a bound."""
Step: TypeAlias = tuple[str, exp.Select]


def latest_in_ratio(ratio: Ratio, keys: Sequence[str], size: int) -> list[Step]:
    """Steps from `thens` and `firsts` to `latest`: row of a `then` record and the time `before` of its latest first.

    Both have row, t, of and the columns `keys`; `size` is the time from first to then that is too long.
    """
    place = exp.Window(
        this=exp.RowNumber(),
        partition_by=[sql.col(key) for key in keys],
        order=exp.Order(expressions=[exp.Ordered(this=sql.col(name)) for name in ("of", "row")]),
    )
    count = sql.named(sql.over(exp.Count(this=exp.Star()), keys), "n")
    ranked: list[Tree | str] = [*keys, "t", sql.named(sql.sub(place, sql.whole(1)), "place"), count]
    return [
        ("levels", _levels()),
        ("ranked", sql.query(ranked, "firsts")),
        *_runs(ratio, keys),
        *_blocks(keys, size),
    ]


def in_ratio(ratio: Ratio) -> Tree:
    """Whether found.of lies between the bounds times firsts.of."""
    tests: list[Tree] = []
    for bound, operator in ((ratio.min, ">="), (ratio.max, "<=")):
        if bound is not None:
            tests.append(sql.compare(operator, _scaled("found", Decimal(1)), _scaled("firsts", bound)))
    return sql.every(tests)


def _scaled(table: str | None, times: Decimal) -> Tree:
    """of x times as a whole number of 10^-8."""
    whole = sql.binary(exp.Mul, sql.cast(sql.col("of", table), SUM), sql.whole(10**PLACES))
    return sql.binary(exp.Mul, sql.cast(whole, WIDE), sql.cast(sql.whole(int(times.scaleb(PLACES))), WIDE))


def _runs(ratio: Ratio, keys: Sequence[str]) -> list[Step]:
    """`runs`: the thens with the ranks from `low` up to, but not including, `high` that their ratio admits.

    A bound above 0 grows with the value it multiplies, one below 0 falls: then it bounds the other end.
    """
    steps: list[Step] = []
    lows: list[Tree] = [sql.whole(0)]
    highs: list[Tree] = []
    for name, bound in (("max", ratio.max), ("min", ratio.min)):
        if bound is None:
            continue
        steps += _counted(name, bound, keys, steps)
        passed, total = sql.col(f"{name}_passed"), sql.col(f"{name}_total")
        (lows if (name == "max") == (bound >= 0) else highs).append(passed if bound >= 0 else sql.sub(total, passed))
        highs.append(total.copy())
    low = exp.Greatest(this=lows[0], expressions=lows[1:], ignore_nulls=True) if lows[1:] else lows[0]
    high = exp.Least(this=highs[0], expressions=highs[1:], ignore_nulls=True) if highs[1:] else highs[0]
    chosen: list[Tree | str] = [*keys, "t", "row", sql.named(low, "low"), sql.named(high, "high")]
    return [*steps, ("runs", sql.query(chosen, steps[-1][0]))]


def _counted(name: str, bound: Decimal, keys: Sequence[str], before: Sequence[Step]) -> list[Step]:
    """Adds to the thens how many firsts of their match have bound x of below (max) or up to (min) their own `of`."""
    thens = before[-1][0] if before else "thens"
    kept = [column for step in before if step[0].endswith("_counts") for column in _columns_of(step[0])]
    twice = sql.binary(exp.Mul, _scaled(None, Decimal(1)), sql.whole(2))
    ends: list[Tree | str] = [*keys, "t", "row", "of", *kept, sql.named(twice, "level"), sql.named(sql.whole(0), "one")]
    times = sql.binary(exp.Mul, _scaled(None, bound), sql.whole(2))
    level = sql.add(times, sql.whole(1)) if name == "max" else times  # an equal one is not below
    nothing: list[Tree | str] = [
        sql.named(sql.null(kind), column) for column, kind in (("t", COUNT), ("row", COUNT), ("of", sql.NUMBER))
    ]
    starts: list[Tree | str] = [
        *keys, *nothing, *(sql.named(sql.null(COUNT), column) for column in kept), sql.named(level, "level"),
        sql.named(sql.whole(1), "one"),
    ]  # fmt: skip
    events = exp.Union(this=sql.query(ends, thens), expression=sql.query(starts, "firsts"), distinct=False)
    passed = sql.cast(sql.over(exp.Sum(this=sql.col("one")), keys, "level"), COUNT)
    total = sql.cast(sql.over(exp.Sum(this=sql.col("one")), keys), COUNT)
    names = _columns_of(f"{name}_counts")
    columns: list[Tree | str] = [
        *keys,
        "t",
        "row",
        "of",
        *kept,
        sql.named(passed, names[0]),
        sql.named(total, names[1]),
    ]
    return [
        (f"{name}_events", sql.query(columns, events)),
        (f"{name}_counts", sql.query([exp.Star()], f"{name}_events", where=sql.is_present(sql.col("row")))),
    ]


def _columns_of(step: str) -> list[str]:
    name = step.removesuffix("_counts")
    return [f"{name}_passed", f"{name}_total"]


def _blocks(keys: Sequence[str], size: int) -> list[Step]:
    """`latest`, from the blocks of ranks that each run is made of."""
    length, far = sql.col("size", "levels"), sql.col("n", "ranked")
    of_first = sql.query(
        [
            *(sql.col(key, "ranked") for key in keys),
            sql.col("t", "ranked"),
            sql.named(sql.null(COUNT), "row"),
            sql.named(sql.col("t", "ranked"), "start"),
            length,
            sql.named(sql.binary(exp.IntDiv, sql.col("place", "ranked"), length.copy()), "block"),
        ],
        "ranked",
    )
    of_first.set("joins", [exp.Join(this=sql.table("levels"), on=exp.LTE(this=length.copy(), expression=far))])
    left = sql.binary(exp.IntDiv, sql.sub(sql.add(sql.col("low"), sql.col("size")), sql.whole(1)), sql.col("size"))
    right = sql.binary(exp.IntDiv, sql.col("high"), sql.col("size"))
    gap = sql.sub(sql.col("high", "runs"), sql.col("low", "runs"))
    spread = sql.query([sql.all_of("runs"), length.copy()], "runs")
    spread.set("joins", [exp.Join(this=sql.table("levels"), on=exp.LTE(this=length.copy(), expression=gap))])
    cut: list[Tree | str] = [*keys, "t", "row", "size", sql.named(left, "left"), sql.named(right, "right")]
    events = exp.Union(this=of_first, expression=_edge(keys, "left", 0), distinct=False)
    events = exp.Union(this=events, expression=_edge(keys, "right", 1), distinct=False)
    before = sql.over(exp.Max(this=sql.col("start")), [*keys, "size", "block"], "t", 1 - size, -1)
    is_found = sql.every([sql.is_present(sql.col("row")), sql.is_present(sql.col("before"))])
    latest = sql.named(exp.Max(this=sql.col("before")), "before")
    return [
        ("spread", spread),
        ("cuts", sql.query(cut, "spread")),
        ("looked", sql.query(["row", sql.named(before, "before")], events)),
        ("latest", sql.query(["row", latest], "looked", where=is_found, group=["row"])),
    ]


def _edge(keys: Sequence[str], side: str, less: int) -> exp.Select:
    """The block at one end of what is left of a run, where it does not fit into a block of twice the size."""
    block = sql.sub(sql.col(side), sql.whole(less)) if less else sql.col(side)
    odd = sql.binary(exp.EQ, sql.binary(exp.Mod, sql.col(side), sql.whole(2)), sql.whole(1))
    some = exp.LT(this=sql.col("left"), expression=sql.col("right"))
    columns: list[Tree | str] = [
        *keys,
        "t",
        "row",
        sql.named(sql.null(COUNT), "start"),
        "size",
        sql.named(block, "block"),
    ]
    return sql.query(columns, "cuts", where=sql.every([some, odd]))


def _levels() -> exp.Select:
    """size: 1, 2, 4, ..."""
    sizes: exp.Select | exp.Union | None = None
    for level in range(LEVELS):
        one = exp.Select(expressions=[sql.named(sql.cast(sql.whole(2**level), COUNT), "size")])
        sizes = one if sizes is None else exp.Union(this=sizes, expression=one, distinct=False)
    return sql.query(["size"], sizes or exp.Select())

"""The population deviation from exact sums, rounded half-even to 6 places, in 128-bit whole numbers.

With u the values in ten-thousandths and n of them, V = n x sum(u^2) - sum(u)^2 and the deviation in millionths is
100 x sqrt(V) / n. Where n x sum(u^2) needs more than 38 digits it overflows and is missing.
"""

from __future__ import annotations

from typing import TypeAlias

from sqlglot import exp

from compliance.engine import sql
from compliance.engine.sql import FLOAT, WIDE, Tree

Step: TypeAlias = tuple[str, exp.Select]
PART = 10**9
"""A value is held as high x PART + low, so that no sum of squares of its parts overflows."""
_LARGEST = 10**38 - 1
_SMALL = 10**33
"""Up to here 40,000 x V fits in 128 bits."""


def square_parts(units: Tree) -> dict[str, Tree]:
    """high^2, high x low and low^2 of a value in ten-thousandths; their sums give the sum of squares."""
    high = sql.binary(exp.IntDiv, units, sql.whole(PART))
    low = sql.binary(exp.Mod, units.copy(), sql.whole(PART))
    products = {"hh": (high, high.copy()), "hl": (high.copy(), low), "ll": (low.copy(), low.copy())}
    return {name: sql.cast(sql.binary(exp.Mul, *pair), WIDE) for name, pair in products.items()}


def deviation_steps(source: str) -> list[Step]:
    """Steps from `source`, which has n, total (the sum of units) and the sums hh, hl, ll, to `spread_out`, which adds
    `deviation`, a whole number of millionths."""
    columns: list[tuple[str, dict[str, Tree]]] = [
        ("squared", {"squares": _squares()}),
        ("multiplied", {"product": _product()}),
        ("varied", {"v": _when_known("product", sql.sub(sql.col("product"), _square("total")))}),
        ("widened", {"wide": _small(_times("v", 40_000), sql.col("v"))}),
        ("guessed", {"guess": _guess()}),
        ("parted", {"divided": sql.divided(sql.col("wide"), _nonzero("guess"))}),
        ("improved", {"near": _improved()}),
        ("rooted", {"root": _adjusted("near", exp.GT(this=_square("near"), expression=sql.col("wide")))}),
        ("left_over", {"rest": sql.sub(sql.col("wide"), _square("root"))}),
        ("fined", {"fine": _fine()}),
        ("refined", {"more": _adjusted("fine", exp.GT(this=_fine_square(), expression=_times("rest", 40_000)))}),
        ("summed_up", {"whole": _small(sql.col("root"), _added()), "exact": _exact()}),
        ("doubled", {"twice": sql.divided(sql.col("whole"), sql.cast(sql.col("n"), WIDE))}),
        ("halved", {"down": sql.divided(sql.col("twice"), sql.whole(2))}),
        ("spread_out", {"deviation": _rounded()}),
    ]
    steps: list[Step] = []
    for name, added in columns:
        named = [sql.named(tree, column) for column, tree in added.items()]
        steps.append((name, sql.query([exp.Star(), *named], source)))
        source = name
    return steps


def _squares() -> Tree:
    """hh x 10^18 + 2 x hl x 10^9 + ll, where it fits."""
    high = _times("hh", PART**2)
    middle = _times("hl", 2 * PART)
    fits = exp.LTE(this=sql.col("hh"), expression=sql.whole(10**20))
    return sql.when(fits, sql.add(sql.add(high, middle), sql.col("ll")))


def _product() -> Tree:
    """n x squares, where it needs at most 38 digits."""
    most = sql.divided(sql.whole(_LARGEST), sql.col("n"))
    fits = sql.every(
        [
            exp.GT(this=sql.col("n"), expression=sql.whole(0)),
            sql.binary(exp.LTE, sql.col("squares"), most),
        ]
    )
    return sql.when(fits, sql.binary(exp.Mul, sql.cast(sql.col("n"), WIDE), sql.col("squares")))


def _guess() -> Tree:
    root = exp.Sqrt(this=sql.cast(sql.col("wide"), FLOAT))
    return sql.cast(root, WIDE)


def _improved() -> Tree:
    """One step of Newton's from a guess of 53 bits: the root's whole part, or 1 above."""
    mean = sql.divided(sql.add(sql.col("guess"), sql.col("divided")), sql.whole(2))
    return sql.when(exp.GT(this=sql.col("guess"), expression=sql.whole(0)), mean, sql.cast(sql.whole(0), WIDE))


def _fine() -> Tree:
    """For a large V: the k of 200 x sqrt(V) = 200 x root + k, or 1 above."""
    divided = sql.divided(_times("rest", 100), _nonzero("root"))
    return exp.Coalesce(this=divided, expressions=[sql.cast(sql.whole(0), WIDE)])


def _fine_square() -> Tree:
    """(200 x root + fine)^2 - (200 x root)^2"""
    return _grown("fine")


def _grown(fine: str) -> Tree:
    first = sql.binary(exp.Mul, _times("root", 400), sql.col(fine))
    return sql.add(first, _square(fine))


def _added() -> Tree:
    return sql.add(_times("root", 200), sql.col("more"))


def _exact() -> Tree:
    """Whether `whole` is the root itself: nothing was cut off."""
    small = exp.EQ(this=sql.col("rest"), expression=sql.whole(0))
    return _small(small, sql.binary(exp.EQ, _grown("more"), _times("rest", 40_000)))


def _rounded() -> Tree:
    """whole / n is `twice` the deviation in millionths: even is cut off rightly, odd is a half or more."""
    twice, down = sql.col("twice"), sql.col("down")
    rest = sql.binary(exp.Mod, sql.col("whole"), sql.cast(sql.col("n"), WIDE))
    is_half = sql.every([sql.col("exact"), sql.binary(exp.EQ, rest, sql.whole(0))])
    to_even = sql.binary(exp.EQ, sql.binary(exp.Mod, down.copy(), sql.whole(2)), sql.whole(0))
    odd = sql.binary(exp.EQ, sql.binary(exp.Mod, twice.copy(), sql.whole(2)), sql.whole(1))
    up = sql.every([odd, sql.negate(sql.every([is_half, to_even]))])
    return sql.add(down, sql.when(up, sql.whole(1), sql.whole(0)))


def _adjusted(name: str, too_large: Tree) -> Tree:
    return sql.sub(sql.col(name), sql.when(too_large, sql.whole(1), sql.whole(0)))


def _small(then: Tree, otherwise: Tree) -> Tree:
    return sql.when(exp.LT(this=sql.col("v"), expression=sql.whole(_SMALL)), then, otherwise)


def _when_known(name: str, tree: Tree) -> Tree:
    return sql.when(sql.is_present(sql.col(name)), tree)


def _square(name: str) -> Tree:
    return sql.binary(exp.Mul, sql.col(name), sql.col(name))


def _times(name: str, factor: int) -> Tree:
    return sql.binary(exp.Mul, sql.col(name), sql.cast(sql.whole(factor), WIDE))


def _nonzero(name: str) -> Tree:
    return exp.Nullif(this=sql.col(name), expression=sql.whole(0))

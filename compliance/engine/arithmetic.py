"""Expressions as exact whole numbers: a value of p decimals is held as value x 10^p, in 128 bits.

Sums and products are exact; a quotient is rounded half-even to 6 decimals; what needs more than 38 digits, or
divides by zero, is missing. A part that is used twice becomes a column of its own first, so that no tree grows
faster than its expression.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from compliance.engine import sql
from compliance.engine.expressions import (
    FIELD_PLACES,
    QUOTIENT_PLACES,
    Binary,
    Call,
    Constant,
    Field,
    Negative,
    Term,
    places_of,
)
from compliance.engine.inputs import Inputs
from compliance.engine.sql import SUM, WIDE, Tree

LARGEST = 10**38 - 1
"""The largest whole number of 38 digits."""
_FIELD_LARGEST = 10**18 - 1


@dataclass(frozen=True)
class Scaled:
    """value x 10^places as `tree`, at most `largest` in size; readable once `layer` layers of columns are there."""

    tree: Tree
    places: int
    largest: int
    layer: int = 0


def compared_places(term: Term) -> int:
    """The decimals at which the term is compared: its own, and no fewer than a literal may have."""
    return max(QUOTIENT_PLACES, places_of(term))


def scaled_value(term: Term, inputs: Inputs) -> Scaled:
    """The term over the columns that `inputs` hands out, with `compared_places`."""
    compiler = _Compiler(inputs)
    return compiler.at(compiler.value(term), compared_places(term))


class _Compiler:
    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs

    def value(self, term: Term) -> Scaled:
        match term:
            case Field(name):
                whole = sql.binary(exp.Mul, sql.cast(self.inputs.number(name), SUM), sql.whole(10**FIELD_PLACES))
                return Scaled(sql.cast(whole, WIDE), FIELD_PLACES, _FIELD_LARGEST)
            case Constant(value):
                places = places_of(term)
                number = int(value.scaleb(places))
                return Scaled(sql.cast(sql.whole(number), WIDE), places, abs(number))
            case Negative(of):
                inside = self.value(of)
                return Scaled(exp.Neg(this=sql.paren(inside.tree)), inside.places, inside.largest, inside.layer)
            case Binary("*", left, right):
                return self.product(self.value(left), self.value(right))
            case Binary("/", left, right):
                return self.quotient(self.value(left), self.value(right))
            case Binary(sign, left, right):
                return self.sum(sign, self.value(left), self.value(right))
            case Call(function, arguments):
                return self.call(function, [self.value(argument) for argument in arguments])

    def sum(self, sign: str, left: Scaled, right: Scaled) -> Scaled:
        places = max(left.places, right.places)
        left, right = self.at(left, places), self.at(right, places)
        kind = exp.Add if sign == "+" else exp.Sub
        largest, layer = left.largest + right.largest, max(left.layer, right.layer)
        if largest <= LARGEST:
            return Scaled(sql.binary(kind, left.tree, right.tree), places, largest, layer)
        left, right = self.column(left), self.column(right)
        # Halves are added first: the whole sum of two such numbers may not fit in 128 bits.
        halves = sql.binary(kind, _half(left.tree), _half(right.tree))
        near = _within(halves, LARGEST // 2 + 1)
        layer = max(left.layer, right.layer)
        whole = self.column(Scaled(sql.when(near, sql.binary(kind, left.tree, right.tree)), places, LARGEST, layer))
        return Scaled(sql.when(_within(whole.tree, LARGEST), whole.tree.copy()), places, LARGEST, whole.layer)

    def product(self, left: Scaled, right: Scaled) -> Scaled:
        places, largest = left.places + right.places, left.largest * right.largest
        if largest <= LARGEST:
            tree = sql.binary(exp.Mul, left.tree, right.tree)
            return Scaled(tree, places, largest, max(left.layer, right.layer))
        left, right = self.column(left), self.column(right)
        size = exp.Nullif(this=exp.Abs(this=right.tree.copy()), expression=sql.whole(0))
        most = sql.divided(sql.whole(LARGEST), size)
        fits = sql.binary(exp.LTE, exp.Abs(this=left.tree.copy()), most)
        test = sql.some([sql.binary(exp.EQ, right.tree.copy(), sql.whole(0)), fits])
        tree = sql.when(test, sql.binary(exp.Mul, left.tree, right.tree))
        return Scaled(tree, places, LARGEST, max(left.layer, right.layer))

    def quotient(self, left: Scaled, right: Scaled) -> Scaled:
        shift = QUOTIENT_PLACES + right.places - left.places
        top = self.column(self.times(left, max(shift, 0)))
        bottom = self.column(self.times(right, max(-shift, 0)))
        layer = max(top.layer, bottom.layer)
        divisor = exp.Nullif(this=exp.Abs(this=bottom.tree), expression=sql.whole(0))
        size = self.column(Scaled(divisor, 0, LARGEST, layer))
        whole = self.column(Scaled(sql.divided(exp.Abs(this=top.tree), size.tree), 0, top.largest, size.layer))
        rounded = _half_even(whole.tree, exp.Abs(this=top.tree.copy()), size.tree.copy())
        alike = sql.binary(exp.EQ, _is_negative(top.tree), _is_negative(bottom.tree))
        quotient = self.column(Scaled(rounded, 0, top.largest + 1, whole.layer))
        tree = sql.when(alike, quotient.tree, exp.Neg(this=quotient.tree.copy()))
        return Scaled(tree, QUOTIENT_PLACES, top.largest + 1, quotient.layer)

    def call(self, function: str, parts: list[Scaled]) -> Scaled:
        places = max(part.places for part in parts)
        parts = [self.column(self.at(part, places)) for part in parts]
        largest, layer = max(part.largest for part in parts), max(part.layer for part in parts)
        first, *others = (part.tree for part in parts)
        if function == "abs":
            return Scaled(exp.Abs(this=first), places, largest, layer)
        choose = exp.Least if function == "min" else exp.Greatest
        chosen = choose(this=first, expressions=others, ignore_nulls=True)
        known = sql.every([sql.is_present(part.tree.copy()) for part in parts])
        return Scaled(sql.when(known, chosen), places, largest, layer)

    def at(self, part: Scaled, places: int) -> Scaled:
        """The same value with more decimals."""
        scaled = self.times(part, places - part.places)
        return Scaled(scaled.tree, places, scaled.largest, scaled.layer)

    def times(self, part: Scaled, power: int) -> Scaled:
        """part x 10^power as a whole number; missing where that overflows."""
        if power <= 0:
            return part
        largest = part.largest * 10**power
        if largest > LARGEST:
            part = self.column(part)
        tree = sql.binary(exp.Mul, part.tree, sql.whole(10**power))
        if largest > LARGEST:
            tree = sql.when(_within(part.tree.copy(), LARGEST // 10**power), tree)
        return Scaled(tree, part.places, min(largest, LARGEST), part.layer)

    def column(self, part: Scaled) -> Scaled:
        """The part as a column, readable one layer later; a column stays itself."""
        if isinstance(part.tree, exp.Column):
            return Scaled(part.tree.copy(), part.places, part.largest, part.layer)
        return Scaled(self.inputs.calculated(part.tree, part.layer), part.places, part.largest, part.layer + 1)


def _within(tree: Tree, most: int) -> Tree:
    return exp.LTE(this=exp.Abs(this=tree), expression=sql.whole(most))


def _half(tree: Tree) -> Tree:
    return sql.divided(tree.copy(), sql.whole(2))


def _is_negative(tree: Tree) -> Tree:
    return exp.LT(this=tree.copy(), expression=sql.whole(0))


def _half_even(quotient: Tree, top: Tree, bottom: Tree) -> Tree:
    """top / bottom rounded half-even, from the `quotient` without its fraction; top >= 0, bottom > 0. Nothing is
    doubled: bottom may be as large as can be."""
    rest = sql.binary(exp.Mod, top, bottom)
    left = sql.sub(bottom.copy(), rest)
    odd = sql.binary(exp.EQ, sql.binary(exp.Mod, quotient.copy(), sql.whole(2)), sql.whole(1))
    more = sql.binary(exp.GT, rest.copy(), left)
    tie = sql.binary(exp.EQ, rest.copy(), left.copy())
    up = sql.some([more, sql.every([tie, odd])])
    return sql.add(quotient, sql.when(up, sql.whole(1), sql.whole(0)))

"""The oracle's arithmetic: "+ - * / ( ) abs min max, numbers and fields; parsed, never evaluated as code"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.compliance.oracle_ledger import Ledger
from tests.compliance.oracle_values import half_even

TOKEN = re.compile(r"[0-9]+(?:\.[0-9]+)?|[A-Za-z_][A-Za-z0-9_]*|[-+*/(),]")
FUNCTIONS: dict[str, Callable[..., Any]] = {"abs": lambda each: abs(each), "min": min, "max": max}
FIELD_PLACES, QUOTIENT_PLACES, DIGITS = 4, 6, 38


@dataclass(frozen=True)
class Number:
    """An exact value, missing where `value` is None, and the decimal places its calculation has."""

    value: Fraction | None
    places: int


def fits(value: Fraction, places: int) -> bool:
    """Whether `value` needs at most 38 digits, `places` of them behind the point."""
    return bool(abs(value) * 10**places < 10**DIGITS)


def result(value: Fraction, places: int, *parts: Number) -> Number:
    """The page: "overflow [is] missing": of the result, and of a part brought to the result's places."""
    inside = all(fits(part.value, places) for part in parts if part.value is not None)
    return Number(value if inside and fits(value, places) else None, places)


def combine(function: Callable[..., Any], *parts: Number) -> Number:
    """What keeps places: sums, differences, abs, min and max; missing as soon as one part is missing."""
    places = max(part.places for part in parts)
    if any(part.value is None for part in parts):
        return Number(None, places)
    return result(function(*(part.value for part in parts)), places, *parts)


def product(left: Number, right: Number) -> Number:
    places = left.places + right.places
    if left.value is None or right.value is None:
        return Number(None, places)
    return result(left.value * right.value, places)


def quotient(left: Number, right: Number) -> Number:
    """The page: "ratios are computed from exact sums and rounded half-even to 6 places before they are compared";
    "Division ... by zero, and overflow, are missing": a numerator or denominator that needs more than 38 digits,
    both brought to whole numbers whose quotient has the six places, overflows too."""
    if left.value is None or right.value is None or right.value == 0:
        return Number(None, QUOTIENT_PLACES)
    shift = QUOTIENT_PLACES + right.places - left.places
    numerator = left.value * 10 ** (left.places + max(shift, 0))
    denominator = right.value * 10 ** (right.places + max(-shift, 0))
    if not (fits(numerator, 0) and fits(denominator, 0)):
        return Number(None, QUOTIENT_PLACES)
    return Number(Fraction(half_even(left.value / right.value, QUOTIENT_PLACES)), QUOTIENT_PLACES)


def literal(text: str) -> Number:
    """A number as it is written: 1.50 has two places."""
    return Number(Fraction(text), len(text.partition(".")[2]))


class Expression:
    """One expression on one record, from left to right, products before sums."""

    def __init__(self, source: str, ledger: Ledger, index: int) -> None:
        self.tokens = TOKEN.findall(source)
        self.ledger, self.index = ledger, index

    def value(self) -> Decimal | None:
        """The value, or None: "missing" as soon as a field in it is missing, and where it cannot be."""
        number = self.sum()
        assert not self.tokens, f"left over: {self.tokens}"
        if number.value is None:
            return None
        return Decimal(number.value.numerator) / Decimal(number.value.denominator)

    def sum(self) -> Number:
        total = self.product()
        while self.tokens and self.tokens[0] in "+-":
            sign = self.tokens.pop(0)
            term = self.product()
            total = combine(lambda a, b, sign=sign: a + b if sign == "+" else a - b, total, term)
        return total

    def product(self) -> Number:
        total = self.factor()
        while self.tokens and self.tokens[0] in "*/":
            sign = self.tokens.pop(0)
            factor = self.factor()
            total = product(total, factor) if sign == "*" else quotient(total, factor)
        return total

    def factor(self) -> Number:
        token = self.tokens.pop(0)
        if token in "+-":
            inside = self.factor()
            return inside if token == "+" else combine(lambda each: -each, inside)
        if token == "(":
            inside = self.sum()
            assert self.tokens.pop(0) == ")"
            return inside
        if token in FUNCTIONS and self.tokens[:1] == ["("]:
            return self.call(FUNCTIONS[token])
        return literal(token) if token[0].isdigit() else self.field(token)

    def call(self, function: Callable[..., Any]) -> Number:
        parts = []
        while self.tokens.pop(0) in "(,":
            parts.append(self.sum())
            assert self.tokens[0] in ",)"
        return combine(function, *parts) if len(parts) > 1 or function is FUNCTIONS["abs"] else parts[0]

    def field(self, name: str) -> Number:
        number = self.ledger.number(name, self.index)
        return Number(None if number is None else Fraction(number), FIELD_PLACES)

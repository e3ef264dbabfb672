"""Arithmetic in a condition: `abs(oldbalanceOrg - amount - newbalanceOrig)`. Parsed, never run as code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from compliance.engine.faults import BadValue, nearest
from compliance.engine.fields import field_name
from compliance.engine.literals import clean_text, exact_number, json_number

MAX_LENGTH = 1_000
MAX_DEPTH = 32
MAX_TOKENS = 200
MAX_PLACES = 24
"""Decimals a product may have: six fields multiplied. More would overflow whatever the values are."""
FIELD_PLACES = 4
QUOTIENT_PLACES = 6
FUNCTIONS = {"abs": (1, 1), "min": (2, 16), "max": (2, 16)}
"""Name -> fewest and most arguments."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>[0-9]{1,20}(?:\.[0-9]{1,10})?)|(?P<name>[^\W\d][\w.]*)"""
    r"""|"(?P<quoted>[^"]+)"|(?P<sign>[-+*/(),]))"""
)


@dataclass(frozen=True, slots=True)
class Field:
    """The number a record has in a field."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    value: Decimal


@dataclass(frozen=True, slots=True)
class Negative:
    of: Term


@dataclass(frozen=True, slots=True)
class Binary:
    sign: str
    left: Term
    right: Term


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Term, ...]


Term: TypeAlias = Field | Constant | Negative | Binary | Call


def parse_expression(raw: object) -> Term:
    """Reads + - * / ( ) abs min max over fields and numbers; raises BadValue with what to write instead.

    A field whose name is not one word is written in double quotes.
    """
    return _Parser(clean_text(raw, most=MAX_LENGTH, least=1)).parse()


def fields_of(term: Term) -> Iterator[str]:
    """Every field name in the expression, repeats included."""
    match term:
        case Field(name):
            yield name
        case Constant():
            return
        case Negative(of):
            yield from fields_of(of)
        case Binary(_, left, right):
            yield from fields_of(left)
            yield from fields_of(right)
        case Call(_, arguments):
            for argument in arguments:
                yield from fields_of(argument)


def text_of(term: Term) -> str:
    """The expression in canonical spelling: parsing it again gives the same tree."""
    match term:
        case Field(name):
            return name if re.fullmatch(r"[^\W\d][\w.]*", name) else f'"{name}"'
        case Constant(value):
            return str(json_number(value))
        case Negative(of):
            return f"-{_wrapped(of)}"
        case Binary(sign, left, right):
            is_sum_in_product = sign in "*/" and isinstance(left, Binary) and left.sign in "+-"
            return f"{_wrapped(left) if is_sum_in_product else text_of(left)} {sign} {_wrapped(right)}"
        case Call(function, arguments):
            return f"{function}({', '.join(map(text_of, arguments))})"


def places_of(term: Term) -> int:
    """The decimals an exact value of the term has: those of a sum's finest part, of a product's parts together."""
    match term:
        case Field():
            return FIELD_PLACES
        case Constant(value):
            exponent = value.normalize().as_tuple().exponent
            return max(0, -exponent) if isinstance(exponent, int) else 0
        case Negative(of):
            return places_of(of)
        case Binary("*", left, right):
            return places_of(left) + places_of(right)
        case Binary("/"):
            return QUOTIENT_PLACES
        case Binary(_, left, right):
            return max(places_of(left), places_of(right))
        case Call(_, arguments):
            return max(map(places_of, arguments))


def has_product(term: Term) -> bool:
    """Whether the expression multiplies or divides."""
    match term:
        case Negative(of):
            return has_product(of)
        case Binary(sign, left, right):
            return sign in "*/" or has_product(left) or has_product(right)
        case Call(_, arguments):
            return any(map(has_product, arguments))
    return False


def _wrapped(term: Term) -> str:
    return f"({text_of(term)})" if isinstance(term, Binary | Negative) else text_of(term)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text.rstrip()
        self.tokens = self._tokens()
        self.position = 0

    def _tokens(self) -> list[tuple[str, str]]:
        tokens, start = [], 0
        while start < len(self.text):
            found = _TOKEN.match(self.text, start)
            if not found:
                raise BadValue(f"cannot be read from character {start + 1}: {self.text[start : start + 20]!r}")
            tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
            start = found.end()
        if len(tokens) > MAX_TOKENS:
            raise BadValue(f"has more than {MAX_TOKENS} parts; split it over several rules")
        return tokens

    def parse(self) -> Term:
        term = self._sum(0)
        if self.position < len(self.tokens):
            raise BadValue(f"has {self._peek()!r} where + - * / or the end was expected")
        if not any(fields_of(term)):
            raise BadValue("names no field; an expression compares at least one")
        return term

    def _peek(self) -> str:
        return self.tokens[self.position][1] if self.position < len(self.tokens) else ""

    def _is_sign(self, signs: str) -> bool:
        return self.position < len(self.tokens) and self.tokens[self.position][0] == "sign" and self._peek() in signs

    def _take(self) -> tuple[str, str]:
        if self.position >= len(self.tokens):
            raise BadValue("ends too early; a field, a number or a bracket is missing")
        self.position += 1
        return self.tokens[self.position - 1]

    def _expect(self, sign: str) -> None:
        if not self._is_sign(sign):
            raise BadValue(f"needs {sign!r} before {self._peek() or 'its end'!r}")
        self.position += 1

    def _sum(self, depth: int) -> Term:
        if depth > MAX_DEPTH:
            raise BadValue(f"is nested more than {MAX_DEPTH} deep")
        left = self._product(depth)
        while self._is_sign("+-"):
            left = Binary(self._take()[1], left, self._product(depth))
        return left

    def _product(self, depth: int) -> Term:
        left = self._atom(depth)
        while self._is_sign("*/"):
            left = Binary(self._take()[1], left, self._atom(depth))
            if places_of(left) > MAX_PLACES:
                raise BadValue(f"multiplies more than {MAX_PLACES // FIELD_PLACES} fields; split it")
        return left

    def _atom(self, depth: int) -> Term:
        kind, text = self._take()
        if kind == "number":
            return Constant(exact_number(Decimal(text)))
        if kind == "quoted":
            return Field(field_name(text))
        if kind == "name":
            return self._call(text, depth) if self._is_sign("(") else Field(field_name(text))
        if text == "(":
            inner = self._sum(depth + 1)
            self._expect(")")
            return inner
        if text == "-":
            if depth >= MAX_DEPTH:
                raise BadValue(f"is nested more than {MAX_DEPTH} deep")
            return Negative(self._atom(depth + 1))
        raise BadValue(f"has {text!r} where a field, a number or '(' was expected")

    def _call(self, name: str, depth: int) -> Term:
        if name not in FUNCTIONS:
            raise BadValue(f"unknown function {name!r}; use abs, min or max{nearest(name, FUNCTIONS)}")
        self._expect("(")
        arguments = [self._sum(depth + 1)]
        while self._is_sign(","):
            self.position += 1
            arguments.append(self._sum(depth + 1))
        self._expect(")")
        fewest, most = FUNCTIONS[name]
        if not fewest <= len(arguments) <= most:
            raise BadValue(f"{name} takes {fewest} to {most} values, not {len(arguments)}")
        return Call(name, tuple(arguments))

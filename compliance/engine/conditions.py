"""Conditions: a leaf compares a field or an expression, AND / OR / NOT combine them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from compliance.engine.expressions import Field, Term, fields_of, text_of
from compliance.engine.literals import json_number
from compliance.engine.operators import Operator

Scalar: TypeAlias = str | bool | Decimal
"""A literal; numbers are exact."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One comparison. `value` is a literal, a tuple of literals, another field, or None for presence."""

    subject: Term
    operator: Operator
    value: Scalar | tuple[Scalar, ...] | Field | None = None
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class Branch:
    """All or any of `parts`, three-valued as in SQL."""

    kind: Literal["AND", "OR"]
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    of: Condition


Condition: TypeAlias = Leaf | Branch | Negation


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Every leaf below, in the order written."""
    match condition:
        case Leaf():
            yield condition
        case Negation(of):
            yield from leaves(of)
        case Branch(_, parts):
            for part in parts:
                yield from leaves(part)


def leaf_fields(leaf: Leaf) -> frozenset[str]:
    """The fields one comparison reads."""
    other = {leaf.value.name} if isinstance(leaf.value, Field) else set()
    return frozenset({*fields_of(leaf.subject), *other})


def condition_fields(condition: Condition | None) -> frozenset[str]:
    """Every field the condition reads; none without a condition."""
    if condition is None:
        return frozenset()
    return frozenset(name for leaf in leaves(condition) for name in leaf_fields(leaf))


def canonical_condition(condition: Condition) -> dict[str, Any]:
    """The condition as JSON in its one spelling; reading it again gives an equal condition."""
    match condition:
        case Branch(kind, parts):
            return {kind: [canonical_condition(part) for part in parts]}
        case Negation(of):
            return {"NOT": canonical_condition(of)}
    leaf: dict[str, Any] = (
        {"field": condition.subject.name}
        if isinstance(condition.subject, Field)
        else {"expr": text_of(condition.subject)}
    )
    leaf["operator"] = str(condition.operator)
    match condition.value:
        case None:
            pass
        case Field(name):
            leaf |= {"value": name, "value_type": "field"}
        case tuple(items):
            leaf["value"] = [_json(item) for item in items]
        case scalar:
            leaf["value"] = _json(scalar)
    if condition.ignore_case:
        leaf["ignore_case"] = True
    return leaf


def _json(value: Scalar) -> str | bool | int | float:
    return json_number(value) if isinstance(value, Decimal) else value

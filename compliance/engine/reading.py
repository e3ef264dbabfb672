"""Reads a condition from JSON and names every fault by its path. Bounded: input may be hostile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from compliance.engine.conditions import Branch, Condition, Leaf, Negation
from compliance.engine.expressions import Field, Term, parse_expression
from compliance.engine.faults import BadValue, Faults, join, nearest, show
from compliance.engine.fields import field_name
from compliance.engine.operands import Operand, read_operand
from compliance.engine.operators import (
    ALIASES,
    EQUALITY,
    LISTS,
    MEMBERSHIP,
    PARTS,
    TAKES_EXPRESSION,
    Operator,
)

MAX_DEPTH = 32
MAX_LEAVES = 1_000
"""Comparisons in one condition."""
LEAF_KEYS = ("field", "expr", "operator", "value", "value_type", "ignore_case")
BRANCHES = ("AND", "OR", "NOT")


def read_condition(raw: object, path: str, faults: Faults) -> Condition | None:
    """The condition written in `raw`, or None after adding what is wrong with it to `faults`."""
    return _Reader(faults).condition(raw, path, 1)


class _Reader:
    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.leaves = 0

    def condition(self, raw: object, path: str, depth: int) -> Condition | None:
        if depth > MAX_DEPTH:
            self.faults.add(path, f"conditions are nested more than {MAX_DEPTH} deep; flatten them")
            return None
        if not isinstance(raw, Mapping):
            wanted = "an object with field, operator and value, or with AND, OR or NOT"
            self.faults.add(path, f"must be {wanted}, not {show(raw)}")
            return None
        named = [key for key in BRANCHES if key in raw]
        if not named:
            return self.leaf(raw, path)
        if len(raw) > 1:
            self.faults.add(path, f"{named[0]} stands alone in its object; move the rest inside it")
            return None
        inner, path = raw[named[0]], join(path, named[0])
        if named[0] == "NOT":
            condition = self.condition(inner, path, depth + 1)
            return None if condition is None else Negation(condition)
        return self.branch("AND" if named[0] == "AND" else "OR", inner, path, depth)

    def branch(self, kind: Literal["AND", "OR"], parts: object, path: str, depth: int) -> Condition | None:
        if not isinstance(parts, list | tuple) or not parts:
            self.faults.add(path, "must be a list with at least one condition")
            return None
        if self.leaves + len(parts) > MAX_LEAVES:
            self.too_many(path)
            return None
        read = [self.condition(part, join(path, index), depth + 1) for index, part in enumerate(parts)]
        return Branch(kind, tuple(part for part in read if part is not None))

    def leaf(self, raw: Mapping[Any, object], path: str) -> Condition | None:
        self.leaves += 1
        if self.leaves > MAX_LEAVES:
            self.too_many(path)
            return None
        for key in [key for key in raw if key not in LEAF_KEYS]:
            hint = nearest(key, (*LEAF_KEYS, *BRANCHES))
            self.faults.add(path, f"unknown key {show(key)}; a comparison has {listed(LEAF_KEYS)}{hint}")
        subject, operator = self.subject(raw, path), self.operator(raw, path)
        if subject is None or operator is None:
            return None
        try:
            value = read_operand(raw, operator)
        except BadValue as bad:
            self.faults.add(join(path, "value"), str(bad))
            return None
        return Leaf(subject, operator, value, self.ignore_case(raw, path, operator, value))

    def too_many(self, path: str) -> None:
        self.faults.add(path, f"holds more than {MAX_LEAVES} comparisons; use 'in', or several rules")

    def subject(self, raw: Mapping[Any, object], path: str) -> Term | None:
        if ("field" in raw) == ("expr" in raw):
            self.faults.add(join(path, "field"), "a comparison names one field, or else one expr")
            return None
        key = "field" if "field" in raw else "expr"
        try:
            return Field(field_name(raw[key])) if key == "field" else parse_expression(raw[key])
        except BadValue as bad:
            self.faults.add(join(path, key), str(bad))
            return None

    def operator(self, raw: Mapping[Any, object], path: str) -> Operator | None:
        word, path = raw.get("operator"), join(path, "operator")
        if not isinstance(word, str) or word not in {*Operator, *ALIASES}:
            hint = nearest(word, (*Operator, *ALIASES))
            self.faults.add(path, f"unknown operator {show(word)}; use one of {listed(Operator)}{hint}")
            return None
        operator = ALIASES[word] if word in ALIASES else Operator(word)
        if "expr" in raw and operator not in TAKES_EXPRESSION:
            allowed = listed(op for op in Operator if op in TAKES_EXPRESSION)
            self.faults.add(path, f"'{operator}' cannot follow an expr; use one of {allowed}")
            return None
        return operator

    def ignore_case(self, raw: Mapping[Any, object], path: str, operator: Operator, value: Operand) -> bool:
        flag, path = raw.get("ignore_case", False), join(path, "ignore_case")
        if not isinstance(flag, bool):
            self.faults.add(path, f"must be true or false, not {show(flag)}")
            return False
        compares_text = operator in EQUALITY | MEMBERSHIP | LISTS and _has_text(value)
        if flag and operator == Operator.MATCHES:
            self.faults.add(path, "does not apply to matches; begin the pattern with (?i)")
        elif flag and not compares_text and operator not in PARTS:
            self.faults.add(path, "applies to comparisons of text only; remove it")
        return flag and compares_text


def listed(words: Iterable[str]) -> str:
    return " ".join(words)


def _has_text(value: Operand) -> bool:
    items = value if isinstance(value, tuple) else (value,)
    return any(isinstance(item, str | Field) for item in items)

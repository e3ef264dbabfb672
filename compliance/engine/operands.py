"""Reads what a comparison compares with: its `value` and `value_type`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from compliance.engine.conditions import Scalar
from compliance.engine.expressions import Field
from compliance.engine.faults import BadValue, show
from compliance.engine.fields import field_name
from compliance.engine.literals import (
    CONDITION_PLACES,
    EXPRESSION_PLACES,
    MAX_TEXT,
    clean_text,
    exact_number,
    is_time,
    number_in_text,
)
from compliance.engine.operators import (
    AGES,
    LISTS,
    MEMBERSHIP,
    ORDERING,
    PARTS,
    PRESENCE,
    RANGES,
    TAKES_FIELD,
    Operator,
)
from compliance.engine.patterns import check_pattern

MAX_LITERALS = 10_000
"""Literals in one list."""
MAX_DAYS = 100_000
LIST_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")

Operand: TypeAlias = Scalar | tuple[Scalar, ...] | Field | None


def read_operand(raw: Mapping[Any, object], operator: Operator) -> Operand:
    """The value `operator` compares with, checked for it; raises BadValue with what to write instead."""
    value = raw.get("value")
    if operator in PRESENCE:
        if value is not None:
            raise BadValue(f"'{operator}' takes no value; remove it")
        return None
    if "value" not in raw:
        raise BadValue(f"'{operator}' needs a value to compare with")
    if _is_field(raw):
        if operator not in TAKES_FIELD:
            raise BadValue(f"'{operator}' compares with literals; remove value_type or use another operator")
        return Field(field_name(value))
    operand = _literal(value, operator, EXPRESSION_PLACES if "expr" in raw else CONDITION_PLACES)
    if "expr" in raw:
        for item in operand if isinstance(operand, tuple) else (operand,):
            if not isinstance(item, Decimal):
                raise BadValue(f"an expr is compared with numbers, not {show(item)}")
    return operand


def _is_field(raw: Mapping[Any, object]) -> bool:
    kind = raw.get("value_type", "literal")
    if kind not in ("literal", "field"):
        raise BadValue(f"value_type is 'literal' or 'field', not {show(kind)}")
    return kind == "field"


def _literal(value: object, operator: Operator, places: int) -> Scalar | tuple[Scalar, ...]:
    if operator in AGES:
        return exact_number(value, limit=MAX_DAYS, least=0)
    if operator == Operator.IS_ROUND:
        number = exact_number(value, places=places)
        if number <= 0:
            raise BadValue("must be above 0, such as 1000")
        return number
    if operator == Operator.MATCHES:
        return check_pattern(value)
    if operator in PARTS:
        return clean_text(value, least=1)
    if operator in LISTS:
        return _list_name(value)
    if operator in RANGES:
        return _pair(value, places)
    if operator in MEMBERSHIP:
        return _members(value, operator, places)
    return _orderable(value, operator, places) if operator in ORDERING else _scalar(value, places)


def _list_name(value: object) -> str:
    if not isinstance(value, str) or not LIST_NAME.fullmatch(value):
        raise BadValue(f"must be the name of a reference list (letters, digits, '.', '_' and '-'), not {show(value)}")
    return value


def _scalar(value: object, places: int) -> Scalar:
    if isinstance(value, str):
        return clean_text(value, most=MAX_TEXT)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal):
        return exact_number(value, places=places)
    raise BadValue(f"must be text, a number, true or false, not {show(value)}")


def _orderable(value: object, operator: Operator, places: int) -> Scalar:
    scalar = _scalar(value, places)
    if isinstance(scalar, bool):
        raise BadValue(f"'{operator}' orders numbers or times, not {show(scalar)}; use == or !=")
    if isinstance(scalar, str):
        number = number_in_text(scalar)
        if number is not None:
            exact_number(number)
        elif not is_time(scalar):
            raise BadValue(
                f"'{operator}' needs a number, or text that reads as a number or an ISO 8601 time, not {show(scalar)}"
            )
    return scalar


def _pair(value: object, places: int) -> tuple[Scalar, ...]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise BadValue(f"must be a list of two, [lowest, highest], not {show(value)}")
    low, high = (_orderable(item, Operator.BETWEEN, places) for item in value)
    bounds = [number_in_text(b) if isinstance(b, str) else b for b in (low, high)]
    if isinstance(low, str) != isinstance(high, str) or (bounds[0] is None) != (bounds[1] is None):
        raise BadValue("needs two numbers or two times, written the same way")
    if isinstance(bounds[0], Decimal) and isinstance(bounds[1], Decimal) and bounds[0] > bounds[1]:
        raise BadValue(f"has its bounds the wrong way round; write [{show(value[1])}, {show(value[0])}]")
    return low, high


def _members(value: object, operator: Operator, places: int) -> tuple[Scalar, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise BadValue(f"'{operator}' needs a list with at least one literal, not {show(value)}")
    if len(value) > MAX_LITERALS:
        raise BadValue(f"holds {len(value)} literals; at most {MAX_LITERALS} are allowed")
    members = []
    for index, item in enumerate(value):
        try:
            members.append(_scalar(item, places))
        except BadValue as bad:
            raise BadValue(f"item {index} {bad}") from bad
    return tuple(members)

"""The oracle's conditions: three-valued, one leaf at a time. None is "unknown" throughout."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from tests.compliance.oracle_expressions import Expression
from tests.compliance.oracle_ledger import Ledger
from tests.compliance.oracle_values import HOUR, read_number, read_time

Condition = dict[str, Any]
Comparable = Decimal | int | str

ALIASES = {
    **dict.fromkeys(["equals", "equal", "eq"], "=="),
    **dict.fromkeys(["not_equals", "not_equal", "neq", "ne"], "!="),
    **dict.fromkeys(["greater_than", "gt"], ">"),
    **dict.fromkeys(["greater_than_or_equal", "gte"], ">="),
    **dict.fromkeys(["less_than", "lt"], "<"),
    **dict.fromkeys(["less_than_or_equal", "lte"], "<="),
    "includes": "contains",
    **dict.fromkeys(["match", "regex"], "matches"),
}
NEGATED = {
    "!=": "==",
    "not_in": "in",
    "not_in_list": "in_list",
    "not_between": "between",
    "not_contains": "contains",
    "not_exists": "exists",
    "newer_than_days": "older_than_days",
}


def negate(value: bool | None) -> bool | None:
    return None if value is None else not value


def all_of(values: list[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True


def any_of(values: list[bool | None]) -> bool | None:
    return True if True in values else None if None in values else False


def compare(operator: str, left: Comparable | None, right: Comparable | None) -> bool | None:
    """The page: "a comparison on a missing value is unknown"."""
    if left is None or right is None:
        return None
    return {
        "==": left == right,
        ">": left > right,  # type: ignore[operator]
        ">=": left >= right,  # type: ignore[operator]
        "<": left < right,  # type: ignore[operator]
        "<=": left <= right,  # type: ignore[operator]
    }[operator]


def decide(condition: Condition | None, ledger: Ledger, index: int, now: int) -> bool | None:
    """The page: "Three-valued, as in SQL: a comparison on a missing value is unknown, also under NOT; a
    record matches only on true". An absent condition is true ("absent = all"). `now` is created_at in
    microseconds."""
    if condition is None:
        return True
    if "AND" in condition:
        return all_of([decide(each, ledger, index, now) for each in condition["AND"]])
    if "OR" in condition:
        return any_of([decide(each, ledger, index, now) for each in condition["OR"]])
    if "NOT" in condition:
        return negate(decide(condition["NOT"], ledger, index, now))
    operator: str = ALIASES.get(condition["operator"]) or condition["operator"]
    if operator in NEGATED:
        return negate(decide({**condition, "operator": NEGATED[operator]}, ledger, index, now))
    if "expr" in condition:
        return calculated(operator, condition, ledger, index)
    if not ledger.has_field(condition["field"], index):
        return None  # "on a field that has no column at all ... every leaf on it is unknown"
    if condition.get("value_type") == "field":
        return field_to_field(operator, condition, ledger, index)
    return leaf(operator, condition, ledger, index, now)


def leaf(operator: str, condition: Condition, ledger: Ledger, index: int, now: int) -> bool | None:
    """One field against a literal. "The literal's JSON type decides: number = numeric, boolean = boolean
    words, string = exact text"."""
    field: str = condition["field"]
    value: Any = condition.get("value")
    if operator == "exists":
        return ledger.text(field, index) is not None
    if operator == "in":
        return any_of([equals(condition, each, ledger, index) for each in value])
    if operator == "in_list":
        return in_list(condition, ledger, index)
    if operator == "==":
        return equals(condition, value, ledger, index)
    if operator == "between":
        return between(field, value, ledger, index)
    if operator in ("<", "<=", ">", ">="):
        return compare(operator, *ordered(field, value, ledger, index))
    if operator == "is_round":
        return is_round(ledger.number(field, index), value)
    if operator == "older_than_days":
        return compare("<", ledger.time(field, index), now - int(Decimal(str(value)) * 24 * HOUR))
    return in_text(operator, ledger.text(field, index), value)


def in_text(operator: str, text: str | None, wanted: str | None) -> bool | None:
    """The page: "`contains`, `starts_with`, `ends_with` ignore case"; "`matches` searches anywhere,
    case-sensitive"."""
    if text is None or wanted is None:
        return None
    if operator == "matches":
        return re.search(wanted, text) is not None
    low, part = text.lower(), wanted.lower()
    return {"contains": part in low, "starts_with": low.startswith(part), "ends_with": low.endswith(part)}[operator]


def equals(condition: Condition, value: object, ledger: Ledger, index: int) -> bool | None:
    """The page: "String literals compare exact text; number literals numerically; booleans by boolean
    words."."""
    field = condition["field"]
    if isinstance(value, bool):
        known = ledger.boolean(field, index)
        return None if known is None else known is value
    if isinstance(value, (int, float, Decimal)):
        return compare("==", ledger.number(field, index), Decimal(str(value)))
    return compare("==", *same_case(condition, ledger.text(field, index), str(value)))


def in_list(condition: Condition, ledger: Ledger, index: int) -> bool | None:
    """The page: "`in_list` names a reference list": "named, versioned sets of values"; text compared as `in` does,
    so a missing value is unknown also where the list is empty."""
    if ledger.text(condition["field"], index) is None:
        return None
    return any_of([False, *(equals(condition, each, ledger, index) for each in ledger.lists[condition["value"]])])


def is_type(field: str) -> bool:
    return field in ("type", "transaction_type")


def same_case(condition: Condition, left: str | None, right: str | None) -> tuple[str | None, str | None]:
    """The page: "`type` is compared in upper case": both sides, so that "transfer" in a rule finds
    TRANSFER."""
    if is_type(condition["field"]):
        right = None if right is None else right.upper()
    if condition.get("ignore_case"):
        left, right = (None if text is None else text.lower() for text in (left, right))
    return left, right


def ordered(field: str, value: object, ledger: Ledger, index: int) -> tuple[Comparable | None, Comparable]:
    """The page: "with < <= > >= a string literal must read as a number or a time"; the pair to compare."""
    number = read_number(value) if isinstance(value, str) else Decimal(str(value))
    if number is not None:
        return ledger.number(field, index), number
    time = read_time(str(value), ledger.zone)
    assert time is not None, f"{value!r} reads neither as a number nor as a time"
    return ledger.time(field, index), time


def between(field: str, value: list[Any], ledger: Ledger, index: int) -> bool | None:
    """The page: "`between` is inclusive"; strings "must both read as numbers or both as times"."""
    low, high = value
    return all_of(
        [
            compare(">=", *ordered(field, low, ledger, index)),
            compare("<=", *ordered(field, high, ledger, index)),
        ]
    )


def field_to_field(operator: str, condition: Condition, ledger: Ledger, index: int) -> bool | None:
    """The page: "Field to field: numeric, then time, then text, by column type": both numbers, both times,
    else text."""
    field, other = condition["field"], condition["value"]
    if not ledger.has_field(other, index):
        return None
    for kind, read in (("number", ledger.number), ("time", ledger.time)):
        if operator in ("==", "<", "<=", ">", ">=") and ledger.kind(field) == ledger.kind(other) == kind:
            return compare(operator, read(field, index), read(other, index))
    left, right = ledger.text(field, index), ledger.text(other, index)
    if operator not in ("==", "<", "<=", ">", ">="):
        return in_text(operator, left, right)
    if is_type(field) or is_type(other):
        left, right = (None if text is None else text.upper() for text in (left, right))
    return compare(operator, *same_case(condition, left, right))


def is_round(number: Decimal | None, value: Any) -> bool | None:
    """The page: "`is_round` n: divisible by n and not 0"."""
    return None if number is None else number != 0 and number % Decimal(str(value)) == 0


def calculated(operator: str, condition: Condition, ledger: Ledger, index: int) -> bool | None:
    """An expression against numbers, or against the number of a field."""
    value = Expression(condition["expr"], ledger, index).value()
    if condition.get("value_type") == "field":
        return compare(operator, value, ledger.number(condition["value"], index))
    return against_numbers(operator, value, condition["value"])


def against_numbers(operator: str, left: Decimal | None, value: Any) -> bool | None:
    if operator == "between":
        low, high = value
        return all_of([compare(">=", left, Decimal(str(low))), compare("<=", left, Decimal(str(high)))])
    if operator == "in":
        return any_of([compare("==", left, Decimal(str(each))) for each in value])
    if operator == "is_round":
        return is_round(left, value)
    return compare(operator, left, Decimal(str(value)))

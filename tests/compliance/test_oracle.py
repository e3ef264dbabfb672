"""The oracle itself, held against cases computed by hand from the design pages: conditions and values."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

import pytest

from tests.compliance import oracle

HEADERS = ["row_id", "acct", "amt", "kind", "when", "flag", "note", "other"]
MAPPING = {"account": "acct", "amount": "amt", "type": "kind", "timestamp": "when"}
NOW = 1_709_510_400_000_000  # 2024-03-04T00:00:00Z


def records(*cells: dict[str, str | None]) -> list[list[str | None]]:
    """Rows under HEADERS from the few cells a case is about; every other cell is missing."""
    return [[cell.get(header) for header in HEADERS] for cell in cells]


def matching(where: dict[str, Any], *cells: dict[str, str | None], **options: Any) -> tuple[list[int], int]:
    """The rows a record rule with `where` finds, and the number of records it could not evaluate."""
    rule = {"rule_id": "R", "kind": "record", "severity": "LOW", "where": where}
    result = oracle.judge([rule], HEADERS, records(*cells), MAPPING, created_at_us=NOW, **options)
    outcome = result["rules"]["R"]
    return sorted(row for each in outcome["findings"] for row in each["rows"]), outcome["not_evaluated"]


def leaf(field: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value, **more}


CONDITIONS: dict[str, tuple[dict[str, Any], dict[str, str | None], bool | None]] = {
    "numbers compare as numbers": (leaf("amount", "==", 5), {"amt": "5.0000"}, True),
    "a string literal compares exact text": (leaf("amount", "==", "5"), {"amt": "5.0"}, False),
    "exact text is not trimmed outside account and type": (leaf("note", "==", "a"), {"note": " a"}, False),
    "an account is trimmed": (leaf("account", "==", "A1"), {"acct": "  A1 "}, True),
    "a type is trimmed and upper-cased": (leaf("type", "==", "TRANSFER"), {"kind": " transfer "}, True),
    "a rule may write a type in lower case": (leaf("type", "in", ["transfer"]), {"kind": "TRANSFER"}, True),
    "other text keeps its case": (leaf("note", "==", "A"), {"note": "a"}, False),
    "ignore_case is asked for": (leaf("note", "==", "A", ignore_case=True), {"note": "a"}, True),
    "an identifier 00123 is not the text 123": (leaf("note", "==", "123"), {"note": "00123"}, False),
    "but it is the number 123": (leaf("note", "==", 123), {"note": "00123"}, True),
    "a number is rounded to four places": (leaf("amount", "==", 1.0001), {"amt": "1.00005001"}, True),
    "half goes to even, downwards": (leaf("amount", "==", 1.0002), {"amt": "1.00025"}, True),
    "half goes to even, upwards": (leaf("amount", "==", 1.0004), {"amt": "1.00035"}, True),
    "fifteen digits do not fit": (leaf("amount", ">", 0), {"amt": "100000000000000"}, None),
    "fourteen digits fit": (leaf("amount", ">", 0), {"amt": "99999999999999.9999"}, True),
    "an unreadable number is unknown": (leaf("amount", ">", 0), {"amt": "12x"}, None),
    "an unreadable number exists": (leaf("amount", "exists"), {"amt": "12x"}, True),
    "blank does not exist": (leaf("amount", "exists"), {"amt": "  "}, False),
    "blank not_exists": (leaf("amount", "not_exists"), {"amt": None}, True),
    "a field without a column never exists nor not": (leaf("nowhere", "not_exists"), {}, None),
    "missing stays unknown under !=": (leaf("amount", "!=", 5), {}, None),
    "missing stays unknown under not_in": (leaf("note", "not_in", ["a"]), {}, None),
    "missing stays unknown under NOT": ({"NOT": leaf("amount", ">", 5)}, {}, None),
    "false and unknown is false": (
        {"AND": [leaf("amount", ">", 5), leaf("note", "==", "a")]},
        {"note": "b"},
        False,
    ),
    "true and unknown is unknown": (
        {"AND": [leaf("amount", ">", 5), leaf("note", "==", "a")]},
        {"note": "a"},
        None,
    ),
    "true or unknown is true": (
        {"OR": [leaf("amount", ">", 5), leaf("note", "==", "a")]},
        {"note": "a"},
        True,
    ),
    "false or unknown is unknown": (
        {"OR": [leaf("amount", ">", 5), leaf("note", "==", "a")]},
        {"note": "b"},
        None,
    ),
    "in mixes numbers and text": (leaf("note", "in", ["x", 7]), {"note": "7.0"}, True),
    "in on text that is no number is unknown": (leaf("note", "in", ["x", 7]), {"note": "y"}, None),
    "between takes its lower bound": (leaf("amount", "between", [5, 9]), {"amt": "5"}, True),
    "between takes its upper bound": (leaf("amount", "between", [5, 9]), {"amt": "9"}, True),
    "between ends there": (leaf("amount", "between", [5, 9]), {"amt": "9.0001"}, False),
    "not_between": (leaf("amount", "not_between", [5, 9]), {"amt": "9.0001"}, True),
    "strings that read as numbers order numbers": (leaf("amount", ">", "900"), {"amt": "1000"}, True),
    "strings that read as times order times": (
        leaf("timestamp", "<", "2024-01-02T00:00:00Z"),
        {"when": "2024-01-01 23:59:59.999999"},
        True,
    ),
    "contains ignores case": (leaf("note", "contains", "ABC"), {"note": "xxabcxx"}, True),
    "starts_with ignores case": (leaf("note", "starts_with", "ab"), {"note": "ABC"}, True),
    "ends_with ignores case": (leaf("note", "ends_with", "BC"), {"note": "abc"}, True),
    "not_contains": (leaf("note", "not_contains", "z"), {"note": "abc"}, True),
    "a percent sign is only text": (leaf("note", "contains", "a%c"), {"note": "abc"}, False),
    "matches searches anywhere": (leaf("note", "matches", "b[0-9]"), {"note": "ab7c"}, True),
    "matches minds case": (leaf("note", "matches", "B"), {"note": "b"}, False),
    "round is divisible": (leaf("amount", "is_round", 1000), {"amt": "-3000.00"}, True),
    "zero is not round": (leaf("amount", "is_round", 1000), {"amt": "0"}, False),
    "1500 is not round to 1000": (leaf("amount", "is_round", 1000), {"amt": "1500"}, False),
    "yes is true": (leaf("flag", "==", True), {"flag": " YES "}, True),
    "off is false": (leaf("flag", "==", False), {"flag": "Off"}, True),
    "maybe is unknown": (leaf("flag", "!=", True), {"flag": "maybe"}, None),
    "exactly n days is not older": (
        leaf("timestamp", "older_than_days", 3),
        {"when": "2024-03-01T00:00:00Z"},
        False,
    ),
    "exactly n days is newer": (
        leaf("timestamp", "newer_than_days", 3),
        {"when": "2024-03-01T00:00:00Z"},
        True,
    ),
    "a microsecond more is older": (
        leaf("timestamp", "older_than_days", 3),
        {"when": "2024-02-29T23:59:59.999999Z"},
        True,
    ),
    "an unreadable time is not newer": (leaf("timestamp", "newer_than_days", 3), {"when": "soon"}, None),
    "two number columns compare as numbers": (
        leaf("amount", ">", "other", value_type="field"),
        {"amt": "10", "other": "9"},
        True,
    ),
    "a number and a text column compare as text": (
        leaf("amount", ">", "note", value_type="field"),
        {"amt": "10", "note": "9a"},
        False,
    ),
    "a field compared with a missing one is unknown": (
        leaf("amount", "==", "other", value_type="field"),
        {"amt": "10"},
        None,
    ),
    "an alias of an operator": (leaf("amount", "gte", 5), {"amt": "5"}, True),
    "an alias of a field": (leaf("transaction_type", "==", "WIRE"), {"kind": "wire"}, True),
    "an expression": (
        {"expr": "abs(other - amount) + 1", "operator": "==", "value": 6},
        {"amt": "9", "other": "4"},
        True,
    ),
    "min and max and signs": (
        {"expr": "max(amount, -other) - min(1, 2 - (3))", "operator": "==", "value": 10},
        {"amt": "9", "other": "4"},
        True,
    ),
    "an expression with one missing field is unknown": (
        {"expr": "max(amount, other)", "operator": ">", "value": 0},
        {"amt": "9"},
        None,
    ),
    "an expression is exact": (
        {"expr": "other - amount", "operator": "==", "value": 0.1},
        {"amt": "0.2", "other": "0.3"},
        True,
    ),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_on_one_record(name: str) -> None:
    where, cells, expected = CONDITIONS[name]
    assert matching(where, cells) == ([1] if expected is True else [], 1 if expected is None else 0)


def test_a_time_without_zone_is_in_the_time_zone_of_the_policy() -> None:
    where = leaf("timestamp", "==", "2024-01-01 00:30:00")  # exact text stays exact text
    late = leaf("timestamp", ">=", "2024-01-01T00:00:00Z")
    row = {"when": "2024-01-01 00:30:00"}  # 23:30 UTC of the day before, in Berlin
    assert matching(where, row, time_zone="Europe/Berlin") == ([1], 0)
    assert matching(late, row, time_zone="Europe/Berlin") == ([], 0)
    assert matching(late, row) == ([1], 0)


def test_a_mapped_field_wins_over_a_raw_column_of_the_same_name() -> None:
    rule = {"rule_id": "R", "kind": "record", "severity": "LOW", "where": leaf("note", "==", "x")}
    result = oracle.judge([rule], HEADERS, records({"note": "x", "other": "y"}), {"note": "other"}, created_at_us=0)
    assert result["rules"]["R"]["findings"] == []


def test_a_rule_whose_only_field_has_no_column_is_not_applicable() -> None:
    rule = {"rule_id": "R", "kind": "record", "severity": "LOW", "where": leaf("nowhere", "not_exists")}
    result = oracle.judge([rule], HEADERS, records({}, {}), MAPPING, created_at_us=0)
    assert result["rules"]["R"]["state"] == "not_applicable"
    assert (result["score"], result["coverage"]) == (None, Decimal("0.0000"))


def test_without_records_nothing_is_not_applicable_and_the_score_is_100() -> None:
    rule = {"rule_id": "R", "kind": "record", "severity": "LOW", "where": leaf("nowhere", "exists")}
    result = oracle.judge([rule], HEADERS, [], MAPPING, created_at_us=0)
    assert result["rules"]["R"]["state"] == "completed"
    assert (result["score"], result["coverage"]) == (Decimal("100.00"), Decimal(1))


def test_an_inactive_rule_is_not_judged() -> None:
    rule = {
        "rule_id": "R",
        "kind": "record",
        "severity": "LOW",
        "where": leaf("note", "exists"),
        "is_active": False,
    }
    result = oracle.judge([rule], HEADERS, records({"note": "x"}), MAPPING, created_at_us=0)
    assert result["rules"] == {}


def test_the_key_of_a_finding_is_the_documented_text_hashed() -> None:
    rule = {"rule_id": "R", "kind": "record", "severity": "LOW", "where": leaf("b", "exists")}
    result = oracle.judge([rule], ["a", "b"], [[" é1", "-0.5"]], {"account": "a", "amount": "b"}, created_at_us=0)
    content = hashlib.sha256("3: é14:-0.5".encode()).hexdigest()
    key = hashlib.sha256(f"1:R2:é1-0.500000|{content}".encode()).hexdigest()
    assert result["rules"]["R"]["findings"][0]["key"] == key
    assert result["digest"] == hashlib.sha256(f"{key}\n".encode()).hexdigest()


def test_the_key_of_a_record_without_account_or_amount_holds_no_row_number() -> None:
    rule = {"rule_id": "R", "kind": "record", "severity": "LOW", "where": leaf("b", "exists")}
    result = oracle.judge([rule], ["a", "b"], [[" ", "x"]], {"account": "a", "amount": "b"}, created_at_us=0)
    content = hashlib.sha256(b"~1:x").hexdigest()
    found = result["rules"]["R"]["findings"][0]
    assert found["key"] == hashlib.sha256(f"1:R4:row:~|{content}".encode()).hexdigest()
    assert (found["account"], found["value"], found["amount"]) == ("row:1", None, None)


def test_the_score_weighs_findings_by_severity_over_all_records() -> None:
    rules = [
        {"rule_id": name, "kind": "record", "severity": severity, "where": leaf("note", "==", name)}
        for name, severity in (("a", "CRITICAL"), ("b", "LOW"))
    ]
    rows = records(*[{"acct": "A", "note": note} for note in ("a", "b", "b", "c", "c", "c")])
    result = oracle.judge(rules, HEADERS, rows, MAPPING, created_at_us=0)
    assert result["score"] == Decimal("75.00")  # 100 x (1 - (4 + 2 x 1) / (4 x 6))
    results = result["rules"]
    assert oracle.score(rules, results, 6, closed=frozenset({"b:A"})) == Decimal("83.33")
    assert oracle.score(rules, results, 6, closed=frozenset({"b:A"}), method="rules") == Decimal("20.00")
    assert result["signatures"] == {"a:A", "b:A"}

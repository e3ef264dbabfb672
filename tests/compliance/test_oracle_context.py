"""The oracle itself, held against cases computed by hand from the design pages: context uploads, reference lists,
short history and arithmetic."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.compliance import oracle

HEADERS = ["acct", "amt", "step"]
MAPPING = {"account": "acct", "amount": "amt", "step": "step"}
Cells = list[str | None]
EARLIER: list[Cells] = [["A", "1", "0"], [None, "2", "1"], ["A", "3", "2"]]


def run(rule: dict[str, Any], rows: list[Cells], **options: Any) -> dict[str, Any]:
    rule = {"rule_id": "R", "severity": "HIGH", **rule}
    result: dict[str, Any] = oracle.judge([rule], HEADERS, rows, MAPPING, created_at_us=0, **options)["rules"]["R"]
    return result


COUNT = {"kind": "aggregate", "function": "count", "operator": ">=", "threshold": 2, "window": {"hours": 5}}


def test_records_of_context_enter_windows_and_are_named_by_their_upload() -> None:
    outcome = run(COUNT, [["A", "9", "3"]], context=[(HEADERS, EARLIER)])
    found = outcome["findings"][0]
    assert (found["rows"], found["context"], found["value"]) == ([1], [(1, 1), (1, 3)], Decimal(3))
    assert (outcome["evaluated"], outcome["not_evaluated"], found["amount"]) == (1, 0, Decimal(13))


def test_a_finding_of_context_alone_is_none() -> None:
    assert run(COUNT, [["A", "9", "30"]], context=[(HEADERS, EARLIER)])["findings"] == []
    record = {"kind": "record", "where": {"field": "amount", "operator": ">", "value": 0}}
    assert [each["rows"] for each in run(record, [["A", "9", "3"]], context=[(HEADERS, EARLIER)])["findings"]] == [[1]]


def test_context_wakes_and_quiets() -> None:
    dormant = {"kind": "dormancy", "quiet_days": 1}
    assert len(run(dormant, [["A", "9", "26"]], context=[(HEADERS, EARLIER)])["findings"]) == 1
    assert run(dormant, [["A", "9", "25"]], context=[(HEADERS, EARLIER)])["findings"] == []


def test_context_columns_are_found_by_their_headers() -> None:
    outcome = run(COUNT, [["A", "9", "3"]], context=[(["step", "x", "acct"], [["2", "y", "A"]])])
    assert outcome["findings"][0]["context"] == [(1, 1)]
    measured = COUNT | {"of": "amount"}
    assert run(measured, [["A", "9", "3"]], context=[(["step", "acct"], [["2", "A"]])])["findings"] == []


def test_records_without_account_stay_apart_across_uploads() -> None:
    assert run(COUNT | {"threshold": 1}, [[None, "9", "3"]], context=[(HEADERS, [[None, "9", "3"]])])["findings"][0][
        "value"
    ] == Decimal(1)


def test_history_is_short_when_a_rule_looks_back_further_than_all_data() -> None:
    rows: list[Cells] = [["A", "1", "30"], ["A", "1", "34"], ["A", "1", "x"]]
    assert run(COUNT, rows)["short_history"] is True
    assert run(COUNT | {"window": {"hours": 4}}, rows)["short_history"] is False
    assert run(COUNT, rows, context=[(HEADERS, EARLIER)])["short_history"] is False
    assert run({"kind": "dormancy", "quiet_days": 1.5}, rows, context=[(HEADERS, EARLIER)])["short_history"] is True
    assert run({name: value for name, value in COUNT.items() if name != "window"}, rows)["short_history"] is False


LISTS = {"watched": ["A", "x y", "5"], "none": []}
LISTED: dict[str, tuple[str, str, str | None, bool | None]] = {
    "a text on the list is found": ("note", "in_list", "x y", True),
    "case matters": ("note", "in_list", "X y", False),
    "blanks matter": ("note", "in_list", " x y", False),
    "5.0 is not the text 5": ("note", "in_list", "5.0", False),
    "an account is trimmed": ("account", "in_list", " A ", True),
    "a type is compared in upper case": ("type", "in_list", "X Y", True),
    "missing is unknown": ("note", "in_list", " ", None),
    "missing is unknown under not as well": ("note", "not_in_list", None, None),
    "what is not on the list": ("note", "not_in_list", "y", True),
    "nothing is on an empty list": ("nothing", "not_in_list", "y", True),
}


@pytest.mark.parametrize("name", LISTED)
def test_a_reference_list(name: str) -> None:
    field, operator, text, expected = LISTED[name]
    where = {"field": field, "operator": operator, "value": "none" if field == "nothing" else "watched"}
    rule = {"rule_id": "R", "kind": "record", "severity": "LOW", "where": where}
    outcome = oracle.judge([rule], [field], [[text]], {}, created_at_us=0, lists=LISTS)["rules"]["R"]
    assert (len(outcome["findings"]), outcome["evaluated"]) == (expected is True, expected is not None)


CALCULATED: dict[str, tuple[str, str | None]] = {
    "products come before sums": ("a + b * a", "9"),
    "quotients and products go from left to right": ("a / b * a", "4.5"),
    "parentheses first": ("(a + b) * a", "15"),
    "a sign binds closest": ("-a * -b", "6"),
    "a quotient is rounded half-even to six places": ("1 / 1600000", "0.000001"),
    "where it stands": ("b / a * a", "2.000001"),
    "a product is exact": ("0.0001 * 0.0001 * 0.0001 * 1000000000000", "1"),
    "half goes to even": ("5 / 10000000", "0"),
    "division by zero is missing": ("a / (b - b)", None),
    "also inside a product with zero": ("(b - b) * (a / (b - b))", None),
    "what needs more than 38 digits is missing": ("big * big * big", None),
    "also inside": ("big * big * big / big / big", None),
    "36 digits fit": ("big * big - big * big", "0"),
    "min and max take expressions": ("max(a * b, min(a, b) / b)", "6"),
}


@pytest.mark.parametrize("name", CALCULATED)
def test_arithmetic(name: str) -> None:
    source, expected = CALCULATED[name]
    rows: list[Cells] = [["3", "2", "99999999999999.9999"]]
    where = {"expr": source, "operator": "==", "value": 0 if expected is None else float(expected)}
    rule = {"rule_id": "R", "kind": "record", "severity": "LOW", "where": where}
    outcome = oracle.judge([rule], ["a", "b", "big"], rows, {}, created_at_us=0)["rules"]["R"]
    assert (len(outcome["findings"]), outcome["evaluated"]) == ((0, 0) if expected is None else (1, 1))

"""A field or an expression against another field: what is folded, what is scaled, what is read how."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.engine.scanning import leaf, matching

Cells = list[str | None]


def against(field: str, operator: str, other: str, **more: Any) -> dict[str, Any]:
    return leaf(field, operator, other, value_type="field", **more)


def test_the_type_is_in_upper_case_and_so_is_what_it_is_compared_with_on_either_side() -> None:
    rows: list[Cells] = [["wire", "Wire"], ["WIRE", "wire"], ["wire", "cash"], ["wire", None]]
    assert matching(against("type", "==", "note"), "type note", *rows) == "TTF?"
    assert matching(against("note", "==", "type"), "type note", *rows) == "TTF?"


def test_case_of_two_texts_counts_unless_it_is_ignored() -> None:
    rows: list[Cells] = [["abc", "ABC"], ["abc", "abc"], ["abc", "abd"], [None, "abc"]]
    assert matching(against("a", "==", "b"), "a b", *rows) == "FTF?"
    assert matching(against("a", "==", "b", ignore_case=True), "a b", *rows) == "TTF?"


def test_numbers_stay_numbers_where_case_is_ignored() -> None:
    assert matching(against("a", "==", "b", ignore_case=True), "a b", ["1.0", "1"], ["2", "1"]) == "TF"


@pytest.mark.parametrize(
    ("expression", "operator", "expected"),
    [
        ("a + 1", "==", "TFF?"),
        ("a + 1", ">", "FTF?"),
        ("a * 2", "==", "TFF?"),
        ("a * 2", ">=", "TTF?"),
        ("a / 2 * 4", "==", "TFF?"),
        ("a / 2 * 4", "<", "FFT?"),
    ],
)
def test_an_expression_is_compared_with_a_field_at_one_scale(expression: str, operator: str, expected: str) -> None:
    rows: list[Cells] = [["1", "2.0"], ["5", "2"], ["0.25", "2"], ["1", None]]
    condition = {"expr": expression, "operator": operator, "value": "b", "value_type": "field"}
    assert matching(condition, "a b", *rows) == expected


@pytest.mark.parametrize(("expression", "divisor"), [("a + b", 0.25), ("a * b", 0.25), ("a", 0.25)])
def test_an_expression_may_be_round(expression: str, divisor: float) -> None:
    rows: list[Cells] = [["0.5", "1"], ["0.3", "1"], ["0", "0"], ["99999999999999.25", "1"], [None, "1"]]
    condition = {"expr": expression, "operator": "is_round", "value": divisor}
    assert matching(condition, "a b", *rows) == "TFFT?"


@pytest.mark.parametrize("expression", ["a + b", "a - -b", "max(a, a + b)", "a * 1 + b"])
def test_what_is_round_is_told_exactly(expression: str) -> None:
    rows: list[Cells] = [["0.2", "0.1"], ["99999999999999.5", "0.1"], ["0.2", "0.1001"]]  # in binary 0.3 is no 3 x 0.1
    assert matching({"expr": expression, "operator": "is_round", "value": 0.1}, "a b", *rows) == "TTF"

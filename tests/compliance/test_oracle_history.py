"""The oracle itself, held against cases computed by hand from the design pages: sequence, baseline and share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.compliance import oracle
from tests.compliance.oracle_kinds import deviation

HEADERS = ["acct", "to", "amt", "kind", "step"]
MAPPING = {"account": "acct", "recipient": "to", "amount": "amt", "type": "kind", "step": "step"}
Cells = list[str | None]


def run(rule: dict[str, Any], rows: list[Cells]) -> dict[str, Any]:
    rule = {"rule_id": "R", "severity": "HIGH", **rule}
    result: dict[str, Any] = oracle.judge([rule], HEADERS, rows, MAPPING, created_at_us=0)["rules"]["R"]
    return result


def seen(rule: dict[str, Any], rows: list[Cells]) -> list[tuple[str, list[int], Decimal]]:
    return sorted((each["account"], each["rows"], each["value"]) for each in run(rule, rows)["findings"])


def paid(account: str | None, to: str | None, amount: str | None, step: str | None, kind: str = "IN") -> Cells:
    return [account, to, amount, kind, step]


THROUGH = {
    "kind": "sequence",
    "first": {"field": "type", "operator": "==", "value": "IN"},
    "then": {"field": "type", "operator": "==", "value": "OUT"},
    "within_hours": 24,
    "match_on": [{"first": "recipient", "then": "account"}],
}
PASSED: dict[str, tuple[list[Cells], list[tuple[str, list[int], Decimal]]]] = {
    "money that came in goes out within the hours": (
        [paid("A", "B", "9", "0"), paid("B", "C", "9", "6", "OUT")],
        [("B", [1, 2], Decimal(6))],
    ),
    "exactly the hours apart is too late": ([paid("A", "B", "9", "0"), paid("B", "C", "9", "24", "OUT")], []),
    "at the same instant is not after": ([paid("A", "B", "9", "6"), paid("B", "C", "9", "6", "OUT")], []),
    "before is not after": ([paid("A", "B", "9", "7"), paid("B", "C", "9", "6", "OUT")], []),
    "another account is not met": ([paid("A", "D", "9", "0"), paid("B", "C", "9", "6", "OUT")], []),
    "a recipient is not trimmed": ([paid("A", " B", "9", "0"), paid("B", "C", "9", "6", "OUT")], []),
    "missing equals nothing": ([paid("A", None, "9", "0"), paid(None, "C", "9", "6", "OUT")], []),
    "only the latest first is evidence": (
        [paid("A", "B", "9", "0"), paid("A", "B", "9", "2"), paid("B", "C", "9", "6", "OUT")],
        [("B", [2, 3], Decimal(4))],
    ),
    "firsts of one instant are evidence together": (
        [paid("A", "B", "9", "2"), paid("D", "B", "1", "2"), paid("B", "C", "9", "6", "OUT")],
        [("B", [1, 2, 3], Decimal(4))],
    ),
    "each then record is a finding": (
        [paid("A", "B", "9", "0"), paid("B", "C", "9", "1", "OUT"), paid("B", "C", "9", "3", "OUT")],
        [("B", [1, 2], Decimal(1)), ("B", [1, 3], Decimal(3))],
    ),
}


@pytest.mark.parametrize("name", PASSED)
def test_a_sequence(name: str) -> None:
    rows, expected = PASSED[name]
    assert seen(THROUGH, rows) == expected


def test_a_ratio_takes_both_its_bounds_and_chooses_among_firsts() -> None:
    rule = THROUGH | {"ratio": {"of": "amount", "min": 0.9, "max": 1.1}}
    for amount, found in (("90", True), ("110", True), ("89.9999", False), ("110.0001", False), (None, False)):
        rows = [paid("A", "B", "100", "0"), paid("B", "C", amount, "6", "OUT")]
        assert (seen(rule, rows) != []) is found
    rows = [paid("A", "B", "100", "0"), paid("A", "B", "500", "3"), paid("B", "C", "95", "6", "OUT")]
    assert seen(rule, rows) == [("B", [1, 3], Decimal(6))]


def test_records_a_sequence_cannot_judge_are_not_evaluated() -> None:
    rows = [
        paid("A", "B", "1", "x"),  # a first without time: no then record, so evaluated
        paid("B", "C", "1", "x", "OUT"),
        paid(None, "C", "1", "1", "OUT"),
        paid("B", "C", None, "1", "OUT"),
        ["B", "C", "1", None, "1"],  # whether it is a then record is unknown
    ]
    assert run(THROUGH, rows)["evaluated"] == 2
    assert run(THROUGH | {"ratio": {"of": "amount", "min": 1}}, rows)["evaluated"] == 1


def test_where_restricts_both_records_of_a_sequence() -> None:
    rule = THROUGH | {"where": {"field": "amount", "operator": ">", "value": 5}}
    assert seen(rule, [paid("A", "B", "5", "0"), paid("B", "C", "9", "6", "OUT")]) == []
    assert seen(rule, [paid("A", "B", "9", "0"), paid("B", "C", "5", "6", "OUT")]) == []


def history(*cells: tuple[str, str | None], account: str | None = "A") -> list[Cells]:
    return [paid(account, "B", amount, step) for step, amount in cells]


TIMES = {"kind": "baseline", "of": "amount", "history_days": 1, "min_history": 2, "times_mean": 3}
SCORES = {"kind": "baseline", "of": "amount", "history_days": 1, "min_history": 2, "z_score": 2}
TWO = (("0", "10"), ("1", "20"))  # mean 15, deviation 5
ABOVE: dict[str, tuple[dict[str, Any], list[Cells], list[int], int]] = {
    "three times the mean is not above": (TIMES, history(*TWO, ("2", "45")), [], 1),
    "more is": (TIMES, history(*TWO, ("2", "45.0001")), [3], 1),
    "two deviations are not above": (SCORES, history(*TWO, ("2", "25")), [], 1),
    "more than two are": (SCORES, history(*TWO, ("2", "25.0001")), [3], 1),
    "exactly a day ago is no history": (TIMES, history(*TWO, ("24", "99")), [], 0),
    "the same instant is no history": (TIMES, history(("0", "1"), ("2", "1"), ("2", "99")), [], 0),
    "another account is no history": (TIMES, history(*TWO) + history(("2", "99"), account="C"), [], 0),
    "a deviation of 0 says nothing": (SCORES, history(("0", "1"), ("1", "1"), ("2", "9")), [], 0),
    "but a mean does": (TIMES, history(("0", "1"), ("1", "1"), ("2", "9")), [3], 1),
    "an unreadable amount is no history": (TIMES, history(("0", "x"), ("1", "1"), ("2", "9")), [], 0),
    "records without an account have none": (TIMES, history(*TWO, ("2", "99"), account=None), [], 0),
}


@pytest.mark.parametrize("name", ABOVE)
def test_a_baseline(name: str) -> None:
    rule, rows, expected, evaluated = ABOVE[name]
    outcome = run(rule, rows)
    assert sorted(row for each in outcome["findings"] for row in each["rows"]) == expected
    assert outcome["evaluated"] == evaluated


def test_the_value_of_a_baseline_finding_is_what_was_measured() -> None:
    assert seen(TIMES, history(*TWO, ("2", "45.0001"))) == [("A", [3], Decimal("45.0001"))]


def test_history_is_what_where_lets_through() -> None:
    rule = TIMES | {"where": {"field": "amount", "operator": ">", "value": 15}}
    outcome = run(rule, history(*TWO, ("2", "99")))
    assert (outcome["findings"], outcome["evaluated"]) == ([], 1)


def test_a_deviation_is_rounded_once_and_half_to_even() -> None:
    assert deviation([Decimal(1), Decimal(2), Decimal(4)]) == Decimal("1.247219")  # 1.2472191289
    assert deviation([Decimal("0.0001")] + [Decimal(0)] * 3) == Decimal("0.000043")  # 0.0000433
    assert deviation([Decimal("99999999999999.9999")] * 11) is None
    assert deviation([Decimal("99999999999999.9999")] * 3) == 0


SHARE = {
    "kind": "share",
    "where": {"field": "type", "operator": "==", "value": "OUT"},
    "operator": ">=",
    "threshold": 0.5,
    "min_records": 2,
}


def test_a_share_counts_matching_among_all_of_the_account() -> None:
    rows = [paid("A", "B", "1", None, kind) for kind in ("OUT", "IN")] + [paid("C", "B", "1", None)] * 2
    assert seen(SHARE, rows) == [("A", [1, 2], Decimal("0.5"))]
    assert seen(SHARE | {"operator": ">"}, rows) == []


def test_a_share_is_rounded_before_it_is_compared() -> None:
    rows = [paid("A", "B", "1", None, kind) for kind in ("OUT", "OUT", "IN")]
    assert seen(SHARE | {"threshold": 0.666667}, rows) == [("A", [1, 2, 3], Decimal("0.666667"))]


def test_a_share_of_few_records_is_none() -> None:
    rows = [paid("A", "B", "1", None, "OUT")] * 9
    rule = {name: value for name, value in SHARE.items() if name != "min_records"}
    assert seen(rule, rows) == []
    assert len(seen(rule, rows + rows[:1])) == 1


def test_of_where_says_among_which_records() -> None:
    rule = SHARE | {"of_where": {"field": "amount", "operator": ">", "value": 5}, "group_by": ["recipient"]}
    rows = [
        paid("A", "B", "9", None, "OUT"),
        paid("A", "B", "9", None, "IN"),
        paid("A", "B", "1", None, "OUT"),  # not among them
        ["A", "B", "9", None, None],  # among them, but whether it matches is unknown
        paid("A", "B", None, None, "OUT"),  # whether among them is unknown
        paid("A", None, "9", None, "OUT"),  # no group
    ]
    assert seen(rule, rows) == [("A", [1, 2], Decimal("0.5"))]
    assert seen(rule | {"min_records": 3}, rows) == []
    assert run(rule, rows)["evaluated"] == 3

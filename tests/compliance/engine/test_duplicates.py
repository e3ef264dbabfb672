"""Records with equal keys."""

from __future__ import annotations

from typing import Any

from tests.compliance.engine.scanning import leaf, rule, scan

HEADERS = "account amount timestamp"


def same(*key: str, **more: Any) -> dict[str, Any]:
    return rule("duplicate", key=list(key) or ["amount"], **more)


def test_numbers_are_equal_as_numbers_within_an_account() -> None:
    rows: list[list[str | None]] = [["A", "5", None], ["A", "5.0", None], ["B", "5", None], ["A", "6", None]]
    scanned = scan([same()], HEADERS, *rows)
    assert scanned.rows() == [[1, 2]]
    assert scanned.values() == [2]


def test_across_accounts_the_smallest_account_answers() -> None:
    rows: list[list[str | None]] = [["b", "5", None], ["B", "5", None], ["c", "5", None]]
    scanned = scan([same(across_accounts=True)], HEADERS, *rows)
    assert scanned.rows() == [[1, 2, 3]]
    assert [violation["account"] for violation in scanned.violations] == ["B"]


def test_neighbours_less_than_the_window_apart_chain() -> None:
    times = ["2024-01-01T00:00:00Z", "2024-01-01T00:59:59Z", "2024-01-01T01:59:58Z", "2024-01-01T02:59:58Z"]
    rows: list[list[str | None]] = [["A", "5", time] for time in times]
    assert scan([same(window={"hours": 1})], HEADERS, *rows).rows() == [[1, 2, 3]]


def test_two_at_the_same_instant_chain_and_a_lone_one_does_not() -> None:
    times = ["2024-01-01T00:00:00Z", "2024-01-03T00:00:00Z", "2024-01-03T00:00:00Z"]
    rows: list[list[str | None]] = [["A", "5", time] for time in times]
    assert scan([same(window={"hours": 1})], HEADERS, *rows).rows() == [[2, 3]]


def test_a_missing_key_field_or_time_is_not_evaluated() -> None:
    rows: list[list[str | None]] = [["A", None, "2024-01-01"], ["A", "5", None], ["A", "x", "2024-01-01"]]
    scanned = scan([same(window={"hours": 1}), same(rule_id="Plain")], HEADERS, *rows)
    assert scanned.results["R"].not_evaluated == 3
    assert scanned.results["Plain"].not_evaluated == 2


def test_where_chooses_the_records() -> None:
    rows: list[list[str | None]] = [["A", "5", None], ["A", "5", None], ["A", "7", None], ["A", "7", None]]
    assert scan([same(where=leaf("amount", ">", 6))], HEADERS, *rows).rows() == [[3, 4]]


def test_records_without_account_are_duplicates_across_accounts_only() -> None:
    rows: list[list[str | None]] = [[None, "5", None], [None, "5", None]]
    assert scan([same()], HEADERS, *rows).rows() == []
    assert scan([same(across_accounts=True)], HEADERS, *rows).rows() == [[1, 2]]


def test_a_key_that_names_the_account_keeps_accounts_apart_across_accounts_too() -> None:
    rows: list[list[str | None]] = [["A", "5", None], ["B", "5", None], ["B", "5", None]]
    assert scan([same("account", "amount", across_accounts=True)], HEADERS, *rows).rows() == [[2, 3]]

"""Accounts that wake after a long quiet."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.compliance.engine.scanning import leaf, rule, scan

HEADERS = "account amount timestamp"


def woken(**more: Any) -> dict[str, Any]:
    return rule("dormancy", quiet_days=90, **more)


def at(time: str | None, amount: str = "9000", account: str | None = "A") -> list[str | None]:
    return [account, amount, time]


def test_a_gap_of_exactly_90_days_is_dormant() -> None:
    scanned = scan([woken()], HEADERS, at("2024-01-01T00:00:00Z"), at("2024-03-31T00:00:00Z"))
    assert scanned.rows() == [[2]]
    assert scanned.values() == [Decimal(90)]


def test_a_microsecond_less_is_not() -> None:
    assert scan([woken()], HEADERS, at("2024-01-01T00:00:00.000001Z"), at("2024-03-31T00:00:00Z")).rows() == []


def test_the_first_record_of_an_account_is_never_dormant() -> None:
    assert scan([woken()], HEADERS, at("2024-01-01"), at("2024-06-01", account="B")).rows() == []


def test_small_records_do_not_end_the_quiet() -> None:
    rule_ = woken(where=leaf("amount", ">", 5000), quiet_where=leaf("amount", ">", 100))
    rows = [at("2024-01-01"), at("2024-03-01", "100"), at("2024-04-15"), at("2024-04-16")]
    scanned = scan([rule_], HEADERS, *rows)
    assert scanned.rows() == [[3]]
    assert scanned.values() == [Decimal(105)]


def test_the_quiet_is_broken_by_the_latest_earlier_record_only() -> None:
    rows = [at("2023-01-01"), at("2024-01-01"), at("2024-02-01")]
    assert scan([woken()], HEADERS, *rows).rows() == [[2]]


def test_records_at_the_same_instant_wake_together() -> None:
    rows = [at("2024-01-01"), at("2024-06-01"), at("2024-06-01")]
    assert scan([woken()], HEADERS, *rows).rows() == [[2], [3]]


def test_gaps_are_rounded_half_even_to_six_places() -> None:
    rows = [at("2024-01-01T00:00:00Z"), at("2024-05-01T00:00:00.043200Z"), at("2024-09-01T00:00:00.172800Z")]
    # 121 days and half a millionth; 123 days and one and a half millionths
    assert sorted(scan([woken()], HEADERS, *rows).values()) == [Decimal("121.000000"), Decimal("123.000002")]


def test_records_without_time_take_no_part_unless_where_is_false() -> None:
    rows = [at("2024-01-01"), at(None), at(None, "1"), at("2024-06-01")]
    scanned = scan([woken(where=leaf("amount", ">", 5))], HEADERS, *rows)
    assert scanned.rows() == [[4]]
    assert scanned.results["R"].not_evaluated == 1


def test_days_are_days_whatever_a_step_is() -> None:
    rows: list[list[str | None]] = [["A", "0"], ["A", "90"]]
    assert scan([woken()], "account step", *rows, hours=Decimal(24)).rows() == [[2]]
    assert scan([woken()], "account step", *rows).rows() == []


def test_an_account_that_is_missing_never_was_quiet() -> None:
    assert scan([woken()], HEADERS, at("2024-01-01", account=None), at("2024-06-01", account=None)).rows() == []

"""Windows, episodes, buckets and groups."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.compliance.engine.scanning import leaf, rule, scan

HEADERS = "account amount timestamp recipient"
DAY = {"hours": 24}


def at(
    time: str, amount: str | None = "9000", account: str | None = "A", recipient: str | None = "Z"
) -> list[str | None]:
    return [account, amount, f"2024-01-{time}Z" if time else None, recipient]


def count(threshold: int = 3, **more: Any) -> dict[str, Any]:
    return rule("aggregate", function="count", operator=">=", threshold=threshold, **{"window": DAY, **more})


def of_amount(function: str, operator: str, threshold: float, **more: Any) -> dict[str, Any]:
    parts = {"of": "amount", "window": DAY, **more}
    return rule("aggregate", function=function, operator=operator, threshold=threshold, **parts)


def test_three_transfers_around_midnight_are_one_finding() -> None:
    scanned = scan([count()], HEADERS, at("01T22:00:00"), at("01T23:00:00"), at("02T00:30:00"))
    assert scanned.rows() == [[1, 2, 3]]
    assert scanned.values() == [Decimal("3.000000")]
    assert scanned.findings[0]["amount"] == Decimal("27000.0000")


def test_exactly_24_hours_apart_is_outside() -> None:
    assert scan([count(2)], HEADERS, at("01T10:00:00"), at("02T10:00:00")).rows() == []
    assert scan([count(2)], HEADERS, at("01T10:00:00"), at("02T09:59:59.999999")).rows() == [[1, 2]]


def test_a_window_counts_wherever_time_is_cut() -> None:
    rows, first = list[list[str | None]](), 60  # steps from -60 to 59, a window of 24
    for begun in range(-first, first):
        for account, later in ((f"in {begun}", 23), (f"out {begun}", 24)):
            rows += [[account, "1", str(begun), "Z"], [account, "1", str(begun + later), "Z"]]
    scanned = scan([count(2)], "account amount step recipient", *rows)
    assert scanned.rows() == [[number, number + 1] for number in range(1, len(rows), 4)]


def test_records_at_the_same_instant_are_in_each_others_window() -> None:
    assert scan([count(2)], HEADERS, at("01T10:00:00"), at("01T10:00:00")).rows() == [[1, 2]]


def test_a_burst_is_one_finding_and_its_value_the_largest() -> None:
    burst = [at(f"01T10:00:{second:02}") for second in range(20)]
    scanned = scan([count()], HEADERS, *burst)
    assert scanned.rows() == [list(range(1, 21))]
    assert scanned.values() == [20]


def test_triggers_a_window_apart_begin_a_new_episode() -> None:
    first = [at("01T00:00:00"), at("01T01:00:00"), at("01T02:00:00")]
    second = [at("02T02:00:00"), at("02T03:00:00"), at("02T04:00:00")]
    assert scan([count()], HEADERS, *first, *second).rows() == [[1, 2, 3], [4, 5, 6]]


def test_a_non_trigger_in_between_does_not_end_an_episode() -> None:
    rows = [at("01T00:00:00"), at("01T01:00:00"), at("01T02:00:00"), at("02T01:30:00"), at("02T01:40:00")]
    assert scan([count()], HEADERS, *rows).rows() == [[1, 2, 3, 4, 5]]


def test_accounts_do_not_mix_and_are_trimmed() -> None:
    rows = [at("01T10:00:00"), at("01T10:00:01", account=" A "), at("01T10:00:02", account="B")]
    assert scan([count(2)], HEADERS, *rows).rows() == [[1, 2]]


def test_records_without_an_account_are_groups_of_their_own() -> None:
    scanned = scan(
        [count(1), count(2, rule_id="Two")],
        HEADERS,
        at("01T10:00:00", account=None),
        at("01T10:00:00", account=" "),
    )
    assert scanned.rows("R") == [[1], [2]]
    assert scanned.rows("Two") == []
    assert [v["account"] for v in scanned.violations] == ["row:1", "row:2"]


def test_a_made_up_account_does_not_join_a_real_one_of_that_name() -> None:
    rows = [at("01T10:00:00", account=None), at("01T10:00:00", account="row:1")]
    assert scan([count(2)], HEADERS, *rows).rows() == []


def test_group_by_adds_to_account() -> None:
    rows = [at("01T10:00:00", recipient="Y"), at("01T11:00:00"), at("01T12:00:00")]
    assert scan([count(2, group_by=["recipient"])], HEADERS, *rows).rows() == [[2, 3]]


def test_where_chooses_the_records() -> None:
    rows = [at("01T10:00:00", "8000"), at("01T11:00:00", "10000"), at("01T12:00:00", "9999.99")]
    where = {"AND": [leaf("amount", ">=", 8000), leaf("amount", "<", 10000)]}
    assert scan([count(2, where=where)], HEADERS, *rows).rows() == [[1, 3]]


@pytest.mark.parametrize(("operator", "rows"), [(">", []), (">=", [[1, 2]])])
def test_a_sum_at_the_threshold(operator: str, rows: list[list[int]]) -> None:
    records = [at("01T10:00:00", "0.1"), at("01T11:00:00", "0.2")]
    assert scan([of_amount("sum", operator, 0.3)], HEADERS, *records).rows() == rows


def test_negative_amounts_take_part_in_sums() -> None:
    records = [at("01T10:00:00", "-50"), at("01T11:00:00", "120"), at("01T12:00:00", "-10")]
    scanned = scan([of_amount("sum", ">=", 60)], HEADERS, *records)
    assert scanned.values() == [70]
    assert scanned.rows() == [[1, 2, 3]]


def test_a_window_may_hold_less_than_a_group_that_holds_more() -> None:
    """No bound over the whole group may drop it: its first window passes, and no other does."""
    records = [at("01T10:00:00", "1"), at("01T11:00:00", "1", recipient="Y"), at("01T12:00:00", "1", recipient="X")]
    for function in ("count", "distinct", "sum"):
        of = {"count": {}, "distinct": {"of": "recipient"}, "sum": {"of": "amount"}}[function]
        less = rule("aggregate", function=function, operator="<", threshold=2, window=DAY, **of)
        assert scan([less], HEADERS, *records).rows() == [[1]], function


def test_the_value_of_a_less_than_rule_is_the_smallest() -> None:
    records = [at("01T10:00:00", "-50"), at("01T11:00:00", "20"), at("01T12:00:00", "-90")]
    scanned = scan([of_amount("sum", "<", 0)], HEADERS, *records)
    assert scanned.values() == [-120]
    assert scanned.violations[0]["actual_value"] == -120


def test_min_records_makes_one_large_record_no_velocity() -> None:
    rule_ = of_amount("sum", ">", 25000, min_records=2)
    assert scan([rule_], HEADERS, at("01T10:00:00", "90000")).rows() == []
    assert scan([rule_], HEADERS, at("01T10:00:00", "90000"), at("01T11:00:00", "1")).rows() == [[1, 2]]


def test_averages_are_rounded_half_even_to_six_places() -> None:
    whole = {"window": None}
    rows = [at("", "0.0001"), at("", "0"), at("", "0")]
    assert scan([of_amount("avg", ">=", 0, **whole)], HEADERS, *rows).values() == [Decimal("0.000033")]
    even = [at("", "0.0001"), *[at("", "0")] * 7]  # 0.0000125 lies between 0.000012 and 0.000013
    assert scan([of_amount("avg", ">=", 0, **whole)], HEADERS, *even).values() == [Decimal("0.000012")]
    odd = [at("", "-0.0003"), *[at("", "0")] * 7]  # -0.0000375
    assert scan([of_amount("avg", "<=", 0, **whole)], HEADERS, *odd).values() == [Decimal("-0.000038")]


def test_an_average_is_compared_after_rounding() -> None:
    rows = [at("", "0.0001"), at("", "0"), at("", "0")]
    assert scan([of_amount("avg", ">", 0.000033, window=None)], HEADERS, *rows).rows() == []


def test_smallest_and_largest_over_a_window() -> None:
    rows = [at("01T10:00:00", "5"), at("01T11:00:00", "7"), at("03T11:00:00", "6")]
    assert scan([of_amount("max", ">=", 7)], HEADERS, *rows).rows() == [[1, 2]]
    assert scan([of_amount("min", "<=", 5)], HEADERS, *rows).rows() == [[1, 2]]
    assert scan([of_amount("min", ">", 5)], HEADERS, *rows).rows() == [[3]]


def test_distinct_values_in_a_sliding_window_count_once() -> None:
    different = rule("aggregate", function="distinct", of="recipient", operator=">=", threshold=3, window=DAY)
    rows = [
        at("01T00:00:00", recipient="a"),
        at("01T12:00:00", recipient="a"),
        at("01T13:00:00", recipient="b"),
        at("01T23:59:00", recipient="b"),
        at("02T00:00:00", recipient="c"),  # the first a is outside, the second is not
    ]
    scanned = scan([different], HEADERS, *rows)
    assert scanned.rows() == [[2, 3, 4, 5]]
    assert scanned.values() == [3]


def test_distinct_forgets_a_value_that_left_the_window() -> None:
    different = rule("aggregate", function="distinct", of="recipient", operator=">=", threshold=2, window=DAY)
    rows = [
        at("01T00:00:00", recipient="a"),
        at("02T00:00:00", recipient="b"),
        at("03T00:00:00", recipient="a"),
    ]
    assert scan([different], HEADERS, *rows).rows() == []


def test_distinct_numbers_compare_as_numbers_and_text_as_text() -> None:
    rows = [["A", "1.0", "00x"], ["A", "1", "0x"], ["A", "2", "00x"]]
    for of, value in (("n", 2), ("s", 2)):
        one = rule("aggregate", function="distinct", of=of, operator=">=", threshold=1)
        assert scan([one], "account n s", *rows).values() == [value]


def test_tumbling_buckets_are_cut_at_the_epoch() -> None:
    tumbling = {"hours": 24, "mode": "tumbling"}
    rows = [at("01T22:00:00"), at("01T23:00:00"), at("02T00:30:00")]
    assert scan([count(2, window=tumbling)], HEADERS, *rows).rows() == [[1, 2]]


def test_tumbling_buckets_before_the_epoch_are_cut_downward() -> None:
    tumbling = {"hours": 24, "mode": "tumbling"}
    rows: list[list[str | None]] = [
        ["A", "1", "1969-12-31T23:00:00Z", "Z"],
        ["A", "1", "1970-01-01T01:00:00Z", "Z"],
    ]
    assert scan([count(2, window=tumbling)], HEADERS, *rows).rows() == []
    rows[1][2] = "1969-12-31T00:00:00Z"
    assert scan([count(2, window=tumbling)], HEADERS, *rows).rows() == [[1, 2]]


def test_tumbling_buckets_follow_the_time_zone_of_the_policy() -> None:
    tumbling = {"hours": 24, "mode": "tumbling"}
    rows = [at("01T22:30:00"), at("01T23:30:00")]  # 23:30 and 00:30 in Berlin
    assert scan([count(2, window=tumbling)], HEADERS, *rows).rows() == [[1, 2]]
    assert scan([count(2, window=tumbling)], HEADERS, *rows, zone="Europe/Berlin").rows() == []


def test_compat_makes_every_window_tumbling() -> None:
    rows = [at("01T22:00:00"), at("01T23:00:00"), at("02T00:30:00")]
    assert scan([count(3)], HEADERS, *rows, compat=True).rows() == []


def test_without_a_window_time_is_not_needed() -> None:
    assert scan([count(2, window=None)], HEADERS, at(""), at("01T10:00:00")).rows() == [[1, 2]]


def test_records_lacking_what_the_rule_needs_take_no_part_and_are_not_evaluated() -> None:
    rows = [
        at("01T10:00:00"),
        at("01T11:00:00"),
        at(""),
        at("01T12:00:00", "none"),
        at("01T13:00:00", recipient=None),
    ]
    scanned = scan([of_amount("sum", ">", 1, group_by=["account", "recipient"])], HEADERS, *rows)
    assert scanned.rows() == [[1, 2]]
    assert (scanned.results["R"].evaluated, scanned.results["R"].not_evaluated) == (2, 3)


def test_where_false_is_evaluated_even_without_time() -> None:
    rows = [at("01T10:00:00"), at("", "1")]
    scanned = scan([count(1, where=leaf("amount", ">", 100))], HEADERS, *rows)
    assert scanned.results["R"].not_evaluated == 0


def test_count_of_a_field_counts_the_records_that_have_it() -> None:
    rows = [at("01T10:00:00", None), at("01T11:00:00"), at("01T12:00:00")]
    assert scan([count(2, of="amount")], HEADERS, *rows).rows() == [[2, 3]]


def test_steps_are_hours_times_the_scale() -> None:
    rows: list[list[str | None]] = [["A", "1"], ["A", "24"], ["A", "1.5"], ["A", "99999999999999"]]
    scanned = scan([count(2)], "account step", *rows)
    assert scanned.rows() == [[1, 2]]
    assert scanned.results["R"].not_evaluated == 2
    assert scan([count(2)], "account step", *rows, hours=Decimal(24)).rows() == []


def test_timestamp_wins_over_step() -> None:
    rows: list[list[str | None]] = [["A", "1", "2024-01-01"], ["A", "2", "2024-02-01"], ["A", "3", None]]
    scanned = scan([count(2)], "account step timestamp", *rows)
    assert scanned.rows() == []
    assert scanned.results["R"].not_evaluated == 1

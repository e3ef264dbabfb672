"""The oracle itself, held against cases computed by hand from the design pages: the kinds of rules."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.compliance import oracle

HEADERS = ["acct", "to", "amt", "when", "note"]
MAPPING = {"account": "acct", "recipient": "to", "amount": "amt", "timestamp": "when"}
HOUR = 3_600_000_000
Cells = tuple[str | None, str | None]  # (time, amount) of one record of account A


def ledger(*cells: Cells, account: str | None = "A") -> list[list[str | None]]:
    return [[account, "B", amount, when, None] for when, amount in cells]


def run(rule: dict[str, Any], rows: list[list[str | None]], **options: Any) -> dict[str, Any]:
    rule = {"rule_id": "R", "severity": "HIGH", **rule}
    mapping = options.pop("mapping", MAPPING)
    return oracle.judge([rule], HEADERS, rows, mapping, created_at_us=0, **options)["rules"]["R"]


def seen(outcome: dict[str, Any]) -> list[tuple[str, list[int], Decimal]]:
    """The findings as (account, rows, value), in the order of their rows."""
    found = [(each["account"], each["rows"], each["value"]) for each in outcome["findings"]]
    return sorted(found, key=lambda each: each[1])


def counting(threshold: int, hours: int | None = 24, mode: str = "sliding", **more: Any) -> dict[str, Any]:
    window = {"window": {"hours": hours, "mode": mode}} if hours else {}
    return {
        "kind": "aggregate",
        "function": "count",
        "operator": ">=",
        "threshold": threshold,
        **window,
        **more,
    }


NIGHT = ledger(("2024-01-01T22:00:00Z", "9000"), ("2024-01-01T23:00:00Z", "9000"), ("2024-01-02T00:30:00Z", "9000"))


def test_three_transfers_around_midnight_are_one_structuring_finding() -> None:
    where = {"field": "amount", "operator": "between", "value": [8000, 9999.9999]}
    outcome = run(counting(3, where=where), NIGHT)
    assert seen(outcome) == [("A", [1, 2, 3], Decimal(3))]
    found = outcome["findings"][0]
    assert found["first"] == 1_704_146_400_000_000
    assert found["last"] == found["first"] + 5 * HOUR // 2
    assert found["amount"] == Decimal(27000)


def test_tumbling_days_split_that_night() -> None:
    assert seen(run(counting(3, mode="tumbling"), NIGHT)) == []
    assert seen(run(counting(2, mode="tumbling"), NIGHT)) == [("A", [1, 2], Decimal(2))]


def test_compat_uses_tumbling_windows_everywhere() -> None:
    assert seen(run(counting(3), NIGHT, compat=True)) == []


def test_tumbling_days_begin_at_midnight_of_the_policys_time_zone() -> None:
    assert seen(run(counting(3, mode="tumbling"), NIGHT, time_zone="America/New_York")) == [
        ("A", [1, 2, 3], Decimal(3))
    ]


def test_tumbling_buckets_of_steps_begin_at_step_zero() -> None:
    rows = [["A", None, "23", None, None], ["A", None, "24", None, None], ["A", None, "47", None, None]]
    mapping = {"account": "acct", "step": "amt"}
    outcome = run(counting(2, mode="tumbling"), rows, mapping=mapping, time_zone="Asia/Tokyo")
    assert seen(outcome) == [("A", [2, 3], Decimal(2))]


def test_exactly_24_hours_apart_is_outside_the_window() -> None:
    apart = ledger(("2024-01-01T00:00:00Z", "1"), ("2024-01-02T00:00:00Z", "1"))
    assert seen(run(counting(2), apart)) == []
    nearer = ledger(("2024-01-01T00:00:00.000001Z", "1"), ("2024-01-02T00:00:00Z", "1"))
    assert seen(run(counting(2), nearer)) == [("A", [1, 2], Decimal(2))]


def test_records_of_one_instant_are_in_each_others_window() -> None:
    outcome = run(counting(2), ledger(("2024-01-01", "1"), ("2024-01-01T00:00:00Z", "1")))
    assert seen(outcome) == [("A", [1, 2], Decimal(2))]


def test_an_episode_goes_on_over_an_instant_that_does_not_trigger() -> None:
    steps = ledger(("0", "60"), ("6", "50"), ("24", "-20"), ("29", "30"))  # sums 60, 110, 30, 60
    rule = {"kind": "aggregate", "function": "sum", "of": "amount", "operator": ">", "threshold": 50}
    outcome = run(rule | {"window": {"hours": 24}}, steps, mapping=MAPPING_OF_STEPS)
    assert seen(outcome) == [("A", [1, 2, 3, 4], Decimal(110))]


def test_an_episode_ends_where_the_next_window_starts_at_the_last_trigger() -> None:
    steps = ledger(("0", "60"), ("24", "60"), ("47", "60"))
    rule = {"kind": "aggregate", "function": "sum", "of": "amount", "operator": ">", "threshold": 50}
    outcome = run(rule | {"window": {"hours": 24, "mode": "sliding"}}, steps, mapping=MAPPING_OF_STEPS)
    assert seen(outcome) == [("A", [1], Decimal(60)), ("A", [2, 3], Decimal(120))]


def test_an_episode_below_a_threshold_takes_its_smallest_value() -> None:
    steps = ledger(("0", "5"), ("6", "-9"), ("7", "2"))  # averages 5, -2, -0.666667
    rule = {"kind": "aggregate", "function": "avg", "of": "amount", "operator": "<", "threshold": 0}
    outcome = run(rule | {"window": {"hours": 24}}, steps, mapping=MAPPING_OF_STEPS)
    assert seen(outcome) == [("A", [1, 2, 3], Decimal(-2))]


def test_an_average_is_rounded_half_even_before_it_is_compared() -> None:
    rule = {"kind": "aggregate", "function": "avg", "of": "amount", "operator": "<=", "threshold": 0.666667}
    thirds = ledger((None, "0.6666"), (None, "0.6666"), (None, "0.6668"))  # 0.666666...
    assert seen(run(rule, thirds)) == [("A", [1, 2, 3], Decimal("0.666667"))]
    rule |= {"operator": ">=", "threshold": 0.000012}
    eighths = ledger(*[(None, "0.0001")], *[(None, "0")] * 7)  # 0.0000125
    assert seen(run(rule, eighths)) == [("A", [1, 2, 3, 4, 5, 6, 7, 8], Decimal("0.000012"))]


def test_a_window_with_too_few_records_does_not_trigger() -> None:
    rule = {"kind": "aggregate", "function": "sum", "of": "amount", "operator": ">", "threshold": 50}
    assert seen(run(rule | {"min_records": 2}, ledger((None, "60")))) == []
    assert seen(run(rule, ledger((None, "60")))) == [("A", [1], Decimal(60))]


def test_records_without_what_an_aggregate_needs_are_not_evaluated() -> None:
    rows = [
        ["A", "B", "1", "2024-01-01", None],
        ["A", None, "1", "2024-01-01", None],  # no recipient to group by
        ["A", "B", "x", "2024-01-01", None],  # no amount
        ["A", "B", "1", "never", None],  # no time
        ["A", "B", "-5", "2024-01-01", None],  # outside where: evaluated
        ["A", "B", None, "2024-01-01", None],  # where unknown
    ]
    rule = {"kind": "aggregate", "function": "sum", "of": "amount", "operator": ">", "threshold": 0}
    rule |= {"group_by": ["recipient"], "window": {"hours": 24}}
    outcome = run(rule | {"where": {"field": "amount", "operator": ">", "value": 0}}, rows)
    assert (seen(outcome), outcome["evaluated"], outcome["not_evaluated"]) == ([("A", [1], Decimal(1))], 2, 4)


def test_the_account_is_always_in_group_by() -> None:
    rows = ledger((None, "1"), account="A") + ledger((None, "1"), account="C")
    assert seen(run(counting(1, hours=None, group_by=["recipient"]), rows)) == [
        ("A", [1], Decimal(1)),
        ("C", [2], Decimal(1)),
    ]


def test_a_missing_account_is_a_group_of_its_own() -> None:
    rows = ledger((None, "1"), (None, "1"), account=" ") + ledger((None, "1"), (None, "1"), account=" A ")
    rows += ledger((None, "1"), account="A")
    assert seen(run(counting(1, hours=None), rows)) == [
        ("row:1", [1], Decimal(1)),
        ("row:2", [2], Decimal(1)),
        ("A", [3, 4, 5], Decimal(3)),
    ]


def test_distinct_counts_numbers_as_numbers_and_recipients_as_text() -> None:
    rule = {"kind": "aggregate", "function": "distinct", "operator": ">=", "threshold": 1}
    rows = [["A", to, amount, None, None] for to, amount in (("1", "5"), ("01", "5.0"), ("1", "6"), (" 1", "?"))]
    assert seen(run(rule | {"of": "amount"}, rows)) == [("A", [1, 2, 3], Decimal(2))]
    assert seen(run(rule | {"of": "recipient"}, rows)) == [("A", [1, 2, 3, 4], Decimal(3))]


DORMANT = {"kind": "dormancy", "quiet_days": 90}


def test_a_gap_of_exactly_90_days_is_dormant() -> None:
    rows = ledger(("2024-01-01T00:00:00Z", "1"), ("2024-03-31T00:00:00Z", "2"))
    outcome = run(DORMANT, rows)
    assert seen(outcome) == [("A", [2], Decimal(90))]
    assert outcome["findings"][0]["amount"] == Decimal(2)
    rows[1][3] = "2024-03-30T23:59:59.999999Z"
    assert seen(run(DORMANT, rows)) == []


def test_the_first_record_of_an_account_is_never_dormant() -> None:
    rows = ledger(("2020-01-01", "1"), account="B") + ledger(("2024-01-01", "1"), ("2024-01-01", "2"))
    assert seen(run(DORMANT, rows)) == []


def test_every_record_of_the_waking_instant_is_dormant() -> None:
    rows = ledger(("2024-01-01", "1"), ("2024-06-01", "2"), ("2024-06-01", "3"), ("2024-06-02", "4"))
    assert seen(run(DORMANT, rows)) == [("A", [2], Decimal(152)), ("A", [3], Decimal(152))]


def test_records_outside_quiet_where_do_not_end_the_quiet() -> None:
    rows = ledger(("2024-01-01", "500"), ("2024-03-01", "100"), ("2024-03-02", None), ("2024-04-01T06", "5001"))
    rows[3][3] = "2024-04-01T06:00:00"
    large = {"field": "amount", "operator": ">", "value": 100}
    rule = DORMANT | {"where": {"field": "amount", "operator": ">", "value": 5000}, "quiet_where": large}
    outcome = run(rule, rows)
    assert seen(outcome) == [("A", [4], Decimal("91.25"))]
    assert (outcome["evaluated"], outcome["not_evaluated"]) == (3, 1)
    assert seen(run(DORMANT | {"where": rule["where"]}, rows)) == []


def test_records_without_account_or_time_wake_nobody() -> None:
    rows = ledger(("2020-01-01", "1"), ("2024-01-01", "1"), account=None) + ledger(("2020-01-01", "1"), ("x", "1"))
    outcome = run(DORMANT, rows)
    assert (seen(outcome), outcome["not_evaluated"]) == ([], 1)


DUPLICATE = {"kind": "duplicate", "key": ["amount", "recipient"]}


def test_records_of_an_account_with_equal_keys_are_duplicates() -> None:
    rows = ledger((None, "5"), (None, "5.00"), (None, "6"), (None, "x")) + ledger((None, "5"), account="C")
    outcome = run(DUPLICATE, rows)
    assert seen(outcome) == [("A", [1, 2], Decimal(2))]
    assert (outcome["evaluated"], outcome["not_evaluated"]) == (4, 1)


def test_across_accounts_the_smallest_account_is_named() -> None:
    rows = ledger((None, "5"), account="b") + ledger((None, "5"), account="Z") + ledger((None, "5"), account=None)
    assert seen(run(DUPLICATE, rows)) == []
    assert seen(run(DUPLICATE | {"across_accounts": True}, rows)) == [("Z", [1, 2, 3], Decimal(3))]


def test_duplicates_chain_while_neighbours_are_less_than_the_window_apart() -> None:
    rows = ledger(*[(step, "5") for step in ("0", "0", "2", "3", "5", "7", "8")])
    rule = DUPLICATE | {"key": ["recipient"], "window": {"hours": 2}}
    outcome = run(rule, rows, mapping=MAPPING_OF_STEPS)
    assert seen(outcome) == [("A", [1, 2], Decimal(2)), ("A", [3, 4], Decimal(2)), ("A", [6, 7], Decimal(2))]


MAPPING_OF_STEPS = {"account": "acct", "recipient": "to", "amount": "amt", "step": "when"}


def test_a_step_counts_hours_of_the_temporal_scale() -> None:
    rows = ledger(("1", "1"), ("4", "1"), ("4.0", "1"), ("4.5", "1"))
    outcome = run(DORMANT | {"quiet_days": 3}, rows, mapping=MAPPING_OF_STEPS, hours_per_step="24")
    assert seen(outcome) == [("A", [2], Decimal(3)), ("A", [3], Decimal(3))]
    assert outcome["not_evaluated"] == 1
    assert seen(run(DORMANT | {"quiet_days": 3}, rows, mapping=MAPPING_OF_STEPS)) == []


def test_timestamp_wins_over_step_also_where_it_is_unreadable() -> None:
    rows = [["A", None, "0", "x", None], ["A", None, "9", "2024-01-01", None]]
    mapping = {"account": "acct", "step": "amt", "timestamp": "when"}
    assert run(counting(1), rows, mapping=mapping)["not_evaluated"] == 1


def test_a_rule_of_time_without_any_time_column_is_not_applicable() -> None:
    outcome = run(counting(1), NIGHT, mapping={"account": "acct"})
    assert (outcome["state"], outcome["evaluated"]) == ("not_applicable", 0)


def test_shuffling_changes_no_digest() -> None:
    rule = {"rule_id": "R", "severity": "HIGH", **counting(2)}
    rows = NIGHT + ledger(("2024-01-01", "1"), ("2024-01-01", "1"), account=None)
    first, second = (oracle.judge([rule], HEADERS, r, MAPPING, created_at_us=0) for r in (rows, rows[::-1]))
    assert first["digest"] == second["digest"]
    assert [each["rows"] for each in second["rules"]["R"]["findings"]] == [[3, 4, 5]]

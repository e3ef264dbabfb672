"""Kinds that look at other records: sequence, baseline and share, by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from compliance.engine.rules import RuleErrors, parse_rule
from tests.compliance.engine.scanning import Scanned, leaf, rule, scan, shuffled

IN, OUT = leaf("type", "==", "IN"), leaf("type", "==", "OUT")
HEADERS = "step account recipient type amount"
ON = "first.recipient = then.account"
Cells = list[str | None]


def sequence(*rows: Cells, match_on: Any = ON, **parts: Any) -> Scanned:
    return scan([rule("sequence", first=IN, then=OUT, within_hours=5, match_on=match_on, **parts)], HEADERS, *rows)


def baseline(*rows: Cells, **parts: Any) -> Scanned:
    about = {"of": "amount", "history_days": 1, "min_history": 2, **parts}
    return scan([rule("baseline", **about)], "step account amount", *rows)


def share(*rows: Cells, **parts: Any) -> Scanned:
    about = {"where": leaf("amount", ">", 0), "operator": ">=", "threshold": 0.5, "min_records": 2, **parts}
    return scan([rule("share", **about)], "account type amount", *rows)


def test_then_follows_first_strictly_and_within_the_hours() -> None:
    first: Cells = ["10", "X", "A", "IN", "5"]
    assert sequence(first, ["10", "A", "B", "OUT", "5"]).rows() == []
    assert sequence(first, ["11", "A", "B", "OUT", "5"]).rows() == [[1, 2]]
    assert sequence(first, ["14", "A", "B", "OUT", "5"]).values() == [Decimal(4)]
    assert sequence(first, ["15", "A", "B", "OUT", "5"]).rows() == []
    assert sequence(first, ["9", "A", "B", "OUT", "5"]).rows() == []


@pytest.mark.parametrize("parts", [{}, {"ratio": {"of": "amount", "min": 1}}])
@pytest.mark.parametrize(("later", "found"), [("04:59:59.999999", [[1, 2]]), ("05:00:00", [])])
def test_the_last_microsecond_within_the_hours_counts(
    parts: dict[str, Any], later: str, found: list[list[int]]
) -> None:
    one = rule("sequence", first=IN, then=OUT, within_hours=5, match_on=ON, **parts)
    first: Cells = ["2024-01-01T00:00:00Z", "X", "A", "IN", "5"]
    then: Cells = [f"2024-01-01T{later}Z", "A", "B", "OUT", "5"]
    assert scan([one], HEADERS.replace("step", "timestamp"), first, then).rows() == found


@pytest.mark.parametrize("parts", [{}, {"ratio": {"of": "amount", "min": 1}}])
def test_then_finds_its_first_wherever_time_is_cut(parts: dict[str, Any]) -> None:
    rows = list[Cells]()
    for begun in range(-13, 13):
        for account, later in ((f"in {begun}", 4), (f"out {begun}", 5)):
            rows += [[str(begun), "X", account, "IN", "5"], [str(begun + later), account, "B", "OUT", "5"]]
    assert sequence(*rows, **parts).rows() == [[number, number + 1] for number in range(1, len(rows), 4)]


def test_the_latest_first_is_the_evidence_and_the_account_is_thens() -> None:
    scanned = sequence(
        ["1", "X", "A", "IN", "5"], ["3", "Y", "A", "IN", "7"], ["4", "A", "B", "OUT", "5"], ["4", "C", "B", "OUT", "5"]
    )
    assert scanned.rows() == [[2, 3]]
    assert [(found["account"], found["value"], found["amount"]) for found in scanned.findings] == [
        ("A", Decimal(1), Decimal(12))
    ]


def test_firsts_of_one_instant_are_all_evidence_in_whatever_order_they_stand() -> None:
    rows: list[Cells] = [["3", "X", "A", "IN", "5"], ["3", "Y", "A", "IN", "7"], ["4", "A", "B", "OUT", "5"]]
    assert sequence(*rows).rows() == [[1, 2, 3]]
    digests = {sequence(*shuffled(rows, seed)).outcome.result_digest for seed in range(4)}
    assert len(digests) == 1


def test_one_first_serves_several_thens_and_is_shown_once() -> None:
    scanned = sequence(["3", "X", "A", "IN", "5"], ["4", "A", "B", "OUT", "5"], ["5", "A", "B", "OUT", "6"])
    assert scanned.rows() == [[1, 2], [1, 3]]
    (violation,) = scanned.violations
    assert (violation["finding_count"], violation["sample"].count('"row":1,')) == (2, 1)


@pytest.mark.parametrize(("amount", "hit"), [("90", True), ("110", True), ("89.9999", False), ("110.0001", False)])
def test_a_ratio_includes_its_bounds(amount: str, hit: bool) -> None:
    found = sequence(
        ["3", "X", "A", "IN", "100"], ["4", "A", "B", "OUT", amount], ratio={"of": "amount", "min": 0.9, "max": 1.1}
    )
    assert found.rows() == ([[1, 2]] if hit else [])


def test_the_latest_first_that_the_ratio_admits_is_found_behind_those_it_does_not() -> None:
    firsts: list[Cells] = [[str(hour), "X", "A", "IN", str(100 - hour)] for hour in range(4)]
    found = sequence(*firsts, ["4", "A", "B", "OUT", "99"], ratio={"of": "amount", "min": 1})
    assert found.rows() == [[4, 5]]
    found = sequence(*firsts, ["4", "A", "B", "OUT", "99"], ratio={"of": "amount", "max": 1})
    assert found.rows() == [[2, 5]]


def test_a_then_without_what_it_is_matched_by_is_not_evaluated() -> None:
    scanned = sequence(
        ["3", "X", "A", "IN", "5"],
        ["4", None, "B", "OUT", "5"],
        [None, "A", "B", "OUT", "5"],
        ["4", "A", "B", None, "5"],
    )
    assert (scanned.rows(), scanned.results["R"].not_evaluated) == ([], 3)


def test_match_on_is_written_as_text_or_as_pairs() -> None:
    pair = {"first": "recipient", "then": "account"}
    twice = [pair, {"first": "type", "then": "country"}]
    base = rule("sequence", first=IN, then=OUT, within_hours=5)
    for written, expected in (
        (ON, [pair]),
        ([ON], [pair]),
        ("then.account = first.recipient", [pair]),
        ("first.recipient = then.account AND first.transaction_type=then.country", twice),
        (twice, twice),
    ):
        assert parse_rule({**base, "match_on": written}).canonical()["match_on"] == expected


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ({}, "match_on"),
        ({"match_on": "recipient = account"}, "match_on"),
        ({"match_on": []}, "match_on"),
        ({"match_on": [{"first": "a"}]}, "match_on[0].then"),
        ({"match_on": [{"first": "a", "then": "b", "else": "c"}]}, "match_on[0].else"),
        ({"match_on": ON, "ratio": {"of": "amount"}}, "ratio.min"),
        ({"match_on": ON, "ratio": {"of": "amount", "min": 2, "max": 1}}, "ratio.min"),
        ({"match_on": ON, "then": None}, "then"),
    ],
)
def test_a_sequence_that_is_none_is_refused_at_its_fault(parts: dict[str, Any], path: str) -> None:
    with pytest.raises(RuleErrors) as refused:
        parse_rule({**rule("sequence", first=IN, then=OUT, within_hours=5), **parts})
    assert [fault.path for fault in refused.value.faults] == [path]


def test_a_record_is_above_its_history_strictly() -> None:
    history: list[Cells] = [["1", "A", "10"], ["2", "A", "20"]]
    assert baseline(*history, ["3", "A", "30"], times_mean=2).rows() == []
    assert baseline(*history, ["3", "A", "30.0001"], times_mean=2).rows() == [[3]]
    assert baseline(*history, ["3", "A", "30.0001"], times_mean=2).values() == [Decimal("30.0001")]


def test_history_is_strictly_earlier_and_less_than_the_days_ago() -> None:
    assert baseline(["1", "A", "10"], ["2", "A", "10"], ["2", "A", "99"], times_mean=2).rows() == []
    assert baseline(["0", "A", "10"], ["2", "A", "10"], ["24", "A", "99"], times_mean=2).rows() == []
    assert baseline(["1", "A", "10"], ["2", "A", "10"], ["24", "A", "99"], times_mean=2).rows() == [[3]]


def test_too_little_history_is_not_evaluated() -> None:
    result = baseline(["1", "A", "10"], ["2", "A", "10"], ["3", "A", "99"], ["3", "B", "5"], times_mean=2).results["R"]
    assert (result.evaluated, result.not_evaluated) == (1, 3)
    result = baseline(["1", "A", "10"], times_mean=2).results["R"]
    assert (result.state, result.reason) == (
        "not_applicable", "no record has a readable value in amount, step and enough history before it"
    )  # fmt: skip


def test_a_deviation_is_that_of_the_population_and_zero_says_nothing() -> None:
    spread: list[Cells] = [["1", "A", "10"], ["2", "A", "14"]]  # mean 12, deviation 2
    assert baseline(*spread, ["3", "A", "16"], z_score=2).rows() == []
    assert baseline(*spread, ["3", "A", "16.0001"], z_score=2).rows() == [[3]]
    flat: list[Cells] = [["1", "A", "10"], ["2", "A", "10"]]
    assert baseline(*flat, ["3", "A", "99"], z_score=2).results["R"].evaluated == 0


@pytest.mark.parametrize(
    "values", [["0.0001", "0.0002"], ["9999999999999", "-9999999999999"], ["1", "2", "4"], ["99999999999999", "1"]]
)
def test_a_deviation_is_exact_however_large(values: list[str]) -> None:
    """The limit is held between two neighbours of 1/10,000 that only exact arithmetic tells apart."""
    numbers = [Decimal(value) for value in values]
    mean = (sum(numbers) / len(numbers)).quantize(Decimal("0.000001"))
    variance = sum((number - sum(numbers) / len(numbers)) ** 2 for number in numbers) / len(numbers)
    limit = mean + variance.sqrt()
    below = limit.quantize(Decimal("0.0001"), rounding="ROUND_FLOOR") - Decimal("0.0001")
    above = below + Decimal("0.0003")
    history: list[Cells] = [[str(hour), "A", value] for hour, value in enumerate(values)]
    assert baseline(*history, ["20", "A", str(below)], z_score=1, min_history=len(values)).values() == []
    assert baseline(*history, ["20", "A", str(above)], z_score=1, min_history=len(values)).values() == [above]


@pytest.mark.parametrize("parts", [{}, {"times_mean": 2, "z_score": 1}, {"times_mean": 0}, {"z_score": -1}])
def test_a_baseline_has_one_measure_above_zero(parts: dict[str, Any]) -> None:
    with pytest.raises(RuleErrors):
        parse_rule({**rule("baseline", of="amount", history_days=1, min_history=1), **parts})


def test_a_share_counts_the_part_among_the_whole() -> None:
    rows: list[Cells] = [["A", "X", "1"], ["A", "X", "-1"], ["A", "Y", "1"], ["B", "X", "1"]]
    scanned = share(*rows)
    assert (scanned.rows(), scanned.values()) == ([[1, 2, 3]], [Decimal("0.666667")])
    assert share(*rows, of_where=leaf("type", "==", "X")).values() == [Decimal("0.5")]
    assert share(*rows, operator="<", threshold=0.6).rows() == []
    assert share(*rows, min_records=4).rows() == []


def test_what_is_unknown_takes_no_part_and_is_not_evaluated() -> None:
    rows: list[Cells] = [["A", "X", "1"], ["A", "X", None], ["A", None, "1"], ["A", "X", "-1"], ["A", "Y", None]]
    scanned = share(*rows, of_where=leaf("type", "==", "X"))
    assert (scanned.rows(), scanned.values()) == ([[1, 4]], [Decimal("0.5")])
    assert scanned.results["R"].not_evaluated == 2


@pytest.mark.parametrize("threshold", [-0.1, 2, "1"])
def test_a_share_is_compared_with_a_number_from_0_on(threshold: object) -> None:
    with pytest.raises(RuleErrors):
        parse_rule(rule("share", where=IN, operator=">", threshold=threshold))


def test_a_rule_that_looks_back_further_than_the_data_says_so() -> None:
    rows: list[Cells] = [["0", "A", "1"], ["24", "A", "1"]]
    assert not baseline(*rows, times_mean=1).results["R"].short_history
    assert baseline(*rows, times_mean=1, history_days=1.0001).results["R"].short_history

"""Every operator on values, on missing values and under NOT, through the real engine."""

from __future__ import annotations

import pytest

from tests.compliance.engine.scanning import leaf, matching, rule, scan


def column(*values: str | None) -> list[list[str | None]]:
    return [[value, "x"] for value in values]


@pytest.mark.parametrize(
    ("operator", "outcome"),
    [("==", "FTF?"), ("!=", "TFT?"), (">", "FFT?"), (">=", "FTT?"), ("<", "TFF?"), ("<=", "TTF?")],
)
def test_numbers_compare_exactly_and_missing_is_unknown(operator: str, outcome: str) -> None:
    assert matching(leaf("a", operator, 10), "a b", *column("9.9999", "10.0", "10.0001", None)) == outcome


def test_text_that_is_no_number_is_unknown_to_a_number() -> None:
    assert matching(leaf("a", ">", 1), "a b", *column("5", "5,0", "abc")) == "T??"


def test_a_string_literal_compares_exact_text() -> None:
    assert matching(leaf("a", "==", "00123"), "a b", *column("00123", "123", " 00123", None)) == "TFF?"


def test_ignore_case_compares_text_in_lower_case() -> None:
    rows = column("Open", "OPEN", "shut", None)
    assert matching(leaf("a", "==", "open", ignore_case=True), "a b", *rows) == "TTF?"
    assert matching(leaf("a", "in", ["open", "new"], ignore_case=True), "a b", *rows) == "TTF?"


def test_booleans_are_words() -> None:
    rows = column("yes", "off", "1", "maybe", None)
    assert matching(leaf("a", "==", True), "a b", *rows) == "TFT??"
    assert matching(leaf("a", "!=", True), "a b", *rows) == "FTF??"


def test_membership_is_an_or_of_equalities_three_valued() -> None:
    rows = column("abc", "5", "xyz", None)
    assert matching(leaf("a", "in", ["abc", 5]), "a b", *rows) == "TT??"
    assert matching(leaf("a", "not_in", ["abc", "xyz"]), "a b", *rows) == "FTF?"


def test_between_is_inclusive() -> None:
    rows = column("0.9999", "1", "2", "2.0001", None)
    assert matching(leaf("a", "between", [1, 2]), "a b", *rows) == "FTTF?"
    assert matching(leaf("a", "not_between", [1, 2]), "a b", *rows) == "TFFT?"


def test_parts_of_text_ignore_case_and_take_wildcards_literally() -> None:
    rows = column("50% OFF", "off 50", "50 off", None)
    assert matching(leaf("a", "contains", "0% o"), "a b", *rows) == "TFF?"
    assert matching(leaf("a", "not_contains", "0% o"), "a b", *rows) == "FTT?"
    assert matching(leaf("a", "starts_with", "OFF"), "a b", *rows) == "FTF?"
    assert matching(leaf("a", "ends_with", "Off"), "a b", *rows) == "TFT?"


def test_matches_searches_anywhere_and_minds_case() -> None:
    assert matching(leaf("a", "matches", "b+c"), "a b", *column("abbbcd", "ABBC", "ac", None)) == "TFF?"


def test_exists_is_never_unknown_on_a_column() -> None:
    rows = column("x", None, "  ")
    assert matching(leaf("a", "exists"), "a b", *rows) == "TFF"
    assert matching(leaf("a", "not_exists"), "a b", *rows) == "FTT"


def test_every_leaf_on_a_field_without_a_column_is_unknown() -> None:
    for operator in ("exists", "not_exists"):
        assert matching(leaf("nowhere", operator), "a b", *column("x", None)) == "??"
    assert matching(leaf("nowhere", "==", "x"), "a b", *column("x", None)) == "??"


def test_zero_is_not_round() -> None:
    rows = column("3000", "-2000", "0", "1500", "1000.0001", None)
    assert matching(leaf("a", "is_round", 1000), "a b", *rows) == "TTFFF?"


def test_round_works_with_decimals_of_the_divisor() -> None:
    assert matching(leaf("a", "is_round", 0.25), "a b", *column("1.75", "1.8", "99999999999999.75")) == "TFT"


def test_age_is_measured_from_the_scan_and_the_edge_is_newer() -> None:
    day = 86_400_000_000
    rows = column("1970-01-10T00:00:00Z", "1970-01-09T23:59:59.999999Z", "soon", None)
    at = {"created_at_us": 39 * day}
    assert matching(leaf("a", "older_than_days", 30), "a b", *rows, **at) == "FT??"
    assert matching(leaf("a", "newer_than_days", 30), "a b", *rows, **at) == "TF??"


def test_a_string_that_reads_as_a_time_orders_times() -> None:
    rows = column("2024-03-01", "2024-03-01T00:00:01Z", "2024-02-29T23:00:00Z", "never")
    assert matching(leaf("a", ">=", "2024-03-01"), "a b", *rows) == "TTF?"
    assert matching(leaf("a", "between", ["2024-02-29", "2024-03-01"]), "a b", *rows) == "TFT?"


def test_a_string_that_reads_as_a_number_orders_numbers() -> None:
    assert matching(leaf("a", "<", "10"), "a b", *column("9", "10", "x")) == "TF?"


def test_fields_compare_as_numbers_when_both_are() -> None:
    rows: list[list[str | None]] = [["9", "10"], ["10.0", "10"], ["11", "10"], [None, "10"]]
    assert matching(leaf("a", "<", "b", value_type="field"), "a b", *rows) == "TFF?"
    assert matching(leaf("a", "==", "b", value_type="field"), "a b", *rows) == "FTF?"


def test_fields_compare_as_times_when_both_are() -> None:
    rows: list[list[str | None]] = [["2024-01-01T01:00:00+01:00", "2024-01-01"], ["2024-01-02", "2024-01-01"]]
    assert matching(leaf("a", "==", "b", value_type="field"), "a b", *rows) == "TF"


def test_fields_compare_as_text_otherwise() -> None:
    rows: list[list[str | None]] = [["9", "x"], ["x", "x"], ["y", None]]
    assert matching(leaf("a", "==", "b", value_type="field"), "a b", *rows) == "FT?"
    assert matching(leaf("a", "contains", "b", value_type="field"), "a b", ["aXb", "xB"], ["a", "x"]) == "TF"


def test_type_is_trimmed_and_upper_and_account_trimmed_but_nothing_else() -> None:
    condition = leaf("type", "==", "Cash_Out")
    assert matching(condition, "type b", [" cash_out\t", "x"], ["CASH OUT", "x"]) == "TF"
    assert matching(leaf("account", "==", "A1"), "account b", ["\u00a0A1 ", "x"], ["a1", "x"]) == "TF"
    assert matching(leaf("country", "==", "DE"), "country b", [" DE", "x"], ["DE", "x"]) == "FT"


def test_kleene_logic_decides_where_one_side_is_enough() -> None:
    known, unknown = leaf("b", "==", "x"), leaf("a", ">", 1)
    rows: list[list[str | None]] = [[None, "x"], [None, "y"], ["2", "x"]]
    assert matching({"AND": [known, unknown]}, "a b", *rows) == "?FT"
    assert matching({"OR": [known, unknown]}, "a b", *rows) == "T?T"
    assert matching({"NOT": {"AND": [unknown, known]}}, "a b", *rows) == "?TF"


def test_expressions_are_exact_and_missing_as_soon_as_one_field_is() -> None:
    condition = {"expr": "abs(a - b) - 0.1", "operator": ">", "value": 0}
    rows: list[list[str | None]] = [["0.3", "0.2"], ["0.2", "0.3001"], ["5", None]]
    assert matching(condition, "a b", *rows) == "FT?"


def test_min_and_max_are_missing_when_any_value_is() -> None:
    rows: list[list[str | None]] = [["1", "9"], ["9", "1"], ["1", None]]
    assert matching({"expr": "max(a, b, 3)", "operator": "==", "value": 9}, "a b", *rows) == "TT?"
    assert matching({"expr": "min(a, -(b) + 2)", "operator": "<=", "value": -7}, "a b", *rows) == "TF?"


def test_the_largest_numbers_do_not_overflow_an_expression() -> None:
    top = "99999999999999.9999"
    assert matching({"expr": "a + a + a + b", "operator": ">", "value": 0}, "a b", [top, top], [top, None]) == "T?"


def test_a_quoted_header_can_stand_in_an_expression() -> None:
    condition = {"expr": '"Amount.Paid" + b', "operator": "==", "value": 3}
    assert matching(condition, "Amount.Paid b", ["1", "2"], ["1", "1"]) == "TF"


def test_a_mapped_field_wins_over_a_raw_column_of_its_name() -> None:
    rows: list[list[str | None]] = [["1", "100"], ["100", "1"]]
    assert matching(leaf("amount", ">", 50), "amount paid", *rows) == "FT"
    assert matching(leaf("amount", ">", 50), "amount paid", *rows, mapping={"amount": "paid"}) == "TF"


def test_mapping_names_may_be_aliases_and_are_trimmed() -> None:
    mapping = {"transaction_type": " kind "}
    assert matching(leaf("type", "==", "A"), "kind b", ["a", "x"], ["b", "x"], mapping=mapping) == "TF"


def test_quotes_and_statements_in_literals_stay_text() -> None:
    evil = "x'; DROP TABLE records; --"
    assert matching(leaf("a", "==", evil), "a b", *column(evil, "x")) == "TF"


def test_a_thousand_comparisons_run() -> None:
    many = {"OR": [leaf("a", "==", number) for number in range(900)]}
    assert matching(many, "a b", *column("899", "900")) == "TF"


def test_two_hundred_rules_fill_several_masks() -> None:
    rules = [rule(rule_id=f"R{n}", where=leaf("a", "==", n)) for n in range(200)]
    scanned = scan(rules, "a b", *column(*(str(n) for n in range(200))))
    assert [found["rows"] for found in scanned.findings if found["rule_id"] == "R150"] == [[151]]
    assert scanned.outcome.finding_count == 200


@pytest.mark.parametrize(
    ("expression", "operator", "value", "expected"),
    [
        ("a / b", "==", 0.333333, "TF?F"),
        ("a / b * 3", "==", 0.999999, "TF?F"),
        ("a + b * 2", "==", 7, "TFTF"),
        ("(a + b) * 2", "==", 8, "TTFF"),
        ("-a / b", "==", -0.333333, "TF?F"),
        ("min(a / b, 1)", "<", 1, "TF?F"),
        ("a * a * a * a * a", ">", 0, "TTT?"),
        ("a / 8", "is_round", 0.125, "TTTT"),
    ],
)
def test_products_and_quotients(expression: str, operator: str, value: float, expected: str) -> None:
    """A quotient has 6 places; dividing by zero and what needs more than 38 digits is missing."""
    rows: list[list[str | None]] = [["1", "3"], ["2", "2"], ["7", "0"], ["10000000000000", "3"]]
    condition = {"expr": expression, "operator": operator, "value": value}
    assert matching(condition, "a b", *rows) == expected

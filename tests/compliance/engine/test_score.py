"""The two scoring methods, exactly."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.engine.score import WEIGHTS, by_rules, open_weight, severity_weighted

SEVERITIES = st.sampled_from(sorted(WEIGHTS))


def test_weights_are_quarters() -> None:
    assert WEIGHTS == {"CRITICAL": 4, "HIGH": 3, "MEDIUM": 2, "LOW": 1}
    assert open_weight([("CRITICAL", 2), ("LOW", 3)]) == 11


def test_one_critical_finding_in_a_hundred_records_costs_one() -> None:
    assert severity_weighted(4, 100) == Decimal("99.00")


def test_without_records_the_score_is_100() -> None:
    assert severity_weighted(0, 0) == Decimal("100.00")


def test_a_score_never_falls_below_zero() -> None:
    assert severity_weighted(10**9, 3) == Decimal("0.00")
    assert severity_weighted(-1, 3) == Decimal("100.00")


def test_halves_round_to_even() -> None:
    assert severity_weighted(1, 5_000) == Decimal("100.00")  # 99.995 lies between 99.99 and 100.00
    assert severity_weighted(3, 5_000) == Decimal("99.98")  # 99.985 lies between 99.98 and 99.99


@given(weight=st.integers(0, 10**12), records=st.integers(1, 10**9))
def test_the_score_is_the_formula_rounded(weight: int, records: int) -> None:
    exact = Decimal(100) * (1 - Decimal(weight) / (4 * records))
    score = severity_weighted(weight, records)
    assert 0 <= score <= 100
    assert score.as_tuple().exponent == -2
    if 0 <= exact <= 100:
        assert abs(score - exact) <= Decimal("0.005")
    assert score == score.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)


@given(weight=st.integers(0, 10**6), more=st.integers(0, 10**6), records=st.integers(1, 10**6))
def test_more_weight_never_scores_higher(weight: int, more: int, records: int) -> None:
    assert severity_weighted(weight + more, records) <= severity_weighted(weight, records)


def test_rules_are_weighed_by_severity() -> None:
    assert by_rules([("CRITICAL", True), ("HIGH", False), ("LOW", False)]) == Decimal("50.00")


def test_without_a_rule_there_is_no_score() -> None:
    with pytest.raises(ValueError, match="no rule could run"):
        by_rules([])


@given(rules=st.lists(st.tuples(SEVERITIES, st.booleans()), min_size=1))
def test_all_or_nothing_are_the_ends(rules: list[tuple[str, bool]]) -> None:
    score = by_rules(rules)
    assert (score == 100) == (not any(violated for _, violated in rules))
    assert (score == 0) == all(violated for _, violated in rules)

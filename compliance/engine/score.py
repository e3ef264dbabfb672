"""The compliance score of a scan, exactly: integers and Decimal, rounded half-even to two places."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

WEIGHTS = {"CRITICAL": 4, "HIGH": 3, "MEDIUM": 2, "LOW": 1}
"""Severity -> weight of one finding, in quarters of a record."""


def open_weight(violations: Iterable[tuple[str, int]]) -> int:
    """W: the sum of weight x finding_count over open violations, given as (severity, finding_count)."""
    return sum(WEIGHTS[severity] * findings for severity, findings in violations)


def severity_weighted(weight: int, record_count: int) -> Decimal:
    """100 x (1 - W / 4N), 0..100 with two decimals; 100 without records. `weight` is W, in quarters."""
    if not record_count:
        return Decimal("100.00")
    return _percent(1 - Fraction(weight, 4 * record_count))


def by_rules(rules: Iterable[tuple[str, bool]]) -> Decimal:
    """100 x weight of rules without an open violation / weight of all, 0..100 with two decimals.

    `rules` are the active rules that could run, as (severity, has an open violation). Raises ValueError
    without any: such a scan has no score.
    """
    listed = list(rules)
    total = sum(WEIGHTS[severity] for severity, _ in listed)
    if not total:
        raise ValueError("no rule could run, so there is no score")
    return _percent(Fraction(sum(WEIGHTS[severity] for severity, violated in listed if not violated), total))


def _percent(share: Fraction) -> Decimal:
    """A share as 0..100; less than nothing is nothing, more than all is all."""
    within = min(max(share, Fraction(0)), Fraction(1))
    return Decimal(round(within * 10_000)).scaleb(-2)  # round() of a Fraction is half-even

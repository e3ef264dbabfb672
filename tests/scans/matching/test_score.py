"""The score of a document, by the formula of docs/signals.md, with numbers worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scans.matching.score import Match, Scale, age, freshness, relevance, score

CLOCK = datetime(2026, 5, 1, 12, tzinfo=UTC)
USUAL = Scale()


def match(weight: float, count: int) -> Match:
    return Match("term", weight, in_title=0, in_text=count, count=count)


@pytest.mark.parametrize(
    ("matches", "asked", "expected"),
    [
        ([match(2, 3), match(1, 1)], 4, 82.5),  # 100 x (0.7 x 3 / 3.5 + 0.3 x 3 / 4)
        ([match(1, 1)], 1, 76.67),  # 100 x (0.7 x 1 / 1.5 + 0.3)
        ([match(0.5, 1), match(0.5, 9)], 4, 73.82),  # 100 x (0.7 x 9 / 9.5 + 0.3 x 1 / 4), the best is not the first
        ([], 0, 100),
    ],
)
def test_the_best_term_and_the_share_of_what_was_asked_for(matches: list[Match], asked: float, expected: float) -> None:
    assert relevance(matches, asked) == pytest.approx(expected, abs=0.005)


def test_an_age_is_in_days_and_never_negative() -> None:
    assert age(CLOCK - timedelta(hours=36), CLOCK, 30) == 1.5
    assert age(CLOCK + timedelta(days=2), CLOCK, 30) == 0
    assert age(None, CLOCK, 7) == 7


@pytest.mark.parametrize(
    ("days", "half_life", "expected"), [(0, 30, 1), (30, 30, 0.5), (90, 30, 0.125), (1, 2, 0.7071)]
)
def test_a_half_life_halves(days: float, half_life: float, expected: float) -> None:
    assert freshness(days, half_life) == pytest.approx(expected, abs=0.00005)


def test_a_score_is_all_three_multiplied_and_halves_are_rounded_up() -> None:
    assert score([match(2, 3), match(1, 1)], 4, 7, "company_news", USUAL) == 70
    assert score([], 0, 30, "company_news", Scale(weights={"company_news": 0.25})) == 13  # 12.5
    assert score([], 0, 30, "company_news", Scale(weights={"company_news": 0.248})) == 12


def test_a_score_is_never_above_100() -> None:
    assert score([], 0, 0, "company_news", USUAL) == 100
    assert score([], 0, 0, "company_news", Scale(weights={"company_news": 9})) == 100
    assert score([], 0, 0, "company_news", Scale(weights={"company_news": 0.99})) == 99


def test_a_scale_is_of_its_type_alone() -> None:
    scale = Scale(half_lives={"job_change": 10}, weights={"job_change": 0.5})
    assert [scale.half_life(each) for each in ("job_change", "company_news")] == [10, 30]
    assert [scale.weight(each) for each in ("job_change", "company_news")] == [0.5, 1]
    assert [score([], 0, 10, each, scale) for each in ("job_change", "company_news")] == [25, 79]

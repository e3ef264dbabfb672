"""Intervals and Retry-After: whatever happens, a source is asked again, and not too often."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scans.fetching.intervals import Bounds
from scans.fetching.reading import later

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@given(st.integers(0, 10**5), st.integers(0, 10**6), st.integers(0, 10**7), st.booleans())
def test_an_interval_stays_within_its_bounds(least: int, more: int, interval: int, changed: bool) -> None:
    assert least <= Bounds(least, least + more).next(interval, changed=changed) <= least + more


@given(st.integers(1, 10**5), st.integers(0, 10**6), st.integers(0, 10**9), st.none() | st.floats(0, 1e12))
def test_a_source_that_fails_is_asked_again(least: int, more: int, failures: int, wish: float | None) -> None:
    assert 0 < Bounds(least, least + more).after_failure(failures, wish) <= least + more


def test_a_source_that_seldom_changes_is_asked_less_often_until_it_does() -> None:
    bounds = Bounds(900, 86_400)
    intervals = [0]
    for _ in range(15):
        intervals.append(bounds.next(intervals[-1], changed=False))
    assert intervals[1:4] == [900, 1350, 2025]
    assert intervals[-1] == 86_400
    assert bounds.next(intervals[-1], changed=True) == 43_200


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120), (" 3 ", 3), ("0", 0), ("9" * 30, 999_999_999), ("Fri, 20 Nov 2026 12:01:00 GMT", 60),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0), ("-5", None), ("soon", None), ("", None), (None, None), ("1e9", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_either_way(text: str | None, seconds: float | None) -> None:
    assert later(text, NOW) == seconds

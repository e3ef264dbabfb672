"""Counts between two scans always add up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.engine.delta import Delta

SIGNATURES = st.sets(st.tuples(st.sampled_from("RS"), st.sampled_from("abcdef")))


@given(before=SIGNATURES, now=SIGNATURES)
def test_the_sums_hold(before: set[tuple[str, str]], now: set[tuple[str, str]]) -> None:
    delta = Delta(len(now), len(before), len(now & before))
    assert delta.new_count + delta.unchanged_count == delta.violation_count == len(now)
    assert delta.resolved_count + delta.unchanged_count == delta.previous_violation_count == len(before)
    assert delta.new_count == len(now - before)
    assert delta.resolved_count == len(before - now)


@pytest.mark.parametrize("unchanged", [-1, 3])
def test_counts_that_cannot_be_are_refused(unchanged: int) -> None:
    with pytest.raises(ValueError, match="unchanged of 2 now and 9 before"):
        Delta(2, 9, unchanged)

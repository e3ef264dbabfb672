"""What counts as a consent, and what does not."""

from __future__ import annotations

import pytest

from prospecting.normalising.consent import ConsentRule, is_given


@pytest.mark.parametrize(
    "text", ["yes", "YES", " Ja ", "1", "true", "Opt-In", "opt in", "2026-01-31", "31.01.2026 12:00", "Subscribed"]
)
def test_a_consent(text: str) -> None:
    assert is_given(text)


@pytest.mark.parametrize(
    "text", ["", " ", "no", "0", "false", "nein", "unknown", "pending", "yes, but no", "n/a", "=1"]
)
def test_no_consent(text: str) -> None:
    assert not is_given(text)


def test_rows_without_country_are_asked_only_beside_countries() -> None:
    assert not ConsentRule(without_country=True).refuses(country="", consent="")

"""Whatever is found, what is shown does not tell whose it is; and no text makes the look slow."""

from __future__ import annotations

import re
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from compliance.pii.columns import CHARACTERS, check_values

TELLING = 5
"""Characters in a row, of letters and digits, that a masked value must not share with the value."""

WORDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=TELLING, max_size=12)
EMAILS = st.builds("{}.{}@{}.com".format, WORDS, WORDS, WORDS)
CARDS = (
    st.integers(0, 10**14 - 1).map(lambda n: f"4{n:014d}").map(lambda digits: digits + luhn.calc_check_digit(digits))
)
PHONES = st.integers(0, 9_999_999).map(lambda n: f"+43 660 {n:07d}")
NAMES = st.builds(
    "{} {}".format, *[st.text("abcdefghijklmnopqrstuvwxyz", min_size=TELLING, max_size=9).map(str.title)] * 2
)
NUMBERS = st.integers(0, 9_999).map(lambda n: f"536-90-{n:04d}")


def plain(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()


@settings(deadline=None)
@given(st.sampled_from(["Contact", "Phone", "Customer name", "SSN"]), st.one_of(EMAILS, CARDS, PHONES, NAMES, NUMBERS))
def test_a_masked_value_shares_nothing_telling_with_the_value(header: str, value: str) -> None:
    for found in check_values(header, [value]):
        for sample in found.samples:
            hidden = plain(value)
            shown = [plain(piece) for piece in re.split(r"\*+", sample)]
            runs = {hidden[start : start + TELLING] for start in range(len(hidden) - TELLING + 1)}
            assert [run for run in runs for piece in shown if run in piece] == []
            assert "***" in sample


@settings(deadline=None)
@given(st.text(), st.lists(st.text(max_size=60), max_size=5, unique=True))
def test_any_text_can_be_looked_at(header: str, values: list[str]) -> None:
    found = check_values(header, values)
    assert all(0 < each.share <= 1 and 1 <= len(each.samples) <= 3 for each in found)
    assert all(first.share >= second.share for first, second in pairwise(found))


HOSTILE = ["AT61", "a@", "a.", "+43 ", "4 ", "1-", "(212) ", "AA11 ", "x@x.", "'a"]


@pytest.mark.parametrize("part", HOSTILE)
def test_no_text_makes_the_look_slow(part: str) -> None:
    begun = time.process_time()
    check_values("Contact person's phone", [(part * CHARACTERS)[:CHARACTERS]])
    assert time.process_time() - begun < 0.5

"""The text of a key."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import keys


@pytest.mark.parametrize(("test", "prefix"), [(False, "sk_live_"), (True, "sk_test_")])
def test_a_key_is_its_prefix_30_random_characters_and_a_checksum(test: bool, prefix: str) -> None:
    key = keys.new_key(test=test)
    assert re.fullmatch(prefix + "[0-9A-Za-z]{36}", key)
    assert keys.well_formed(key)


def test_no_two_keys_are_equal() -> None:
    assert len({keys.new_key() for _ in range(1000)}) == 1000


def test_a_changed_character_anywhere_is_noticed() -> None:
    key = keys.new_key()
    for place in range(len(key)):
        assert not keys.well_formed(key[:place] + ("A" if key[place] != "A" else "B") + key[place + 1 :])


def test_a_live_key_cannot_be_passed_off_as_a_test_key() -> None:
    assert not keys.well_formed(keys.new_key().replace("sk_live_", "sk_test_"))


@given(st.text() | st.from_regex(r"sk_live_[0-9A-Za-z]{36}", fullmatch=True))
def test_invented_text_is_no_key(text: str) -> None:
    assert not keys.well_formed(text)


@pytest.mark.parametrize("frame", ["{} ", " {}", "{}\n", "{}A"])
def test_nothing_may_stand_around_a_key(frame: str) -> None:
    assert not keys.well_formed(frame.format(keys.new_key()))


def test_a_known_key_has_a_known_checksum_and_hash() -> None:
    key = "sk_live_" + "0" * 30
    whole = key + keys._checksum(key)
    assert keys.well_formed(whole)
    assert keys.digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

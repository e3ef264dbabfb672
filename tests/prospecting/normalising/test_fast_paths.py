"""What is usual is read on a shorter way, and comes to what the long one comes to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prospecting.normalising import profiles
from prospecting.normalising.texts import _letters, fold

PROFILES = st.one_of(
    st.from_regex(profiles._PLAIN, fullmatch=True),
    st.builds(
        "{}{}linkedin.com/{}/{}{}".format,
        st.sampled_from(["https://", "http://", "HTTPS://", "//", ""]), st.sampled_from(["", "www.", "de.", "x"]),
        st.sampled_from(["in", "IN", "company", "pub", "mwlite/in", "in/x"]),
        st.sampled_from(["anna-b", "Anna", "me", "null", "a%20b", "A" * 201, "a" * 200, f"ACoA{'bC' * 14}"]),
        st.sampled_from(["", "/", "/de", "?x=1", "#top", "."]),
    ),
)  # fmt: skip


@given(text=PROFILES)
def test_a_plain_profile_is_what_any_profile_is(text: str) -> None:
    for kinds in ({"in"}, {"company", "school", "showcase"}):
        assert profiles._of(text, kinds, "fault") == profiles._judged(text, kinds, "fault")


@given(text=st.text(st.characters(max_codepoint=0x17F)))
def test_latin_letters_fold_beside_others_as_they_do_alone(text: str) -> None:
    assert fold(text) == " ".join(_letters(text).split())

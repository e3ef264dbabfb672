"""Sentences and lines are told by quick tests first; here they are told plainly."""

from __future__ import annotations

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from scans.matching.text import plain, readable, sentences

ENDS = re.compile(r"[.!?…][\"'”’)\]]*\s+|[。！？]|\n\s*\n\s*")
BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")

parts = st.sampled_from([*".!?…\"'”)]。！？\n \t\x00\xa0\u2028a東", "  ", ". "])
texts = st.lists(parts | st.text(max_size=3)).map("".join)


@given(texts)
def test_sentences_end_at_stops_and_empty_lines(text):
    ends = [end.end() for end in ENDS.finditer(text)]
    assert [end for _, end in sentences(text)] == list(dict.fromkeys([*ends, *([len(text)] if text else [])]))


@given(texts)
def test_a_plain_line_has_single_spaces_and_no_control_characters(text):
    assert plain(text) == BLANKS.sub(" ", text).strip()


odd = st.sampled_from("a\u0308\u00ad\u200b\u2060\ufeff\ud800\udfff東’")


@given(st.text(odd | st.characters(exclude_characters="&<")))
def test_what_is_read_is_without_what_is_unseen_or_half_a_character(text):
    seen = re.sub("[\u00ad\u200b\u2060\ufeff]", "", re.sub("[\ud800-\udfff]", "\ufffd", text))
    assert readable(text) == unicodedata.normalize("NFC", seen)

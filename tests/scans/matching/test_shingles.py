"""Shingles of many documents, counted at once in numpy, are those counted one by one in plain Python."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scans.matching import shingles as counting
from scans.matching.languages import LONGEST_WORD, PLAIN, folded, stems, written
from scans.matching.shingles import near, shingled, shingles
from scans.matching.text import readable, separated
from tests.scans.matching.invented import WORDS

LONG = [part * (LONGEST_WORD // len(part) + more) for part in ("x", "Ü", "x1") for more in (-1, 0, 1)] + ["⑽" * 33]
words = st.sampled_from([*WORDS, *LONG, "a", "b", "c", "A1", "½", "C#", "_", "’", "–"]) | st.text(max_size=5)
texts = st.lists(words).map(" ".join)


def plainly(title: str, text: str) -> list[int]:
    numbers = [number(word) for word in stems(written(readable(f"{title}\n{text}")), PLAIN)[: counting.MOST]]
    if 0 < len(numbers) < 3:
        numbers += [0] * (3 - len(numbers))
    return sorted({run(*numbers[at : at + 3]) for at in range(len(numbers) - 2)})


def number(word: str) -> int:
    found = 0
    for byte in reversed(word.encode()[: LONGEST_WORD - 1]):
        found = (found * 0xD6E8FEB86659FD93 + byte) % 2**64
    return found ^ found >> 32


def run(first: int, second: int, third: int) -> int:
    found = ((first * 0x9E3779B97F4A7C15 + second) * 0xC2B2AE3D27D4EB4F + third) % 2**64
    return found ^ found >> 29


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=5), st.sampled_from([1, 60, 250_000]))
def test_they_are_those_counted_one_by_one(documents, batch):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting, "_BATCH", batch)
        found = [each.tolist() for each in shingled(documents)]
    assert found == [plainly(*document) for document in documents]


def test_words_beyond_the_bound_are_not_compared(monkeypatch):
    for text in ("a b c d e f", "ä b c d e f"):
        whole = shingles("", text)
        monkeypatch.setattr(counting, "MOST", 4)
        assert shingles("", text).tolist() == shingles("", text[:7]).tolist() != whole.tolist()
        monkeypatch.undo()


@given(texts)
def test_folding_in_one_go_is_folding_word_by_word(text):
    assert folded(separated(readable(text))) == stems(written(readable(text)), PLAIN)


@given(texts, texts)
def test_near_is_four_fifths_of_all(one, other):
    first, second = (shingles("", text) for text in (one, other))
    mine, theirs = set(first.tolist()), set(second.tolist())
    expected = bool(mine and theirs) and 5 * len(mine & theirs) >= 4 * len(mine | theirs)
    assert near(first, second) == near(second, first) == expected


def test_what_is_blanked_stands_in_no_word():
    assert written(" ".join(f"a{mark}b" for mark in counting._MARKS)) == ["a", "b"] * len(counting._MARKS)


def test_words_that_differ_have_different_numbers():
    """All short words of few letters, and a hundred thousand that differ in two places."""
    letters = "abcdeotn019"
    told = [a + b + c + d for a in letters for b in letters for c in letters for d in letters]
    told += [f"acquisition{one:03}of{other:03}" for one in range(300) for other in range(300)]
    found = {each.tolist()[0] for each in shingled(("", word) for word in told)}
    assert len(found) == len(set(told))

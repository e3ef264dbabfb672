"""The words that are looked for are found through a sieve as they are by looking at every word."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scans.matching import vocabulary as vocabularies
from scans.matching.judging import judge
from scans.matching.keywords import parse, telling
from scans.matching.keywords import written as normal
from scans.matching.languages import LANGUAGES, LONGEST_WORD, written
from scans.matching.text import readable, sentences, separated
from scans.matching.vocabulary import Vocabulary
from tests.scans.matching.expressions import expressions, tf
from tests.scans.matching.invented import CLOCK, WORDS, documents, items

KEYWORDS = ["funding", "series b", "hir*", "büro", "東京", "C++", "istanbul"]
ASKED = items({"keywords": KEYWORDS, "excludeKeywords": ["naive"]})
# About as long as a word may be, in characters of one to four bytes, some of which have other sizes in lower case.
LONG = [character * (LONGEST_WORD // len(character.encode()) + more) for character in "xÜẞȺ𐐀" for more in (-1, 0, 1)]

told = st.lists(st.sampled_from([*WORDS, *LONG, "İstanbul", "other", "<p>", "."]) | st.text(max_size=9), max_size=12)


def plainly(text: str, vocabulary: Vocabulary) -> list[tuple[int, tuple]]:
    words = written(text)
    meanings = vocabulary.meanings(words)
    return [(number, meanings[word]) for number, word in enumerate(words) if meanings[word]]


@pytest.mark.parametrize("most_known", [4, 200_000])
@settings(deadline=None)
@given(st.lists(told.map(" ".join), min_size=1, max_size=6), st.sampled_from(LANGUAGES))
def test_what_is_found_through_a_sieve_is_what_is_there(most_known, texts, language):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vocabularies, "MOST_KNOWN", most_known)
        vocabulary = Vocabulary(ASKED, language)
        for text in map(readable, texts * 2):
            found = vocabulary.spotted(separated(text))
            assert [(number, meanings) for number, _, meanings in found] == plainly(text, Vocabulary(ASKED, language))
            assert [written(separated(text)[offset:])[0] for _, offset, _ in found] == [
                written(text)[number] for number, _, _ in found
            ]
            vocabulary.renew()


@pytest.mark.parametrize(
    ("keyword", "phrases"),
    [
        ("a", ["a"]),
        ("a OR b c", ["a", '"b c"']),
        ("(a OR b) AND c AND NOT d", ["c"]),
        ("a AND (b OR NOT c)", ["a"]),
        ("(a AND b) OR (c AND NOT d)", ["a", "c"]),
    ],
)
def test_a_keyword_is_looked_at_where_one_of_few_phrases_may_be(keyword, phrases):
    assert [normal(phrase) for phrase in telling(parse(keyword))] == phrases


@settings(deadline=None, max_examples=200)
@given(documents(), st.lists(expressions, min_size=1, max_size=6, unique_by=lambda asked: parse(asked.text)))
def test_of_an_item_every_keyword_counts_that_holds(document, asked):
    document = replace(document, type="company_news", posted_at=CLOCK)
    found = list(judge(items({"keywords": [each.text for each in asked]}), [document], clock=CLOCK))
    held = [tf(places) for each in asked if (places := each.places(document)) is not None]
    scores = [int(100 * (0.7 * (max(held) / (max(held) + 0.5)) + 0.3 * len(held) / len(asked)) + 0.5)] if held else []
    assert [each.score for each in found] == scores


@given(st.lists(st.sampled_from([*"aC+#.!?…。\n ”東İ", "C++", "F#.", ".\n"]) | st.text(max_size=3)).map("".join))
def test_offsets_in_a_separated_text_are_those_of_its_sentences_one_behind_the_other(text):
    assert "".join(separated(text[start:end]) for start, end in sentences(text)) == separated(text)


def test_a_word_that_is_known_not_to_be_looked_for_is_not_handled_again(monkeypatch):
    vocabulary, handled = Vocabulary(ASKED, "en"), []
    meanings = vocabulary.meanings
    monkeypatch.setattr(vocabulary, "meanings", lambda words: handled.append(words) or meanings(words))
    for _ in range(2):
        vocabulary.spotted("funds for the office")
        vocabulary.renew()
    assert handled == [["funds", "for", "the", "office"], ["funds"]]


def test_a_sieve_is_made_anew_only_when_a_quarter_more_words_are_known(monkeypatch):
    vocabulary, made = Vocabulary(ASKED, "en"), []
    sieve = vocabularies.sieve
    monkeypatch.setattr(vocabularies, "sieve", lambda words: sieve(made.append(sorted(words)) or made[-1]))
    for text in ("one two three", "four", "five"):  # "" is known as well
        vocabulary.spotted(text)
        vocabulary.renew()
    assert made == [["", "one", "three", "two"], ["", "five", "four", "one", "three", "two"]]

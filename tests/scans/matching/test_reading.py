"""Texts, languages and passages."""

from __future__ import annotations

import time
from itertools import accumulate, pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scans.matching.judging import judge
from scans.matching.languages import LANGUAGES, PLAIN, declared, detected, language, stems, written
from scans.matching.summary import LONGEST, best_run, shortened
from scans.matching.text import plain, readable, sentences
from scans.matching.vocabulary import Vocabulary
from tests.scans.matching.invented import CLOCK, Written, items


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("<p>We <b>hire</b></p>", " We  hire  "),
        ("&lt;p&gt;R&amp;D", " R&D"),
        ("a < b and c > d", "a < b and c > d"),
        ("co\u00adop\u200beration", "cooperation"),
        ("Bu\u0308ro", "Büro"),
        ("\ud800", "\ufffd"),
    ],
)
def test_a_text_is_read_without_markup_and_in_one_form(raw, read):
    assert readable(raw) == read


@given(st.text())
def test_whatever_is_read_has_words(text):
    assert all(written(readable(text)))


@given(
    st.lists(st.sampled_from(["a.", "B! ", "“c”", ".\n", "\n\n", " ", "東京。", "C++ ", "5.5", "…) ", "<b>"])).map(
        "".join
    )
)
def test_the_words_of_its_sentences_are_the_words_of_a_text(text):
    assert [word for start, end in sentences(text) for word in written(text[start:end])] == written(text)


@pytest.mark.parametrize(
    "text", [" " * 100_000, "\n" * 100_000, "." * 100_000, '."' * 50_000, "<a" * 50_000, "&#" * 50_000]
)
def test_no_text_takes_long(text):
    begun = time.process_time()
    list(sentences(readable(text)))
    assert time.process_time() - begun < 5  # a square of 100,000 would take hours


@pytest.mark.parametrize(
    ("tag", "named"),
    [
        ("en", "en"),
        ("de-AT", "de"),
        ("NB_no", "no"),
        ("pl", PLAIN),
        ("", None),
        (None, None),
        ("klingon", None),
        ("?!", None),
    ],
)
def test_a_declared_language_is_taken_at_its_word(tag, named):
    assert declared(tag) == named


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("We are hiring engineers for the new office", "en"),
        ("Wir suchen für unser Team eine Verstärkung und freuen uns", "de"),
        ("Nous recrutons un développeur pour notre équipe à Paris", "fr"),
        ("Vi söker en utvecklare till vårt kontor i Stockholm", "sv"),
        ("Acme zatrudnia inżynierów w Warszawie", PLAIN),
        ("株式会社アクメは東京に支社を開設しました", PLAIN),
        ("Senior Data Engineers", "en"),  # nothing is sure: English
        ("", "en"),
    ],
)
def test_a_language_is_detected_where_none_is_declared(text, found):
    assert detected(text) == found
    assert language("pt", "", text) == "pt"


@pytest.mark.parametrize(
    ("code", "asked", "said"),
    [
        ("en", "hire", "They were hiring"),
        ("de", "Häuser", "Ein Haus am See"),
        ("fr", "recrutement", "Nos recrutements"),
        ("es", "ingeniero", "Buscamos ingenieros"),
        ("pl", "inżynier", "INŻYNIER"),
        ("en", "naive", "a naïve view"),
        ("en", "Istanbul", "İstanbul"),
        ("en", "C++", "in C++ and C"),
        ("en", "C#", "uses C#."),
        ("ja", "東京", "株式会社は東京に"),
        ("en", "e-mail", "an e-mail"),
        ("en", "ＡＢＣ", "abc"),
    ],
)
def test_a_word_is_found_in_the_forms_of_its_language(code, asked, said):
    assert list(judge(items({"keywords": [asked]}), [Written(text=said, language=code)], clock=CLOCK))


@pytest.mark.parametrize(
    ("code", "asked", "said"),
    [("pl", "hire", "hiring"), ("en", "C++", "the letter C"), ("en", "C", "C++ and C#"), ("ja", "東京", "京東")],
)
def test_and_not_in_others(code, asked, said):
    assert not list(judge(items({"keywords": [asked]}), [Written(text=said, language=code)], clock=CLOCK))


@given(st.lists(st.text(min_size=1, max_size=12), max_size=20), st.sampled_from(LANGUAGES))
@example(["İstanbul", "ǅ", "ﬁne", "⑴", "ß"], "tr")
def test_each_word_has_one_stem(texts, code):
    words = written(readable(" ".join(texts)))
    assert len(stems(words, code)) == len(words)


def test_words_known_are_forgotten_before_they_are_too_many(monkeypatch):
    monkeypatch.setattr("scans.matching.vocabulary.MOST_KNOWN", 4)
    vocabulary = Vocabulary(items({"keywords": ["fund", "hir*"]}), "en")
    for words in (["funds", "a", "b"], ["c", "hired", "funds", ""], ["d"] * 9):
        found = vocabulary.meanings(words)
        assert set(words) <= set(found)
    assert len(found) == 2
    assert [each.text for word in ("funds", "hired") for each in vocabulary.meanings([word])[word]] == ["fund", "hir"]


def summary(text: str, *keywords: str, title: str = "") -> str:
    (found,) = judge(items({"keywords": list(keywords)}), [Written(title=title, text=text)], clock=CLOCK)
    return found.summary


def test_the_summary_is_the_passage_with_the_most_matched_weight():
    filler = "Nothing of interest is said here at all, and at some length. " * 4
    best = "Acme raised funds. It will hire in Rome."
    assert summary(f"Acme exists. {filler}A fund is named. {filler}{best} {filler}", "fund", "hire") == best
    assert summary("One <b>fund</b>.\n\n  Two\tfunds. " + filler, "fund") == "One fund . Two funds."


pieces = st.lists(st.tuples(st.sampled_from([0.0, 1.0, 2.0]), st.integers(0, 200)), min_size=1, max_size=9)


@given(pieces.filter(lambda found: any(weight for weight, _ in found)))
def test_no_other_run_of_sentences_is_heavier_or_shorter(found):
    lines = [f"{'x' * size}." for _, size in found]
    ends = list(accumulate((len(line) + 1 for line in lines), initial=0))
    text, weights = " ".join(lines), [weight for weight, _ in found]

    def merit(first: int, end: int) -> tuple[float, int, int]:
        return sum(weights[first:end]), -len(" ".join(lines[first:end])), -first

    runs = [(first, end) for end in range(1, len(lines) + 1) for first in range(end)]
    fitting = [run for run in runs if run[1] - run[0] == 1 or -merit(*run)[1] <= LONGEST]
    assert best_run(text, list(pairwise(ends)), weights) == max(fitting, key=lambda run: merit(*run))


def test_a_text_of_very_many_sentences_does_not_take_long():
    begun = time.process_time()
    assert summary("a fund. " * 12_000, "fund").startswith("a fund. a fund.")
    assert time.process_time() - begun < 10


def test_without_a_mention_in_the_text_the_summary_is_its_beginning_and_without_a_text_the_title():
    assert summary("Read more. And more.", "fund", title="Funding") == "Read more. And more."
    assert summary("", "fund", title="Funding <i>round</i>") == "Funding round"


def test_a_long_sentence_is_cut_between_words_around_its_first_mention():
    found = summary("word " * 200 + "fund " + "other " * 200, "fund")
    assert "fund" in found
    assert found.startswith("…word ")
    assert found.endswith(" other…")
    assert len(found) <= LONGEST


@given(st.lists(st.text("ab, -東", min_size=1, max_size=40), min_size=1, max_size=30), st.integers(0, 400))
@example(["x" * 1000], 500)
def test_a_line_is_shortened_between_words_and_keeps_what_stands_near(parts, near):
    line = plain(" ".join(parts))
    short = shortened(line, min(near, max(len(line) - 1, 0)))
    assert len(short) <= LONGEST
    if len(line) > LONGEST:
        assert short.strip("…") in line
        if max(map(len, line.split())) < LONGEST // 3:
            assert set(short.strip("…").split()) <= {word.rstrip(" ,;:-–") for word in line.split()} | set(line.split())
    else:
        assert short == line

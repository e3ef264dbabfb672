"""Every document that matches is found, and judged alone."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scans.enums import SignalType
from scans.enums import Verdict as Stored
from scans.matching import judging
from scans.matching.judging import Verdict, judge
from scans.matching.specification import SOURCES
from tests.scans.matching.expressions import expressions, tf
from tests.scans.matching.invented import CLOCK, Written, days_ago, documents, items


def judged(asked, *found, clock=CLOCK, **options):
    return list(judge(asked, found, clock=clock, **options))


def test_its_words_are_those_of_the_scans():
    assert list(SOURCES) == SignalType.values
    assert set(Stored.values) == {*map(str, Verdict), "duplicate"}


@pytest.mark.parametrize("smallest", [0, 1000], ids=["searching", "reading all"])
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.differing_executors])
@given(
    st.lists(documents(), min_size=1, max_size=6),
    st.lists(expressions, min_size=1, max_size=3, unique_by=lambda e: e.text),
)
def test_the_search_misses_no_document_and_counts_as_one_would_by_hand(smallest, found, asked):
    wanted = [items({"keywords": [each.text]})[0] for each in asked]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "SMALLEST_INDEXED", smallest)
        matched = {(id(one.document), one.item_index) for one in judged(wanted, *found)}
    for document in found:
        if document.type != "company_news":
            assert not any((id(document), number) in matched for number in range(len(wanted)))
            continue
        holding = {number for number, each in enumerate(asked) if each.places(document) is not None}
        assert {number for number in range(len(wanted)) if (id(document), number) in matched} <= holding
        assert bool(holding) == any((id(document), number) in matched for number in range(len(wanted)))
        for number in holding:
            (alone,) = judged((wanted[number],), document)
            count = tf(asked[number].places(document))
            fresh = 0.5 ** (
                (max((CLOCK - document.posted_at).total_seconds(), 0) / 86400 / 30) if document.posted_at else 1
            )
            assert alone.score == int(100 * (0.7 * count / (count + 0.5) + 0.3) * fresh + 0.5)


@settings(deadline=None, max_examples=60)
@given(st.lists(documents(), min_size=1, max_size=8), st.lists(expressions, min_size=1, max_size=4), st.integers(1, 5))
def test_a_document_is_judged_the_same_whatever_else_is_in_the_scan(found, asked, block):
    wanted = items(*({"keywords": [each.text], "minScore": 30, "maxAgeDays": 40} for each in asked))
    alone = [one for document in found for one in judged(wanted, document)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judging, "BLOCK_DOCUMENTS", block)
        patch.setattr(judging, "SMALLEST_INDEXED", 0)
        assert judged(wanted, *found) == alone


def test_documents_are_read_as_they_are_needed(monkeypatch):
    monkeypatch.setattr(judging, "BLOCK_DOCUMENTS", 2)
    taken = []

    def source():
        for number in range(6):
            taken.append(number)
            yield Written(text="hiring", key=str(number))

    first = next(iter(judge(items({"keywords": ["hire"]}), source(), clock=CLOCK)))
    assert (first.document.key, taken) == ("0", [0, 1])


def test_a_block_is_also_bounded_by_its_characters(monkeypatch):
    monkeypatch.setattr(judging, "BLOCK_CHARACTERS", 10)
    taken = []

    def source():
        for number in range(6):
            taken.append(number)
            yield Written(text="hiring now", key=str(number))

    next(iter(judge(items({"keywords": ["hire"]}), source(), clock=CLOCK)))
    assert taken == [0]


@pytest.mark.parametrize(
    ("document", "verdict"),
    [
        (Written(text="funding and layoffs", posted_at=days_ago(50)), "excluded"),
        (Written(text="funding", posted_at=days_ago(50)), "stale"),
        (Written(text="funding", posted_at=days_ago(40)), "below_score"),
        (Written(text="funding", posted_at=days_ago(1)), "kept"),
        (Written(text="layoffs"), None),
    ],
)
def test_excluded_goes_before_stale_and_stale_before_below_score(document, verdict):
    wanted = items({"keywords": ["fund"], "excludeKeywords": ["layoff"], "maxAgeDays": 45, "minScore": 50})
    assert [each.verdict for each in judged(wanted, document)] == ([verdict] if verdict else [])


def test_exactly_as_old_as_wanted_and_exactly_the_wanted_score_are_kept():
    found = Written(text="funding", posted_at=days_ago(30))
    (free,) = judged(items({"keywords": ["fund"]}), found)
    (limited,) = judged(items({"keywords": ["fund"], "maxAgeDays": 30, "minScore": free.score}), found)
    (beyond,) = judged(items({"keywords": ["fund"], "minScore": free.score + 1}), found)
    assert (limited.verdict, beyond.verdict) == ("kept", "below_score")


def test_of_several_items_the_best_wins():
    found = Written(text="funding hire")
    excluding = {"keywords": ["fund"], "excludeKeywords": ["hire"]}
    half = {"keywords": ["fund", "other"]}
    whole = {"keywords": ["fund"]}
    (kept,) = judged(items(excluding, half, whole, whole), found)
    assert (kept.item_index, kept.verdict) == (2, "kept")
    (dropped,) = judged(items(excluding), found)
    assert dropped.verdict == "excluded"


def test_without_keywords_every_document_of_the_source_is_wanted():
    found = [Written(text="anything", posted_at=days_ago(30)), Written(text="anything", type="post")]
    (kept,) = judged(items({"keywords": []}), *found)
    assert (kept.document, kept.score) == (found[0], 50)
    assert kept.reasoning == "Asked for without keywords; 30 days old (freshness 0.50); source weight 1."


def test_an_undated_document_counts_as_one_half_life_old():
    wanted = items({"keywords": ["fund"]}, {"keywords": ["fund"], "maxAgeDays": 29})
    undated = Written(text="funding", posted_at=None)
    (kept,) = judged(wanted[:1], undated)
    (stale,) = judged(wanted[1:], undated)
    (old,) = judged(wanted[:1], Written(text="funding", posted_at=days_ago(30)))
    assert (kept.score, stale.verdict) == (old.score, "stale")
    assert "without a date, taken as 30 days old (freshness 0.50)" in kept.reasoning


def test_a_future_date_counts_as_now():
    now, tomorrow = (
        judged(items({"keywords": ["fund"]}), Written(text="funding", posted_at=days_ago(n)))[0] for n in (0, -1)
    )
    assert now.score == tomorrow.score == 77


def test_title_and_text_are_not_read_into_each_other():
    assert not judged(items({"keywords": ["series b"]}), Written(title="series", text="b"))
    assert judged(items({"keywords": ["series AND b"]}), Written(title="series", text="b"))


@pytest.mark.parametrize(
    "text",
    [
        "\ud800 fund",
        "\x00 fund \x00",
        "fund " + "x" * 200_000,
        "<" * 5000 + " fund",
        "&" * 5000 + " fund",
        "fund\u0300" * 3 + " fund",
    ],
)
def test_hostile_texts_are_judged_like_others(text):
    (kept,) = judged(items({"keywords": ["fund"]}), Written(text=text, title=text, language=None))
    assert kept.verdict == "kept"
    assert len(kept.summary) <= 300


def test_what_is_beyond_the_bound_of_a_text_is_neither_found_nor_counted():
    assert not judged(items({"keywords": ["fund"]}), Written(text="x " * 50_000 + "fund"))

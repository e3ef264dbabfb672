"""The same event told twice is one signal; two events stay two."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scans.matching.fold import fold
from scans.matching.judging import Judged, Verdict
from scans.matching.languages import PLAIN, stems, written
from scans.matching.shingles import shingles
from tests.scans.matching.invented import CLOCK, Written, days_ago

STORY = " ".join(f"word{number}" for number in range(40))


def kept(document: Written, score: int = 50) -> Judged[Written]:
    return Judged(document, 0, Verdict.KEPT, score, "", "")


def folded(*documents: Judged[Written] | Written):
    judged = [each if isinstance(each, Judged) else kept(each) for each in documents]
    return list(fold(judged, lambda document: document.company))


def story(changed: int = 0, **fields) -> Written:
    """STORY with its last words changed."""
    told = STORY.split()
    return Written(text=" ".join([*told[: len(told) - changed], *(f"other{n}" for n in range(changed))]), **fields)


def test_news_on_three_sites_is_one_signal_with_three_sources():
    one, two, three = (
        story(key=name, url=f"https://{name}.example/x", posted_at=days_ago(day)) for day, name in enumerate("cab")
    )
    (group,) = folded(three, two, one)
    assert group.representative.document == three  # the earliest
    assert [each.document for each in group.duplicates] == [two, one]
    assert group.sources == (three.url, two.url, one.url)


def test_the_highest_score_stands_then_the_earliest_then_the_least_key():
    best, early, late, other = (
        kept(story(key="z", posted_at=days_ago(0)), 60),
        kept(story(key="y", posted_at=days_ago(3))),
        kept(story(key="b", posted_at=days_ago(1))),
        kept(story(key="a", posted_at=days_ago(1))),
    )
    (group,) = folded(late, other, early, best)
    assert [group.representative, *group.duplicates] == [best, early, other, late]


@pytest.mark.parametrize(("changed", "groups"), [(0, 1), (4, 1), (5, 2), (20, 2)])
def test_four_fifths_of_all_shingles_decide(changed, groups):
    # 38 shingles; with n words changed at the end 38 - n are common and 38 + n in all: 34/42 = 0.81, 33/43 = 0.77.
    assert len(folded(story(key="a"), story(changed, key="b"))) == groups


def test_exactly_four_fifths_is_near():
    told = [f"w{number}" for number in range(11)]  # 9 shingles; one word more on each side: 8 of 10
    one, other = Written(text=" ".join(told[:-1]), key="a"), Written(text=" ".join(told), key="b")
    third = Written(text=" ".join([*told[1:], "w11"]), key="c")  # 8 of 10 in common with `other`
    assert len(folded(one, other)) == len(folded(other, third)) == 1


@pytest.mark.parametrize(("apart", "groups"), [(timedelta(days=7), 1), (timedelta(days=7, seconds=1), 2)])
def test_seven_days_are_the_window(apart, groups):
    assert len(folded(story(key="a"), story(key="b", posted_at=CLOCK - apart))) == groups


def test_an_unknown_date_keeps_nothing_apart():
    assert len(folded(story(key="a", posted_at=None), story(key="b", posted_at=days_ago(90)))) == 1


def test_companies_and_types_are_never_folded_together():
    assert len(folded(story(key="a"), story(key="a", company="other"), story(key="a", type="post"))) == 3


def test_two_openings_share_most_of_their_text_and_are_two():
    senior, junior = (
        Written(title=f"{level} engineer", text=STORY * 3, type="job_opening", key=level)
        for level in ("Senior", "Junior")
    )
    assert len(folded(senior, junior)) == 2
    assert len(folded(senior, replace(senior, key="b", title="SENIOR  Engineer"))) == 1
    assert len(folded(*(replace(each, type="company_news") for each in (senior, junior)))) == 1


def test_the_same_document_from_two_feeds_is_one_whatever_it_says():
    one = Written(text="a b c d", key="guid", url="https://a.example/1")
    assert len(folded(one, replace(one, text="something else entirely now", posted_at=days_ago(30)))) == 1


def test_the_same_guid_at_another_address_is_another_document():
    one = Written(text="a b c d", key="1", url="https://a.example/1")
    assert len(folded(one, replace(one, text="something else entirely now", url="https://b.example/1"))) == 2
    assert len(folded(one, replace(one, url="https://b.example/1"))) == 1


def test_short_texts_are_compared_whole_and_empty_ones_not_at_all():
    assert len(folded(Written(text="new office", key="a"), Written(title="New", text="office!", key="b"))) == 1
    assert len(folded(Written(text="new office", key="a"), Written(text="new hall", key="b"))) == 2
    assert len(folded(Written(text="new", key="a"), Written(text="new new", key="b"))) == 2
    assert len(folded(Written(key="a"), Written(key="b", text="..."))) == 2


def test_titles_tell_apart_what_both_say_in_the_same_few_words():
    texts = [
        Written(title=title, text="Read more on our blog", key=title) for title in ("Acme hires", "Office in Rome")
    ]
    assert len(folded(*texts)) == 2


def test_a_chain_of_small_changes_does_not_join_its_ends():
    first, middle, last = (
        kept(story(changed, key=str(changed)), score) for changed, score in ((0, 60), (3, 50), (6, 40))
    )
    groups = folded(last, middle, first)
    assert [[g.representative.document.key, *(d.document.key for d in g.duplicates)] for g in groups] == [
        ["0", "3"],
        ["6"],
    ]


def test_texts_of_many_words_are_compared_by_their_first_ones():
    long = "w " * 5000
    assert len(shingles("", long)) == 1


# Few words and few changes: random documents are often near, and often only nearly.
near_texts = st.builds(
    lambda told, cut: " ".join(told[:cut]),
    st.lists(st.sampled_from("abc"), min_size=0, max_size=3).map(lambda end: [*"pqrstuvwxyz", *end]),
    st.integers(0, 14),
)
stories = st.builds(
    lambda text, key, day, company, score: kept(
        Written(text=text, key=key, url=f"https://{key}", posted_at=day, company=company), score
    ),
    near_texts,
    st.text("ab", min_size=1, max_size=4),
    st.none() | st.integers(0, 20).map(days_ago),
    st.sampled_from(["acme", "other"]),
    st.integers(40, 42),
)


def near(one: Written, other: Written) -> bool:
    """As one would write it down."""
    if (one.company, one.type) != (other.company, other.type):
        return False
    if (one.key, one.url) == (other.key, other.url):
        return True
    if one.posted_at and other.posted_at and abs(one.posted_at - other.posted_at) > timedelta(days=7):
        return False
    first, second = (_runs(stems(written(f"{each.title} {each.text}"), PLAIN)) for each in (one, other))
    return bool(first and second) and len(first & second) * 5 >= len(first | second) * 4


def _runs(told: list[str]) -> set[tuple[str, ...]]:
    return {tuple(told[at : at + 3]) for at in range(max(len(told) - 2, 1))} if told else set()


@settings(deadline=None, max_examples=200)
@given(st.lists(stories, max_size=9), st.randoms())
def test_no_two_that_stand_are_near_and_all_others_are_near_theirs(judged, random):
    groups = folded(*judged)
    members = [[each.document for each in (g.representative, *g.duplicates)] for g in groups]
    assert sorted(map(repr, (each for group in members for each in group))) == sorted(
        repr(each.document) for each in judged
    )
    for group in members:
        assert all(near(group[0], other) for other in group[1:])
    standing = [group[0] for group in members]
    assert not any(near(one, other) for place, one in enumerate(standing) for other in standing[:place])
    # Folding what stands changes nothing, and neither does another order.
    assert [g.representative for g in folded(*(g.representative for g in groups))] == [g.representative for g in groups]
    random.shuffle(judged)
    assert folded(*judged) == groups

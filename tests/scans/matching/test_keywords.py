"""What keywords mean, and what is said of those that mean nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scans.matching.keywords import KeywordError, parse, written
from scans.matching.specification import MOST_ITEMS, MOST_KEYWORDS, parse_items
from tests.scans.matching.expressions import expressions


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("fund", "fund"),
        ("  series   b ", '"series b"'),
        ("“series b”", '"series b"'),
        ("a AND b OR c", "a AND b OR c"),
        ("a AND (b OR c)", "a AND (b OR c)"),
        ("a OR b AND NOT c", "a OR b AND NOT c"),
        ("((a))", "a"),
        ("a AND NOT (b OR c)", "a AND NOT b AND NOT c"),
        ("NOT NOT a", "a"),
        ("a OR a OR A", "a OR A"),
        ("research and development", '"research and development"'),
        ('"AND"', '"AND"'),
        ('"(a"', '"(a"'),
        ("machine learn*", '"machine learn*"'),
        ("R&D - new", '"R&D new"'),
        ("C++", "C++"),
    ],
)
def test_a_keyword_has_a_normal_form(text, normal):
    assert written(parse(text)) == normal
    assert parse(normal) == parse(text)


@pytest.mark.parametrize(
    ("text", "said", "position"),
    [
        ("", "empty", 0),
        (" \n", "empty", 0),
        ("x" * 501, "at most 500 characters, this one has 501", 0),
        ("a\x00b", "no character of a text", 2),
        ("a\ud800", "no character of a text", 2),
        ("(a", "( is not closed", 1),
        ("a (b)", "AND or OR", 3),
        ("a)", ") without its (", 2),
        ("()", "missing before ')'", 2),
        ('a "b"', "AND or OR", 4),
        ('"a', "quotation mark is not closed", 1),
        ('""', "needs a letter or a digit", 2),
        ("- AND a", "needs a letter or a digit", 1),
        ("a AND", "missing at the end", 5),
        ("OR a", "missing before 'OR'", 1),
        ("a AND OR b", "missing before 'OR'", 7),
        ("a NOT b", "Before NOT stands AND", 3),
        ("NOT a", "NOT only takes away", 0),
        ("a OR NOT b", "NOT only takes away", 0),
        ("*", "at least 2 letters", 1),
        ("ok a*", "at least 2 letters", 4),
        ("f*d", "only at the end", 1),
        ("fund**", "only at the end", 1),
        ("x" * 61, "at most 60", 1),
        ("a " * 21, "at most 20 words", 1),
        ("(" * 11 + "a" + ")" * 11, "inside each other", 11),
        ("NOT " * 12 + "a", "inside each other", 41),
        (" OR ".join(f"a{n}" for n in range(51)), "at most 50 phrases", 0),
    ],
)
def test_a_keyword_that_means_nothing_is_refused_with_its_place(text, said, position):
    with pytest.raises(KeywordError, match=re.escape(said)) as raised:
        parse(text)
    assert raised.value.position == position
    assert str(raised.value).endswith(f"(character {position})") == bool(position)


@given(st.text(st.sampled_from('ab "()*“”\n-ANDORNOT\x00é\ud800'), max_size=40) | st.text(max_size=600))
def test_nothing_but_the_named_error_is_raised(text):
    try:
        found = parse(text)
    except KeywordError:
        return
    assert parse(written(found)) == found


@given(expressions)
def test_the_normal_form_says_the_same(asked):
    assert parse(written(parse(asked.text))) == parse(asked.text)


FINE = {"source": "post", "keywords": ["fund", {"term": "series b", "weight": 2}], "minScore": 0, "maxAgeDays": None}


def test_items_are_kept_as_they_were_written():
    (item,) = parse_items([FINE | {"excludeKeywords": ["layoff*"], "maxAgeDays": 30}]).items
    assert [(term.text, term.weight) for term in item.keywords] == [("fund", 1.0), ("series b", 2.0)]
    assert (item.source, item.excluded[0].text, item.min_score, item.max_age_days) == ("post", "layoff*", 0, 30)


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (None, "specifications"),
        ([], "specifications"),
        ([FINE] * (MOST_ITEMS + 1), "specifications"),
        ([5], "specifications[0]"),
        ([FINE | {"keywords": [f"a{n} OR b{n} OR c{n}" for n in range(100)]}] * 7, "specifications"),
        ([FINE, FINE | {"source": "tweet"}], "specifications[1].source"),
        ([FINE | {"source": None}], "specifications[0].source"),
        ([FINE | {"source": ["post"]}], "specifications[0].source"),
        ([{"source": "post"}], "specifications[0].keywords"),
        ([FINE | {"keywords": "fund"}], "specifications[0].keywords"),
        ([FINE | {"keywords": ["a"] * (MOST_KEYWORDS + 1)}], "specifications[0].keywords"),
        ([FINE | {"keywords": ["a", "b", "(c"]}], "specifications[0].keywords[2]"),
        ([FINE | {"keywords": ["a", "(a)"]}], "specifications[0].keywords[1]"),
        ([FINE | {"keywords": [None]}], "specifications[0].keywords[0]"),
        ([FINE | {"keywords": [{"weight": 1}]}], "specifications[0].keywords[0].term"),
        ([FINE | {"keywords": [{"term": "(a"}]}], "specifications[0].keywords[0].term"),
        ([FINE | {"keywords": [{"term": "a", "boost": 1}]}], "specifications[0].keywords[0].boost"),
        ([FINE | {"excludeKeywords": ["NOT a"]}], "specifications[0].excludeKeywords[0]"),
        ([FINE | {"surprise": 1}], "specifications[0].surprise"),
        *(
            ([FINE | {"keywords": [{"term": "a", "weight": weight}]}], "specifications[0].keywords[0].weight")
            for weight in (0, -1, 101, True, "2", None, float("nan"), float("inf"), [])
        ),
        *(([FINE | {"minScore": score}], "specifications[0].minScore") for score in (-1, 101, 1.5, True, "5")),
        *(([FINE | {"maxAgeDays": days}], "specifications[0].maxAgeDays") for days in (0, 3651, 1.5, False, "5")),
    ],
)
def test_a_fault_names_its_field(raw, path):
    parsed = parse_items(raw)
    assert parsed.items == ()
    assert [fault.path for fault in parsed.faults] == [path]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["source", "keywords", "term", "weight", "minScore", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(json_values | st.lists(json_values, max_size=3))
def test_whatever_json_holds_is_items_or_faults(raw):
    parsed = parse_items(raw)
    assert bool(parsed.items) != bool(parsed.faults)

"""The text of a rule's own part: what it may say, and the line of what it may not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.engine.rule_text import BadText, read, write
from compliance.packs import available_packs

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc:#-NO'\"", min_size=1), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(body=st.dictionaries(st.text("abcxyz", min_size=1), JSON, max_size=5))
def test_what_is_written_reads_as_it_was(body: dict[str, Any]) -> None:
    assert read(write(body))[0] == body


@pytest.mark.parametrize(
    "text", ["0E0", "1e5", "-2E+3", "10", "1.5", "true", "null", "~", "", "NO", "1_000", "2024-01-01"]
)
def test_text_that_looks_like_something_else_stays_text(text: str) -> None:
    assert read(write({"value": text, text or "empty": 1}))[0] == {"value": text, text or "empty": 1}


@given(body=st.dictionaries(st.text("abcxyz", min_size=1), JSON, min_size=1, max_size=5))
def test_json_reads_as_json_does(body: dict[str, Any]) -> None:
    assert read(json.dumps(body, ensure_ascii=False, indent=1))[0] == body


@pytest.mark.parametrize("pack", available_packs(), ids=lambda pack: pack.name)
def test_every_rule_of_the_packs_reads_as_it_was(pack: Any) -> None:
    for rule in pack.rules:
        canonical = json.loads(json.dumps(rule.canonical()))
        assert read(write(canonical))[0] == canonical


def test_words_stay_words() -> None:
    text = "a: NO\nb: yes\nc: on\nd: 2024-01-01\ne: 012\nf: 1_000\ng: .5\nh: 12:30\ni: true\nj: 1e3\n"
    assert read(text)[0] == {
        "a": "NO", "b": "yes", "c": "on", "d": "2024-01-01", "e": "012", "f": "1_000", "g": ".5", "h": "12:30",
        "i": True, "j": 1000.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("a: 1\nb: [1,\n", 3, "flow"),
        ("a: 1\nb: 2\na: 3\n", 3, "'a' stands twice"),
        ("- 1\n", 1, "must be an object"),
        ("a: &x 1\nb: *x\n", 2, "write it out"),
        ("a: 1\nb: !!python/object:os.system x\n", 2, "no kind of value"),
        ("a: 1\n\tb: 2\n", 2, "\\t"),
        ("a: 'x\n", 2, "end of stream"),
        ("? [a]\n: 1\n", 1, "must be a word"),
        ("a: 1\n---\nb: 2\n", 2, "document"),
        ("a: \x01\n", 1, "no text has"),
        ("a: " + "9" * 50, 1, "too many digits"),
        ("a: " + "[" * 3000, 1, "nested too deep"),
    ],
)
def test_what_cannot_be_read_names_its_line(text: str, line: int, told: str) -> None:
    with pytest.raises(BadText) as refused:
        read(text)
    assert refused.value.line == line
    assert told in str(refused.value)


def test_a_bomb_of_aliases_is_not_built() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{name}: &{name} [*{before}, *{before}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(BadText, match="repeats another part"):
        read(bomb)


def test_every_value_knows_its_line() -> None:
    _, lines = read("where:\n  AND:\n  - {field: a, operator: '>', value: 1}\n  - field: b\n    operator: ==\n")
    assert [lines.of(path) for path in ("where", "where.AND[0].value", "where.AND[1]", "where.AND[1].operator")] == [
        1,
        3,
        4,
        5,
    ]


@pytest.mark.parametrize(
    ("path", "line"), [("where.AND[0].value", 3), ("where.AND[7].value", 2), ("where.OR", 1), ("threshold", 1), ("", 1)]
)
def test_what_is_not_there_is_where_it_would_be(path: str, line: int) -> None:
    _, lines = read("where:\n  AND:\n  - {field: a, operator: '>'}\n")
    assert lines.of(path) == line

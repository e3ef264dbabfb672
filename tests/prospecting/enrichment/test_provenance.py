"""Which of two statements about a field wins: the rule is in one place, and this is its table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.enrichment.provenance import Draft, Said

THEN = "2026-01-01T00:00:00+00:00"
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def draft(value: Any = "", origin: str = "", confidence: float = 1.0, name: str = "title") -> Draft:
    said = {name: {"origin": origin, "at": THEN, "confidence": confidence}} if origin else {}
    return Draft({name: value, "email": "a@b.example"}, said)


@pytest.mark.parametrize(
    ("standing", "said", "wins"),
    [
        (draft(), ("title", "CEO", 0.1), True),
        (draft("CTO", "import"), ("title", "CEO", 0.99), False),
        (draft("CTO", "import"), ("title", "CEO", 1.0), False),
        (draft("CTO"), ("title", "CEO", 0.99), False),  # given by somebody nobody knows
        (draft("CTO", "other", 0.5), ("title", "CEO", 0.6), True),
        (draft("CTO", "other", 0.5), ("title", "CEO", 0.5), False),
        (draft("CTO", "other", 0.5), ("title", "CEO", 0.4), False),
        (draft("CTO", "step", 0.5), ("title", "CEO", 0.4), True),  # a step may think better of it
        (draft("CTO", "step", 0.5), ("title", "CTO", 0.4), False),  # but is not less sure for asking again
        (draft("CTO", "step", 0.5), ("title", "CTO", 0.9), True),
        (draft("CTO", "step", 0.5), ("title", "", 0.0), True),  # nor does it keep what it no longer concludes
        (draft("CTO", "other", 0.5), ("title", "", 1.0), False),
        (draft("CTO", "import"), ("title", "", 1.0), False),
        (draft(), ("title", "", 1.0), False),
    ],
)
def test_the_better_origin_wins(standing: Draft, said: tuple[str, str, float], wins: bool) -> None:
    before = standing["title"]
    assert standing.put("step", Said(*said), NOW) == wins
    assert standing["title"] == (said[1] if wins else before)


def test_of_two_who_were_told_the_later_one_wins() -> None:
    standing = draft("CTO", "import")
    assert standing.put("provider:People Inc", Said("title", "CEO"), NOW)
    assert standing.provenance["title"] == {"origin": "provider:People Inc", "at": NOW.isoformat(), "confidence": 1.0}


def test_a_judgement_about_an_older_address_is_void() -> None:
    standing = draft("valid", "email", 0.9, "email_status")
    standing.provenance["email"] = {"origin": "import", "at": "2026-02-01T00:00:00+00:00", "confidence": 1.0}
    assert standing.put("email", Said("email_status", "valid", 0.6), NOW)
    assert standing.confidence("email_status") == 0.6


def test_unknown_is_no_status() -> None:
    standing = draft("unknown", name="email_status")
    assert not standing.known("email_status")
    assert standing.put("email", Said("email_status", "valid", 0.6), NOW)


def test_what_is_taken_back_leaves_no_entry() -> None:
    standing = draft("CTO", "step", 0.5)
    standing.put("step", Said("title", ""), NOW)
    assert standing["title"] == ""
    assert standing.provenance == {}


def test_the_reason_is_kept_and_the_company_stands_under_its_name() -> None:
    standing = draft(None, name="company_id")
    standing.put("step", Said("company_id", "c1", 0.8, "because"), NOW)
    assert standing.provenance["company"]["reason"] == "because"
    assert standing.origin("company_id") == "step"


_statements = st.tuples(
    st.sampled_from(["import", "step", "other", "provider:p"]),
    st.sampled_from(["", "a", "b"]),
    st.sampled_from([0.2, 0.5, 1.0]),
)


@given(st.lists(_statements, max_size=8), _statements)
def test_saying_the_same_twice_changes_nothing(
    before: list[tuple[str, str, float]], said: tuple[str, str, float]
) -> None:
    standing = draft()
    for origin, value, confidence in before:
        standing.put(origin, Said("title", value, confidence), NOW)
    origin, value, confidence = said
    standing.put(origin, Said("title", value, confidence), NOW)
    kept = standing["title"], dict(standing.provenance)
    assert not standing.put(origin, Said("title", value, confidence), NOW)
    assert (standing["title"], standing.provenance) == kept


@given(st.lists(_statements, max_size=10))
def test_a_value_never_becomes_less_sure_but_by_whom_it_is_from(said: list[tuple[str, str, float]]) -> None:
    standing = draft()
    for origin, value, confidence in said:
        before, whose = standing.confidence("title") if standing["title"] else 0.0, standing.origin("title")
        standing.put(origin, Said("title", value, confidence), NOW)
        after = standing.confidence("title") if standing["title"] else 0.0
        assert after >= before or whose == origin

"""Conditional requests and preferences, as RFC 9110 and RFC 7240 say."""

from __future__ import annotations

import time

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from web.conditional import MAX_WAIT, Prefer, etag, not_modified, require_match
from web.errors import PreconditionFailed


def ask(path: str = "/api/x", **headers: str) -> HttpRequest:
    return RequestFactory().get(path, headers={name.replace("_", "-"): text for name, text in headers.items()})


def test_an_etag_is_weak_in_v1_and_strong_in_compliance() -> None:
    assert etag(ask("/v1/x"), "abc", 3) == 'W/"abc-3"'
    assert etag(ask("/api/x"), "abc", 3) == '"abc-3"'


def test_another_version_has_another_etag() -> None:
    assert etag(ask(), "abc", 3) != etag(ask(), "abc", 4)


@pytest.mark.parametrize("tag", ['"abc-3"', 'W/"abc-3"'])
@pytest.mark.parametrize(
    ("header", "matches"),
    [
        ('"abc-3"', True),
        ('W/"abc-3"', True),
        ('"x", W/"abc-3" , "y"', True),
        ("*", True),
        ('"abc-4"', False),
        ('"ABC-3"', False),
        ("abc-3", False),
        ("", False),
        (',,,"', False),
    ],
)
def test_if_none_match_compares_weakly(tag: str, header: str, matches: bool) -> None:
    assert not_modified(ask(If_None_Match=header), tag) is matches


def test_without_if_none_match_the_body_is_sent() -> None:
    assert not_modified(ask(), '"abc-3"') is False


@pytest.mark.parametrize("header", ['"abc-3"', '"x", "abc-3"', "*"])
def test_if_match_lets_the_current_version_through(header: str) -> None:
    require_match(ask(If_Match=header), '"abc-3"')


@pytest.mark.parametrize("header", ['"abc-2"', 'W/"abc-3"', "abc-3", ""])
def test_if_match_stops_any_other_version(header: str) -> None:
    with pytest.raises(PreconditionFailed):
        require_match(ask(If_Match=header), '"abc-3"')


def test_a_weak_etag_never_matches_strongly() -> None:
    with pytest.raises(PreconditionFailed):
        require_match(ask(If_Match='W/"abc-3"'), 'W/"abc-3"')


def test_without_if_match_nothing_is_required() -> None:
    require_match(ask(), '"abc-3"')


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("wait=10", Prefer(10)),
        ("wait=0", Prefer(0)),
        ('wait="7"', Prefer(7)),
        ("WAIT = 7", Prefer(7)),
        ("wait=26", Prefer(MAX_WAIT)),
        ("wait=" + "9" * 500, Prefer(MAX_WAIT)),
        ("respond-async", Prefer(None, True)),
        ("Respond-Async", Prefer(None, True)),
        ("respond-async, wait=5", Prefer(5, True)),
        ("handling=lenient, wait=5; foo=bar", Prefer(5)),
        ("respond-async; wait=9", Prefer(None, True)),
        ("wait=3, wait=9", Prefer(3)),
        ('x="a, wait=9", wait=3', Prefer(3)),
        ("wait=-1", Prefer()),
        ("wait=1.5", Prefer()),
        ("wait=ten", Prefer()),
        ("wait=٣", Prefer()),
        ("wait", Prefer()),
        ("wait=", Prefer()),
        ("respond-async=no", Prefer()),
        ("", Prefer()),
        ("return=minimal", Prefer()),
        (',,;;="', Prefer()),
    ],
)
def test_preferences_are_read_and_hostile_ones_ignored(header: str, expected: Prefer) -> None:
    assert Prefer.of(ask(Prefer=header)) == expected


@given(st.text(st.characters(codec="latin-1"), max_size=200))
def test_no_preference_fails_or_waits_too_long(header: str) -> None:
    assert (Prefer.of(ask(Prefer=header)).wait or 0) <= MAX_WAIT


@pytest.mark.parametrize("header", ['x="' + "\\" * 50_000, "a=" * 50_000, " " * 50_000 + "x", "wait=1;" * 20_000])
def test_a_hostile_preference_costs_no_time(header: str) -> None:
    start = time.thread_time()  # of the processor: others may use it in between
    Prefer.of(ask(Prefer=header))
    assert time.thread_time() - start < 2


def test_an_applied_preference_names_the_seconds() -> None:
    assert Prefer.of(ask(Prefer="wait=600")).applied() == {"Preference-Applied": "wait=25"}

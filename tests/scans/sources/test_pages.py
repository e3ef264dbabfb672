"""Pages: what is new there, and what only looks new."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from prospecting.models import Company
from scans.demo.world import World
from scans.enums import SignalType
from scans.models import SourceState
from scans.sources.plain import lines, plain
from scans.sources.website_change import Page, added
from tests.scans.sources.conftest import Look

PAGES = [SignalType.WEBSITE_CHANGE]
BEFORE = [
    "We make robots for warehouses.", "Trusted by 1,204 customers", "Last updated on Monday, 3 March 2026",
    "Our team of engineers works in Berlin and Lisbon.",
]  # fmt: skip


def test_a_change_is_told_once(company: Callable[..., Company], look: Look, world: World) -> None:
    known = company(0)
    assert look(known, types=PAGES)["c0"].documents == []  # the first visit
    assert look(known, types=PAGES)["c0"].documents == []  # another date and counter in its foot
    world.companies["c0"].page += "<h2>Pricing</h2><p>Our new enterprise plan starts in autumn.</p>"
    (change,) = look(known, types=PAGES)["c0"].documents
    assert change.title == f"Changed: About {world.companies['c0'].name}"
    assert change.text == "Pricing. Our new enterprise plan starts in autumn."
    assert (change.url, change.language) == (f"{world.base}/c0/about", "en")
    assert look(known, types=PAGES)["c0"].documents == [change]
    assert "enterprise plan" in SourceState.objects.get(kind="page").snapshot


@pytest.mark.parametrize(
    "after",
    [
        BEFORE, [line.upper() for line in BEFORE], BEFORE[::-1], [f"  {line} " for line in BEFORE], BEFORE[:2],
        [BEFORE[0], "Trusted by 1,317 customers", "Last updated on Friday, 7 November 2026", BEFORE[3]],
        [*BEFORE[:3], "Our team of engineers works in Berlin and in Lisbon!"], [*BEFORE, "OK"],
        [*BEFORE, "12:30 - 14.50 €"],
    ],
)  # fmt: skip
def test_a_trivial_change_is_none(after: list[str]) -> None:
    assert added(BEFORE, after) == []


def test_new_lines_are_told_in_their_order() -> None:
    after = ["We have acquired a maker of drones.", *BEFORE, "Visit us at the fair in Hanover next spring."]
    assert added(BEFORE, after) == [after[0], after[-1]]


def test_a_line_of_the_page_is_a_block() -> None:
    page = "<head><title>T</title><style>x{}</style></head><ul><li>One <b>two</b>\n three<li>Four</ul><br>Five<p>Six"
    assert lines(page) == ["One two three", "Four", "Five", "Six"]


@pytest.mark.parametrize(
    "hostile",
    [
        "<div>" * 200_000, "</i>" * 900 + "<div>" * 200_000, "<select>" + "<option>" * 120_000, "<svg>" * 200_000,
        "<p " + " ".join(f"a{number}" for number in range(140_000)) + ">", "<a b='" * 150_000, "<!--" * 250_000,
        "&#" + "1" * 900_000, ("<i>" * 900 + "<div>" * 900) * 100,
    ],
)  # fmt: skip
def test_a_page_that_is_hard_to_read_does_not_keep_us(hostile: str) -> None:
    started = time.process_time()
    assert lines(f"<p>Before</p>{hostile}")[0] == "Before"
    assert plain(f"Before {hostile}", 100).startswith("Before")
    assert time.process_time() - started < 10


def test_what_changed_of_a_long_page_is_found_in_time() -> None:
    started = time.process_time()
    names = ["".join(chr(97 + int(digit)) for digit in f"{number:04}") for number in range(2_000)]
    before = [f"{name} stood here yesterday and told of many things at length" for name in names]
    after = [f"What {name} makes today could not be bought at all before" for name in names]
    assert added(before, after) == after
    assert time.process_time() - started < 20


def test_markup_is_read_as_browsers_read_it() -> None:
    page = """<p title="a > b" data-x='"'>Hello <b>y</b>ou</p><script>if (a<b) { x = "<p>" }</script><p>More
    <select><option>A<option>B</select><!-- <p> -->of &amp; it<textarea>x</textarea><svg><text>no</text></svg>end"""
    assert lines(page) == ["Hello you", "More", "A", "B", "of & it", "x", "end"]


@pytest.mark.parametrize("odd", [None, 7, [], {}, b"x"])
def test_what_is_no_text_is_none(odd: object) -> None:
    assert plain(odd, 100) == ""


def test_text_that_only_looks_like_markup_stays() -> None:
    assert plain("1 < 2 & 3 > 2", 100) == "1 < 2 & 3 > 2"


def test_chosen_pages_come_before_the_home_page() -> None:
    assert Page().addresses(Company(website="acme.example", pages=[])) == ["https://acme.example"]
    assert Page().addresses(Company(website="https://a.example/", pages=["https://a.example/x"])) == [
        "https://a.example/x"
    ]
    assert Page().addresses(Company()) == []

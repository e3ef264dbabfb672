"""What becomes of Markdown on its way to a browser that allows no script and no inline style."""

from __future__ import annotations

import pytest

from web.documentation.markup import links_of, parse, render, slug


def test_raw_html_stays_text() -> None:
    html = render("<script>alert(1)</script>\n\nand <b onclick=x>this</b>").html
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "<b" not in html


def test_an_address_that_runs_something_is_no_link() -> None:
    assert "<a" not in render("[press](javascript:alert(1))").html


def test_headings_have_anchors_and_those_of_the_same_words_are_told_apart() -> None:
    rendered = render("# Two `words`, here\n## More\ntext\n## More\n")
    assert [(each.level, each.anchor, each.text) for each in rendered.headings] == [
        (1, "two-words-here", "Two words, here"), (2, "more", "More"), (2, "more-1", "More"),
    ]  # fmt: skip
    assert '<h2 id="more-1">' in rendered.html
    assert 'href="#more-1"' in rendered.html


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("GET /api/scan/{id}", "get-apiscanid"), ("What's new?", "whats-new"), ("VALIDATION_ERROR", "validation_error"),
        ("A - b", "a---b"),
    ],
)  # fmt: skip
def test_anchors_are_those_of_code_hosts(heading: str, anchor: str) -> None:
    assert slug(heading) == anchor


def test_columns_are_aligned_without_inline_style() -> None:
    html = render("| a | b |\n|---|--:|\n| 1 | 2 |\n").html
    assert '<td class="right">2</td>' in html
    assert "style=" not in html


def test_wide_tables_and_code_can_be_scrolled_by_keyboard() -> None:
    assert '<div class="scroll" tabindex="0"><table>' in render("| a |\n|---|\n| 1 |\n").html
    assert '<pre tabindex="0">' in render("```text\n1\n```").html


def test_code_is_coloured_by_classes() -> None:
    html = render('```json\n{"a": "<b>"}\n```').html
    assert '<span class="nt">"a"</span>' in html
    assert "&lt;b&gt;" in html


def test_what_a_command_prints_is_shown_as_such() -> None:
    assert '<pre class="output" tabindex="0">' in render("```text output\n36\n```").html


def test_code_in_no_known_language_is_shown_as_it_is() -> None:
    assert "<code>a &lt; b\n</code>" in render("```klingon\na < b\n```").html


def test_links_lead_where_the_caller_says() -> None:
    assert 'href="/there"' in render("[x](here.md)", lambda link: {"here.md": "/there"}[link]).html
    assert links_of(parse("[x](here.md) and ![y](there.png)")) == ["here.md", "there.png"]

"""Bytes of pages and feeds as text: what they are, not what they are called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.enrichment.site.pages import read_page
from tests.scans.sources.test_feeds import parsed, rss
from web.decoding import text_of

SAID = "<title>Müller in Zürich</title>"
HTML, XML = "text/html; charset={}", '<?xml version="1.0" encoding="{}"?>'
JAPANESE = "<title>東京の会社</title>"


@pytest.mark.parametrize(
    ("text", "encoding", "declared"),
    [
        (SAID, "utf-8", ""), (SAID, "utf-8", "iso-8859-1"), (SAID, "utf-8", "gb18030"), (SAID, "utf-8", "no-such"),
        (SAID, "utf-8", "utf-16"), (SAID, "cp1252", ""), (SAID, "cp1252", "utf-8"), (SAID, "cp1252", "us-ascii"),
        (SAID, "cp1252", "zip"), (SAID, "cp1252", "punycode"), (SAID, "cp1252", "utf-16le"),
        (SAID, "utf-16-le", "utf-16"), (SAID, "utf-16-be", "utf-16be"), ("\ufeff" + SAID, "utf-16-be", "utf-8"),
        ("\ufeff" + SAID, "utf-32-le", "utf-8"), ("\ufeff" + SAID, "utf-8", "latin-1"), (SAID, "gb18030", "gb18030"),
        (JAPANESE, "iso-2022-jp", "ISO-2022-JP"), (JAPANESE, "shift_jis", "Shift_JIS"), (JAPANESE, "euc-jp", "euc-jp"),
    ],
)  # fmt: skip
def test_bytes_are_read_as_what_they_are(text: str, encoding: str, declared: str) -> None:
    assert text_of(text.encode(encoding), HTML.format(declared) if declared else "") == text.removeprefix("\ufeff")


@pytest.mark.parametrize("declaration", [XML, "<meta charset='{}'>", '<META http-equiv=x content="a;charset={}">'])
def test_what_a_text_declares_of_itself_counts_behind_what_the_server_says(declaration: str) -> None:
    text = declaration.format("koi8-r") + "Москва"
    assert text_of(text.encode("koi8-r"), "text/html") == text
    assert text_of(text.encode("cp1251"), HTML.format("windows-1251")) == text


@pytest.mark.parametrize(
    ("body", "declared"),
    [(rss(SAID).encode(), "iso-8859-1"), (rss(SAID).encode("cp1252"), ""), (rss(SAID).encode("cp1252"), "iso-8859-1"),
     (rss(SAID, *["<title>Zürich</title>"] * 50).encode() + b"\xff", "")],
)  # fmt: skip
def test_a_page_and_a_feed_are_read_alike(body: bytes, declared: str) -> None:
    content_type = HTML.format(declared) if declared else ""
    assert parsed(body, content_type).documents[0].title == "Müller in Zürich"
    assert read_page(body, "https://acme.com/", content_type).title == "Müller in Zürich"


def test_one_wrong_byte_does_not_make_it_another_encoding() -> None:
    assert text_of("Müller ".encode() * 100 + b"\xff").startswith("Müller ")


@given(st.text(), st.sampled_from(["", "iso-8859-1", "windows-1252", "gbk", "utf-8"]))
def test_valid_utf_8_is_always_that(text: str, declared: str) -> None:
    body = text.encode("utf-8", "replace")
    assert text_of(body, HTML.format(declared)) == body.decode().removeprefix("\ufeff")


@given(st.binary(max_size=200), st.text(max_size=40))
def test_no_bytes_make_it_fail(body: bytes, content_type: str) -> None:
    assert isinstance(text_of(body, content_type), str)

"""Feeds as they really are, and feeds that mean us harm."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from html import escape
from typing import Any

import pytest

from scans.fetching.faults import Failed
from scans.sources.company_news import Feed
from scans.sources.source import MOST, Parsed, Place, Said

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLACE = Place("feed", "https://acme.example/news/feed")


def parsed(body: bytes | str, content_type: str = "") -> Parsed:
    raw = body.encode() if isinstance(body, str) else body
    return Feed().parse(PLACE, Said([raw], content_type, PLACE.address), "", NOW)


def rss(*items: str, language: str = "en-us") -> str:
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><language>{language}</language>{inner}</channel></rss>'


def only(body: bytes | str, content_type: str = "") -> Any:
    (document,) = parsed(body, content_type).documents
    return document


def test_rss() -> None:
    item = (
        "<title>Acme &amp; Co open an office</title><link>https://acme.example/1</link><guid>one</guid>"
        "<pubDate>Thu, 19 Nov 2026 10:00:00 +0100</pubDate>"
        "<description>&lt;p&gt;It is &lt;b&gt;big&lt;/b&gt;.&lt;/p&gt;</description>"
    )
    found = only(rss(item))
    assert (found.type, found.title, found.text) == ("company_news", "Acme & Co open an office", "It is big.")
    assert (found.url, found.extra) == ("https://acme.example/1", {"newsUrl": "https://acme.example/1"})
    assert (found.posted_at, found.language) == (datetime(2026, 11, 19, 9, tzinfo=UTC), "en")


def test_atom() -> None:
    found = only(
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>Acme</title><entry><id>tag:1</id>'
        '<title type="html">Ein &lt;i&gt;Umzug&lt;/i&gt;</title><link rel="self" href="/self"/><link href="../umzug"/>'
        "<updated>2026-11-19T12:00:00Z</updated><published>2026-11-18T12:00:00Z</published>"
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Nach</p><p>Berlin</p></div></content>'
        "</entry></feed>"
    )
    assert (found.title, found.text, found.language) == ("Ein Umzug", "Nach Berlin", "de")
    assert (found.url, found.posted_at) == ("https://acme.example/umzug", datetime(2026, 11, 18, 12, tzinfo=UTC))


def test_rss_1_0_and_the_namespaces_of_others() -> None:
    found = only(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel/><item><title>News</title>'
        "<media:title>A picture</media:title><link>https://acme.example/1</link><dc:date>2026-11-01</dc:date>"
        "<description>Short</description><content:encoded><![CDATA[<p>Long</p>]]></content:encoded></item></rdf:RDF>"
    )
    assert (found.title, found.text, found.posted_at) == ("News", "Long", datetime(2026, 11, 1, tzinfo=UTC))


def test_json_feed() -> None:
    item = {
        "id": 7,
        "url": "https://acme.example/7",
        "title": "News",
        "content_html": "<p>Text</p>",
        "date_published": "2026-11-19",
    }
    found = only(
        json.dumps({"version": "https://jsonfeed.org/version/1.1", "language": "en", "items": [item, 3, None]})
    )
    assert (found.title, found.text, found.posted_at) == ("News", "Text", datetime(2026, 11, 19, tzinfo=UTC))


@pytest.mark.parametrize(
    "odd",
    [{"id": "\ud800", "title": "News"}, {"id": 1, "title": f"News &#{'1' * 5000};"}, {"id": 1, "title": "\ud800News"}],
)
def test_one_odd_entry_does_not_cost_the_others(odd: dict[str, Any]) -> None:
    found = parsed(json.dumps({"version": "1", "items": [odd, {"id": 2, "title": "Others"}]}))
    assert [document.title for document in found.documents] == ["News", "Others"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-20], lambda text: text.replace("open", "open & close &nbsp;"),
        lambda text: text + "<!-- advertisement", lambda text: f"\n  {text}",
        lambda text: text.replace("</guid>", "", 1),
        lambda text: text.replace("<rss", "<!DOCTYPE rss><rss"), lambda text: text.replace("Two", "T\x0bw\x00o"),
    ],
)  # fmt: skip
def test_a_broken_feed_is_read_as_far_as_it_goes(damage: Any) -> None:
    body = rss("<title>They open</title><guid>1</guid>", "<title>Two</title><guid>2</guid>")
    titles = [document.title for document in parsed(damage(body)).documents]
    assert len(titles) == 2
    assert titles[1] == "Two"


@pytest.mark.parametrize(
    "body",
    [
        "", "   ", "<html><body><p>Please log in</p></body></html>", '{"error": "no"}', '{"items": {}}', "{broken",
        "plain words", '<?xml version="1.0"?><sitemap><item/></sitemap>', "[" * 100_000, '{"items":' + "[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_feed_is_told(body: str) -> None:
    with pytest.raises(Failed) as failed:
        parsed(body)
    assert failed.value.code == "UNREADABLE"


def test_an_empty_feed_is_a_feed() -> None:
    assert parsed(rss()).documents == []


BOMB = '<!DOCTYPE b [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{"".join([f"&{chr(97 + n)};"] * 10)}">' for n in range(12)
) + "]>" + rss("<title>&m;</title>").partition("?>")[2]  # fmt: skip
OUTSIDE = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + rss("<title>&x;</title>").partition("?>")[2]
REMOTE = '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/evil.dtd">' + rss("<title>News</title>").partition("?>")[2]


@pytest.mark.parametrize("body", [BOMB, OUTSIDE, BOMB + "<", OUTSIDE + "<"])
def test_entities_are_refused(body: str) -> None:
    started = time.process_time()
    with pytest.raises(Failed, match="entities"):
        parsed(body)
    assert time.process_time() - started < 5


def test_a_declaration_elsewhere_is_not_fetched() -> None:
    assert only(REMOTE).title == "News"


@pytest.mark.parametrize(
    "body",
    [
        "<rss><channel>" + "<a>" * 500_000, "<rss><channel><item>" + "<" * 1_000_000, "<rss><channel>" + "&#" * 500_000,
        "<rss><channel><item " + "a='b' " * 300_000 + ">", "<rss><channel><item><title>" + "<div>" * 300_000,
    ],
)  # fmt: skip
def test_a_feed_that_is_hard_to_read_does_not_keep_us(body: str) -> None:
    started = time.process_time()
    with suppress(Failed):
        parsed(body)
    assert time.process_time() - started < 20


def test_an_endless_feed_is_cut_off_and_counted() -> None:
    found = parsed(rss(*(f"<title>News {number}</title><guid>{number}</guid>" for number in range(50_000))))
    assert (len(found.documents), found.left_out) == (MOST, 50_000 - MOST)
    assert found.documents[0].title == "News 0"


@pytest.mark.parametrize(
    ("date", "told"),
    [
        ("<pubDate>Wed, 18 Nov 2026 10:00 EST</pubDate>", datetime(2026, 11, 18, 15, tzinfo=UTC)),
        ("<pubDate>18 Nov 2026 10:00:00</pubDate>", datetime(2026, 11, 18, 10, tzinfo=UTC)),
        ("<pubDate>November 18th, 2026</pubDate>", datetime(2026, 11, 18, tzinfo=UTC)),
        ("<pubDate>Sat, 18 Nov 2026 10:00:00 GMT</pubDate>", datetime(2026, 11, 18, 10, tzinfo=UTC)),  # a Wednesday
        ("<pubDate>Fri, 20 Nov 2026 18:00:00 GMT</pubDate>", NOW),  # their clock is fast
        ("<pubDate>Fri, 20 Nov 2099 18:00:00 GMT</pubDate>", None), ("<pubDate>0001-01-01T00:00:00</pubDate>", None),
        ("<pubDate>yesterday</pubDate>", None), ("<pubDate/>", None), ("", None), ("<pubDate>1e400</pubDate>", None),
        ("<pubDate>Thu, 99 Foo 20266 99:99:99 XYZ</pubDate>", None),
    ],
)  # fmt: skip
def test_a_date_is_believed_when_it_can_be(date: str, told: datetime | None) -> None:
    assert only(rss(f"<title>News</title>{date}")).posted_at == told


def test_entries_under_one_id_are_told_apart_by_what_they_say() -> None:
    same = "<title>One</title><guid>x</guid>"
    found = parsed(rss(same, same, "<title>Two</title><guid>x</guid>", "<title>Three</title><guid>x</guid>"))
    assert [document.title for document in found.documents] == ["One", "Two", "Three"]
    assert len({document.key for document in found.documents}) == 3
    again = parsed(rss(same, same, "<title>Two</title><guid>x</guid>", "<title>Three</title><guid>x</guid>"))
    assert again == found


def test_the_same_id_in_another_feed_is_another_document() -> None:
    body = Said([rss("<title>One</title><guid>1</guid>").encode()])
    keys = [
        Feed().parse(Place("feed", f"https://{name}.example/"), body, "", NOW).documents[0].key for name in ("a", "b")
    ]
    assert keys[0] != keys[1]


def test_entries_without_an_id_keep_their_key() -> None:
    body = rss("<title>A</title><link>https://acme.example/a</link>", "<title>B</title>")
    assert [each.key for each in parsed(body).documents] == [each.key for each in parsed(body).documents]


def test_entries_that_tell_nothing_are_none() -> None:
    assert parsed(rss("", "<guid>1</guid>", "<title> </title>", "<title>Real</title>")).documents[0].title == "Real"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "http://", "https://[::1", "x" * 3000, "\x00"]
)
def test_a_link_that_is_no_address_of_the_web_is_none(link: str) -> None:
    item = {"id": "1", "title": "News", "url": link}
    found = only(json.dumps({"version": "1", "items": [item]}))
    assert found.url == ""


def test_markup_in_titles_becomes_text() -> None:
    title = escape("<img src=x onerror=alert(1)>Big <b>news</b><script>steal()</script> &amp; more")
    assert only(rss(f"<title>{title}</title>")).title == "Big news & more"


def test_marks_that_turn_text_around_are_taken_out() -> None:
    assert only(json.dumps({"version": "1", "items": [{"id": "1", "title": "a\u202eb\u0000c\ud800d"}]})).title == "abcd"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (rss("<title>Zürich café</title>").encode(), "text/xml; charset=iso-8859-1"),
        (rss("<title>Zürich café</title>").replace("?>", ' encoding="latin-1"?>').encode("latin-1"), ""),
        (rss("<title>Zürich café</title>").replace("?>", ' encoding="utf-8"?>').encode("cp1252"), ""),
        (rss("<title>Zürich café</title>").encode("utf-16"), "text/xml; charset=utf-8"),
        (b"\xef\xbb\xbf" + rss("<title>Zürich café</title>").encode(), ""),
        (rss("<title>Zürich café</title>").encode("cp1252"), "text/xml; charset=punycode"),
        (rss("<title>Zürich café</title>").encode("cp1252"), "text/xml; charset=zip"),
    ],
)  # fmt: skip
def test_a_wrong_charset_is_seen_through(body: bytes, content_type: str) -> None:
    assert only(body, content_type).title == "Zürich café"


def test_a_lying_content_type_changes_nothing() -> None:
    assert only(rss("<title>News</title>"), "image/png").title == "News"

"""What is read in one page: as tables, and over pages nobody would write with good intent."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prospecting.enrichment.site.boards import Board, board_at, boards_in, chosen
from prospecting.enrichment.site.links import Link, feed_kind, is_feed, page_kind, resolved, same_site, social_of
from prospecting.enrichment.site.markup import tags
from prospecting.enrichment.site.pages import Page, read_page

HOME = "https://www.acme.com/"


def page(html: str, url: str = HOME) -> Page:
    return read_page(html.encode(), url, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("address", "board"),
    [
        ("https://boards.greenhouse.io/acme", Board("greenhouse", "acme")),
        ("https://boards.greenhouse.io/acme/jobs/4012345", Board("greenhouse", "acme")),
        ("https://job-boards.greenhouse.io/acme", Board("greenhouse", "acme")),
        ("https://job-boards.eu.greenhouse.io/acme", Board("greenhouse", "acme", "eu")),
        ("https://boards.greenhouse.io/embed/job_board?for=acme&b=https%3A%2F%2Facme.com", Board("greenhouse", "acme")),
        ("https://boards.greenhouse.io/embed/job_board/js?for=Acme", Board("greenhouse", "acme")),
        ("https://boards.greenhouse.io/embed/job_app?token=12&for=acme", Board("greenhouse", "acme")),
        ("https://boards-api.greenhouse.io/v1/boards/acme/jobs?content=true", Board("greenhouse", "acme")),
        ("https://jobs.lever.co/acme", Board("lever", "acme")),
        ("https://jobs.lever.co/acme/0a1b-2c3d/apply", Board("lever", "acme")),
        ("https://jobs.eu.lever.co/acme", Board("lever", "acme", "eu")),
        ("https://api.lever.co/v0/postings/acme?mode=json", Board("lever", "acme")),
        ("https://jobs.ashbyhq.com/Acme%20Robotics", Board("ashby", "Acme Robotics")),
        ("https://jobs.ashbyhq.com/acme/embed?version=2", Board("ashby", "acme")),
        ("https://api.ashbyhq.com/posting-api/job-board/acme?includeCompensation=true", Board("ashby", "acme")),
        ("https://boards.greenhouse.io/", None),
        ("https://boards.greenhouse.io/embed/", None),
        ("https://www.greenhouse.io/customers/acme", None),
        ("https://www.lever.co/acme", None),
        ("https://acme.com/jobs", None),
        ("https://jobs.ashbyhq.com/..%2F..%2Fetc", None),
        ("", None),
    ],
)
def test_a_board_is_told_by_its_address(address: str, board: Board | None) -> None:
    assert board_at(address) == board


@pytest.mark.parametrize(
    "source",
    [
        '<script src="https://boards.greenhouse.io/embed/job_board/js?for=acme"></script>',
        '<iframe src="https://boards.greenhouse.io/embed/job_board?for=acme"></iframe>',
        '<a href="//boards.greenhouse.io/acme">Jobs</a>',
        '<script>fetch("https:\\/\\/boards-api.greenhouse.io\\/v1\\/boards\\/acme\\/jobs")</script>',
        "<script>var board='https://boards.greenhouse.io/embed/job_board?b=1&amp;for=acme'</script>",
    ],
)
def test_a_board_is_found_in_the_source_of_a_page(source: str) -> None:
    assert chosen(boards_in(source)) == Board("greenhouse", "acme")


def test_of_several_boards_the_one_named_most_counts() -> None:
    source = "https://jobs.lever.co/other " + "https://jobs.ashbyhq.com/acme/1 " * 3
    assert chosen(boards_in(source)) == Board("ashby", "acme")


@pytest.mark.parametrize(
    ("href", "text", "kind"),
    [
        ("/about", "About", "about"), ("/about-us/", "", "about"), ("/en/company.html", "", "about"),
        ("/ueber-uns", "", "about"), ("/qui-sommes-nous", "", "about"), ("/quienes-somos", "", "about"),
        ("/x17", "Über uns", "about"), ("/pricing", "", "pricing"), ("/preise", "", "pricing"),
        ("/en-us/pricing?x=1", "", "pricing"), ("/news", "", "news"), ("/aktuelles", "", "news"),
        ("/x", "Noticias", "news"), ("/presse", "", "press"), ("/blog", "", "blog"), ("/products", "", "products"),
        ("https://careers.acme.com/", "Careers", "careers"), ("/karriere", "", "careers"), ("/jobs", "", "careers"),
        ("/p/12", "We're hiring", ""), ("/x", "Karriere", "careers"), ("/nous-rejoindre", "", "careers"),
        ("/team", "", "team"), ("/", "Home", ""), ("/contact", "Contact", ""), ("mailto:jobs@acme.com", "jobs", ""),
        ("javascript:void(0)", "News", ""), ("#about", "", ""), ("", "", ""), ("/news/2026/we-raised-money", "", ""),
        ("/about/team", "", "team"),
    ],
)  # fmt: skip
def test_a_page_is_told_by_path_or_text(href: str, text: str, kind: str) -> None:
    assert page_kind(Link(href, text)) == kind


@pytest.mark.parametrize(
    ("href", "feed"),
    [
        ("/feed", True), ("/feed/", True), ("/blog/rss.xml", True), ("/atom.xml", True), ("/index.xml", True),
        ("/feed.json", True), ("/feeds/posts", True), ("/news.rss", True), ("/comments/feed/", False),
        ("/feedback", False), ("/sitemap.xml", False), ("/wp-json/feed", False), ("/rss-policy", False), ("", False),
    ],
)  # fmt: skip
def test_a_linked_feed_is_told_by_its_path(href: str, feed: bool) -> None:
    assert is_feed(Link(href)) == feed


@pytest.mark.parametrize(
    ("base", "href", "address"),
    [
        (HOME, "/a", "https://www.acme.com/a"),
        ("https://acme.com/x/y", "z?q=1#part", "https://acme.com/x/z?q=1"),
        (HOME, "//cdn.acme.com/f", "https://cdn.acme.com/f"),
        (HOME, " /a\n b", "https://www.acme.com/a b"),
        (HOME, "javascript:alert(1)", ""),
        (HOME, "java\nscript:alert(1)", ""),
        (HOME, "data:text/html,x", ""),
        (HOME, "file:///etc/passwd", ""),
        (HOME, "ftp://acme.com/x", ""),
        (HOME, "https://user:secret@acme.com/", ""),
        (HOME, "https://[broken", ""),
        (HOME, "https://acme.com:99999/", ""),
        (HOME, "#top", ""),
        (HOME, "", ""),
        (HOME, "/" + "a" * 5000, ""),
    ],
)
def test_a_link_becomes_a_whole_address_or_none(base: str, href: str, address: str) -> None:
    assert resolved(base, href) == address


@pytest.mark.parametrize(
    ("href", "social"),
    [
        ("https://www.linkedin.com/company/acme/?trk=x", ("linkedin", "https://www.linkedin.com/company/acme/")),
        ("https://de.linkedin.com/company/acme", ("linkedin", "https://de.linkedin.com/company/acme")),
        ("https://x.com/acme", ("x", "https://x.com/acme")),
        ("https://twitter.com/acme", ("x", "https://twitter.com/acme")),
        ("https://github.com/acme", ("github", "https://github.com/acme")),
        ("https://www.linkedin.com/in/anna", None),  # a person
        ("https://www.linkedin.com/shareArticle?url=x", None),
        ("https://twitter.com/intent/tweet?text=x", None),
        ("https://www.facebook.com/sharer/sharer.php?u=x", None),
        ("https://facebook.com/", None),
        ("https://notx.com/acme", None),
        ("/redirect?to=x.com", None),
    ],
)
def test_a_profile_is_not_a_button_that_shares(href: str, social: tuple[str, str] | None) -> None:
    assert social_of(HOME, href) == social


def test_same_site_is_the_registered_domain() -> None:
    assert same_site("https://blog.acme.co.uk/x", "https://www.acme.co.uk/")
    assert not same_site("https://acme.co.uk/", "https://other.co.uk/")
    assert not same_site("https://10.0.0.1/", "https://10.0.0.2/")
    assert same_site("http://127.0.0.1:80/", "http://127.0.0.1:81/")


@pytest.mark.parametrize(
    ("types", "href", "kind"),
    [
        ("application/rss+xml", "/x", "rss"), ("application/atom+xml", "/x", "atom"),
        ("application/feed+json", "/x", "json"),
     ("", "/atom.xml", "atom"), ("", "/feed", "unknown"), ("", "/feed.json", "json"),
    ],
)  # fmt: skip
def test_the_kind_of_a_feed(types: str, href: str, kind: str) -> None:
    assert feed_kind(types, href) == kind


def test_a_page_is_read() -> None:
    found = page("""<!doctype html><html><head><base href="/de/">
        <title> Acme &amp; Söhne – Raketen\n</title>
        <meta name="description" content="We make   rockets."><meta property="og:site_name" content="Acme">
        <link rel="alternate stylesheet" href="/style.css" type="text/css">
        <link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">
        <LINK REL='ALTERNATE' TYPE='application/atom+xml; charset=utf-8' HREF='news.atom'>
        <link rel="alternate" type="application/json" href="/wp-json/1"></head>
        <body><!-- <a href="/commented">News</a> --><a href=preise>Preise</a>
        <a href="/k"><span>Karriere</span></a><a href="/rss.xml">RSS</a><a href='https://x.com/acme'>X</a>
        <script>"<a href='/scripted'>News</a>"</script>""")
    assert (found.title, found.description, found.site_name) == ("Acme & Söhne – Raketen", "We make rockets.", "Acme")
    assert found.feeds == [
        {"url": "https://www.acme.com/de/news.atom", "kind": "atom"},
        {"url": "https://www.acme.com/rss.xml", "kind": "rss"},
    ]  # fmt: skip
    assert found.kinds == {"pricing": ["https://www.acme.com/de/preise"], "careers": ["https://www.acme.com/k"]}
    assert found.social == {"x": "https://x.com/acme"}


@pytest.mark.parametrize("content", ["0; url=/start", "0;URL='/start'", "2 , /start", '0; url="/start"'])
def test_a_refresh_sends_on(content: str) -> None:
    assert page(f'<meta http-equiv=Refresh content="{content.replace(chr(34), "&quot;")}">').refresh == f"{HOME}start"


@pytest.mark.parametrize("content", ["30; url=/later", "0", "", "0; url=javascript:alert(1)", "x; url=/y"])
def test_what_only_looks_like_a_refresh_does_not(content: str) -> None:
    assert page(f'<meta http-equiv=refresh content="{content}">').refresh == ""


@pytest.mark.parametrize("base", ["javascript:alert(1)", "data:x", "", "https://[broken"])
def test_a_base_that_is_no_address_is_ignored(base: str) -> None:
    assert page(f'<base href="{base}"><a href=/news>News</a>').kinds == {"news": [f"{HOME}news"]}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<title>Müller</title>".encode(), "text/html; charset=utf-8"),
        ("<title>Müller</title>".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        ("<meta charset='windows-1252'><title>Müller</title>".encode("cp1252"), "text/html"),
        ("<title>Müller</title>".encode("cp1252"), "text/html"),  # said by nobody
        ("\ufeff<title>Müller</title>".encode("utf-16-le"), "text/html; charset=utf-8"),  # the mark knows better
        ("<title>Müller</title>".encode(), "text/html; charset=no-such-thing"),
        ("<title>Müller</title>".encode(), "text/html; charset=base64"),
        ("<title>Müller</title>".encode("gb18030"), 'text/html; charset="gb18030"'),
    ],
)
def test_a_page_is_decoded(body: bytes, content_type: str) -> None:
    assert read_page(body, HOME, content_type).title == "Müller"


_HOSTILE = {
    "deep": "<div>" * 200_000,
    "attributes": "<a " + " ".join(f"x{n}=1" for n in range(100_000)) + ">",
    "options": "<select>" + "<option>" * 200_000,
    "open quotes": "<a href='" * 200_000,
    "comments": "<!--" * 400_000,
    "scripts": "<script>" * 200_000,
    "long address": "<a href='/" + "a/" * 700_000 + "'>",
    "long text": "<a href=/news>" + "x " * 700_000,
    "boards": "boards.greenhouse.io/" * 80_000,
    "refresh": "<meta http-equiv=refresh content='0;" + " " * 700_000 + "'>",
    "declarations": "<!" * 500_000 + "</" * 400_000,
    "entities": "<title>" + "&amp" * 400_000,
}


def test_hostile_pages_are_read_in_little_time() -> None:
    """In a process of its own that is ended when one of them takes for ever, as it did with a parser of trees."""
    code = (
        "import sys, json; from prospecting.enrichment.site.pages import read_page\n"
        "for html in json.load(sys.stdin): read_page(html.encode(), 'https://acme.com/')"
    )
    import json

    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(list(_HOSTILE.values())), text=True, timeout=120, check=False
    )
    assert done.returncode == 0


def test_a_hundred_thousand_links_are_not_all_kept() -> None:
    found = page(
        "".join(
            f"<a href='/news?{n}'>News</a><link rel=alternate type=application/rss+xml href=/f{n}>"
            for n in range(50_000)
        )
    )
    assert len(found.kinds["news"]) == 3
    assert len(found.feeds) == 5


_piece = st.sampled_from(
    [
        "<",
        ">",
        "</",
        "a",
        " href=",
        "'",
        '"',
        "=",
        "/",
        "<!--",
        "-->",
        "<title>",
        "<script",
        "&#x",
        "<base ",
        "\x00",
        "é",
    ]
)


@given(st.one_of(st.text(), st.lists(_piece, max_size=40).map("".join)))
def test_no_page_makes_it_fail(html: str) -> None:
    found = page(html)
    assert found == page(html)
    assert all(tag.name == tag.name.lower() for tag in tags(html))


@given(st.binary(max_size=200), st.text(max_size=40))
def test_whatever_bytes_come_what_a_page_says_can_be_kept(body: bytes, content_type: str) -> None:
    around = b"<title>%b</title><meta name=description content='%b'><a href='/news'>%bNews</a><a href='%b'>Careers</a>"
    for sent in (body, around.replace(b"%b", body)):
        found = read_page(sent, HOME, content_type)
        texts = [found.title, found.site_name, found.description]
        assert "\0" not in "".join(texts)  # which the database does not take
        assert max(map(len, texts)) <= 1000
        for address in [url for urls in found.kinds.values() for url in urls]:
            assert address.startswith(("https://", "http://"))
            assert len(address) <= 4000


@given(st.text(max_size=100), st.text(max_size=100))
def test_no_link_makes_it_fail(base: str, href: str) -> None:
    for address in (base, href):
        parts: Any = resolved(HOME, address)
        assert parts == "" or parts.startswith(("http://", "https://"))
        social_of(HOME, address)
        page_kind(Link(address, href))
        board_at(address)

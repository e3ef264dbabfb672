"""One page of a company's site, read: what it says of the company and where its links lead. Never raises."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from prospecting.enrichment.site import links
from prospecting.enrichment.site.boards import Board, board_at, boards_in
from prospecting.enrichment.site.links import Link
from prospecting.enrichment.site.markup import Tag, tags
from prospecting.normalising.texts import tidy
from web.decoding import text_of

MOST_FEEDS = 5
MOST_LINKS = 20_000
MOST_ADDRESS = 2000  # characters
MOST_OF_A_KIND = 3  # pages
_MOST_TITLE, _MOST_DESCRIPTION = 300, 1000
_REFRESH = re.compile(r"\s*(\d{1,3})(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?[\"']?\s*([^\"'\s][^\"']*)", re.IGNORECASE)
_SOON = 5  # seconds within which a page that sends us on is a redirect
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/json")


@dataclass(slots=True)
class Page:
    """What one page says. Addresses are whole; lists hold each address once, in the order of the page."""

    url: str
    title: str = ""
    site_name: str = ""
    description: str = ""
    refresh: str = ""
    feeds: list[dict[str, str]] = field(default_factory=list)
    social: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, list[str]] = field(default_factory=dict)
    boards: Counter[Board] = field(default_factory=Counter)


def read_page(body: bytes, url: str, content_type: str = "") -> Page:
    text = text_of(body, content_type)
    page = Page(url, boards=boards_in(text))
    if board := board_at(url):
        page.boards[board] += 1000  # we stand on it
    _Reader(page).read(text)
    return page


class _Reader:
    def __init__(self, page: Page) -> None:
        self.page, self.base, self._based = page, page.url, False
        self._link: list[str] | None = None  # href, then the texts of the link we are inside of
        self._linked_feeds: list[str] = []
        self._seen = 0  # links

    def read(self, text: str) -> None:
        for tag in tags(text):
            self._tag(tag)
            if self._link is not None and len(self._link) < 8:
                self._link.append(tag.text)
        self._close_link()
        for href in self._linked_feeds:  # what the head declares comes first
            self._feed(href, "")

    def _tag(self, tag: Tag) -> None:
        if tag.name == "a":
            self._close_link()
            if not tag.end and "href" in tag.attributes:
                self._link = [tag.attributes["href"], tag.attributes.get("aria-label", "")]
        elif tag.end:
            return
        elif tag.name == "base" and not self._based:
            self.base, self._based = links.resolved(self.page.url, tag.attributes.get("href", "")) or self.base, True
        elif tag.name == "title" and not self.page.title:
            self.page.title = tidy(tag.text)[:_MOST_TITLE]
        elif tag.name == "meta":
            self._meta(tag.attributes)
        elif tag.name == "link":
            self._head_link(tag.attributes)

    def _meta(self, said: dict[str, str]) -> None:
        name, content = (said.get("property") or said.get("name") or "").lower(), tidy(said.get("content", ""))
        if name in ("description", "og:description") and (name == "description" or not self.page.description):
            self.page.description = content[:_MOST_DESCRIPTION] or self.page.description
        elif name == "og:site_name":
            self.page.site_name = content[:_MOST_TITLE]
        elif said.get("http-equiv", "").lower() == "refresh" and not self.page.refresh:
            found = _REFRESH.match(said.get("content", "")[:2100])
            if found and int(found[1]) <= _SOON:
                self.page.refresh = links.resolved(self.base, found[2])

    def _head_link(self, said: dict[str, str]) -> None:
        types = said.get("type", "").split(";")[0].strip().lower()
        if "alternate" not in said.get("rel", "").lower().split() or types not in _FEED_TYPES:
            return
        href = said.get("href", "")
        if types == "application/json" and "feed" not in href:  # what else a site offers to programs
            return
        if not links.is_feed_of_comments(href, said.get("title", "")):
            self._feed(href, types)

    def _close_link(self) -> None:
        if self._link is None:
            return
        href, label, *texts = self._link
        self._link = None
        self._seen += 1
        if self._seen > MOST_LINKS or len(href) > MOST_ADDRESS:
            return
        link = Link(href, tidy(" ".join(texts)) or tidy(label))
        if links.is_feed(link):
            if len(self._linked_feeds) < MOST_FEEDS:
                self._linked_feeds.append(href)
        elif kind := links.page_kind(link):
            self._kind(kind, href)
        elif social := links.social_of(self.base, href):
            self.page.social.setdefault(*social)

    def _feed(self, href: str, types: str) -> None:
        if len(self.page.feeds) >= MOST_FEEDS or len(href) > MOST_ADDRESS:
            return
        address = links.resolved(self.base, href)
        if address and all(feed["url"] != address for feed in self.page.feeds):
            self.page.feeds.append({"url": address, "kind": links.feed_kind(types, address)})

    def _kind(self, kind: str, href: str) -> None:
        found = self.page.kinds.setdefault(kind, [])
        if len(found) < MOST_OF_A_KIND:
            address = links.resolved(self.base, href)
            if address and address not in found:
                found.append(address)

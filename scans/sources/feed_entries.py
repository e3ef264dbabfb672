"""The entries of RSS, Atom and JSON feeds, as they really are.

Well-formed XML is read by expat, which is fast, ends where it is told to and declares no entities; feedparser, which
understands nearly everything and takes a hundred times as long, gets the beginning of what is left.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat  # noqa: S405 - entities are refused below

import feedparser

from scans.fetching.faults import Failed

DEPTH = 100
LOOSE = 200_000  # characters that feedparser is given
_ATOM, _ITEM = "http://www.w3.org/2005/Atom", {"item", "entry"}
_PLAIN_NAMES = {
    "", _ATOM, "http://purl.org/atom/ns#", "http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/",
    "http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/", "http://purl.org/rss/1.0/modules/content/",
}  # fmt: skip
# Our name for what each element tells, and which of two that tell the same counts more.
_FIELDS = {
    "title": ("title", 0), "guid": ("id", 1), "id": ("id", 1), "identifier": ("id", 0), "link": ("link", 0),
    "encoded": ("text", 3), "content": ("text", 2), "description": ("text", 1), "summary": ("text", 1),
    "pubDate": ("posted", 3), "published": ("posted", 3), "issued": ("posted", 2), "date": ("posted", 2),
    "created": ("posted", 1), "updated": ("posted", 0), "modified": ("posted", 0), "language": ("language", 1),
}  # fmt: skip
_LANGUAGE = "http://www.w3.org/XML/1998/namespace lang"


@dataclass
class Entries:
    """`entries`: each with those of id, link, title, text, posted, language that it tells; at most so many."""

    entries: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    language: str = ""


def read(text: str, most: int) -> Entries:
    """The first `most` entries, and how many there are. Failed when the text is no feed."""
    text = text.lstrip("\ufeff \t\r\n")
    if text.startswith("{"):
        return _of_json(text, most)
    try:
        return _Strict(most).read(text)
    except expat.ExpatError:
        return _loose(text, most)


class _Strict:
    def __init__(self, most: int) -> None:
        self._most, self._found = most, Entries()
        self._root = False
        self._depth = self._at = 0  # `_at`: the depth of the entry we are in
        self._entry: dict[str, Any] = {}
        self._ranks: dict[str, int] = {}
        self._field: tuple[str, int, int] | None = None  # name, rank, depth
        self._parts: list[str] = []

    def read(self, text: str) -> Entries:
        parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._parts.append
        parser.EntityDeclHandler = _no_entities
        parser.Parse(text.encode("utf-8", "replace"), True)
        if not self._root:
            raise Failed("UNREADABLE", "The address answers with XML that is no feed.")
        return self._found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEPTH:
            raise Failed("UNREADABLE", "The feed is nested too deeply.")
        space, _, local = name.rpartition(" ")
        if self._depth == 1:
            self._root = local in ("rss", "RDF", "feed")
            self._found.language = attributes.get(_LANGUAGE, "")
        elif not self._at and local in _ITEM:
            self._at, self._entry, self._ranks = self._depth, {}, {}
            if _LANGUAGE in attributes:
                self._entry["language"] = attributes[_LANGUAGE]
        elif self._field:
            self._parts.append(" ")  # XHTML inside
        elif self._depth <= (self._at or 2) + 1 and space in _PLAIN_NAMES and local in _FIELDS:
            self._open(local, attributes)

    def _open(self, local: str, attributes: dict[str, str]) -> None:
        if local == "link" and "href" in attributes:
            if attributes.get("rel", "alternate") == "alternate":
                self._put("link", 1, attributes["href"])
            return
        self._field = (*_FIELDS[local], self._depth)
        self._parts.clear()

    def _end(self, name: str) -> None:
        if self._field and self._field[2] == self._depth:
            field_name, rank, _ = self._field
            self._put(field_name, rank, "".join(self._parts).strip())
            self._field = None
            self._parts.clear()
        elif self._at == self._depth:
            self._found.count += 1
            if len(self._found.entries) < self._most:
                self._found.entries.append(self._entry)
            self._at = 0
        if not self._field:
            self._parts.clear()
        self._depth -= 1

    def _put(self, name: str, rank: int, value: str) -> None:
        if not value:
            return
        if self._at:
            if rank >= self._ranks.get(name, -1):
                self._entry[name], self._ranks[name] = value, rank
        elif name == "language":
            self._found.language = value


def _no_entities(*declared: Any) -> None:
    raise Failed("UNREADABLE", "The feed declares entities of its own, which are not read.")


def _loose(text: str, most: int) -> Entries:
    body = re.sub(r"<\?xml[^>]{0,200}\?>", "", text[:LOOSE], count=1)
    if re.search(r"<!ENTITY", body, re.IGNORECASE):
        _no_entities()
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        parsed = feedparser.parse(
            io.BytesIO(body.encode("utf-8", "replace")), response_headers=headers, sanitize_html=False,
            resolve_relative_uris=False,
        )  # fmt: skip
    except Exception as fault:  # whatever a broken feed makes it trip over
        raise Failed("UNREADABLE", "The feed cannot be read.") from fault
    if not parsed.entries and not parsed.version:
        raise Failed("UNREADABLE", "The address answers with something that is no feed.")
    count = len(parsed.entries)
    if len(text) > LOOSE:
        count = max(count, len(re.findall(r"<(?:item|entry)[\s>]", text)))
    return Entries([_of_feedparser(entry) for entry in parsed.entries[:most]], count, parsed.feed.get("language") or "")


def _of_feedparser(entry: Any) -> dict[str, Any]:
    content = entry.get("content") or [{}]
    return {
        "id": entry.get("id"),
        "link": entry.get("link"),
        "title": entry.get("title"),
        "text": content[0].get("value") or entry.get("summary"),
        "posted": entry.get("published") or entry.get("updated"),
        "language": (entry.get("title_detail") or {}).get("language"),
    }


def _of_json(text: str, most: int) -> Entries:
    """JSON Feed 1.0 and 1.1."""
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise Failed("UNREADABLE", "The feed is no valid JSON.") from fault
    items = feed.get("items")
    if not isinstance(items, list):
        raise Failed("UNREADABLE", "The address answers with JSON that is no feed.")
    entries = [_of_item(item) for item in items[:most] if isinstance(item, dict)]
    return Entries(entries, len(items), str(feed.get("language") or ""))


def _of_item(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": item.get("id"),
        "link": item.get("url") or item.get("external_url"),
        "title": item.get("title"),
        "text": item.get("content_html") or item.get("content_text") or item.get("summary"),
        "posted": item.get("date_published") or item.get("date_modified"),
        "language": item.get("language"),
    }

"""News of companies: their feeds."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from prospecting.models import Company
from scans.enums import SignalType
from scans.fetching.faults import Failed
from scans.fetching.reading import Reader
from scans.sources import feed_entries
from scans.sources.documents import Document
from scans.sources.plain import plain, web_address
from scans.sources.source import MOST, TEXT, TITLE, Parsed, Place, Said, read_one
from scans.sources.times import posted
from web.decoding import text_of


class Feed:
    """RSS 0.9 to 2.0, Atom, JSON Feed."""

    type = str(SignalType.COMPANY_NEWS)
    kind = "feed"

    def addresses(self, company: Company) -> list[str]:
        feeds = company.feeds if isinstance(company.feeds, list) else []
        written = [feed.get("url") for feed in feeds if isinstance(feed, dict)]
        return list(dict.fromkeys(url for url in written if isinstance(url, str) and 0 < len(url) <= 2000))

    async def read(self, place: Place, marks: Mapping[str, str], reader: Reader) -> Said | None:
        return await read_one(place, marks, reader)

    def parse(self, place: Place, said: Said, snapshot: str, now: datetime) -> Parsed:
        text = text_of(said.bodies[0], said.content_type)
        if not text.strip():
            raise Failed("UNREADABLE", "The address answers with nothing.")
        found = feed_entries.read(text, MOST)
        documents: dict[str, Document] = {}
        for entry in found.entries:
            made = _document(entry, place, said.url or place.address, found.language, now)
            if made and not _same_id(made, documents):
                documents.setdefault(made.key, made)
            elif made:
                # Two entries under one id are told apart by what they say.
                key = place.key_of(f"{entry.get('id')}\n{_digest(made)}")
                documents.setdefault(key, Document(**{**vars(made), "key": key}))
        return Parsed(list(documents.values()), max(0, found.count - len(found.entries)))


def _document(entry: dict[str, Any], place: Place, base: str, language: str, now: datetime) -> Document | None:
    """None when the entry tells nothing."""
    title, text = plain(entry.get("title"), TITLE), plain(entry.get("text"), TEXT)
    url = web_address(entry.get("link") or entry.get("id"), base)
    if not title and not text:
        return None
    identity = str(entry.get("id") or url or f"{title}\n{text[:500]}")
    return Document(
        type=Feed.type, key=place.key_of(identity), title=title or text[:TITLE], text=text, url=url,
        posted_at=posted(entry.get("posted"), now), language=language_code(entry.get("language") or language),
        extra={"newsUrl": url} if url else {},
    )  # fmt: skip


def _same_id(made: Document, documents: Mapping[str, Document]) -> bool:
    """Whether another entry, which says something else, has taken its key."""
    other = documents.get(made.key)
    return other is not None and _digest(other) != _digest(made)


def _digest(document: Document) -> str:
    return hashlib.sha256(f"{document.title}\n{document.url}\n{document.text}".encode()).hexdigest()


def language_code(declared: object) -> str | None:
    """en-GB -> en; None for what is no language."""
    found = re.match(r"([a-zA-Z]{2})(?:[-_]|$)", str(declared or "").strip())
    return found[1].lower() if found else None

"""Changes of companies' pages: what stands there that did not stand there before."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime

from rapidfuzz import fuzz, process, utils

from prospecting.models import Company
from scans.enums import SignalType
from scans.fetching.reading import Reader
from scans.sources.company_news import language_code
from scans.sources.documents import Document
from scans.sources.plain import lines, plain
from scans.sources.source import TEXT, TITLE, Parsed, Place, Said, read_one
from web.decoding import text_of

MOST_LINES = 2_000
KEPT = 200_000  # characters of a page's text
SIMILAR = 90  # of 100: a line this like a former one is the same, reworded
LEAST = 20  # letters of new text that make a change
_NUMBER = re.compile(r"\d+")
_DATES = re.compile(
    r"\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|july|august|september"
    r"|october|november|december|mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    r"|ago|today|yesterday|just now|seconds?|minutes?|hours?|days?|weeks?|months?|years?|am|pm|utc|gmt)\b"
)
_TITLE = re.compile(r"<title(?:\s[^<>]{0,300})?>([^<]{1,1000})", re.IGNORECASE)
_LANGUAGE = re.compile(r"<html\s[^<>]{0,1000}?\blang\s*=\s*[\"']?([\w-]{1,20})", re.IGNORECASE)


class Page:
    """A page of a company: those chosen for it, else its home page. A first visit only takes the snapshot."""

    type = str(SignalType.WEBSITE_CHANGE)
    kind = "page"

    def addresses(self, company: Company) -> list[str]:
        pages = company.pages if isinstance(company.pages, list) and company.pages else [company.website]
        written = (url if "://" in url else f"https://{url}" for url in pages if isinstance(url, str) and url)
        return list(dict.fromkeys(url for url in written if len(url) <= 2000))

    async def read(self, place: Place, marks: Mapping[str, str], reader: Reader) -> Said | None:
        return await read_one(place, marks, reader)

    def parse(self, place: Place, said: Said, snapshot: str, now: datetime) -> Parsed:
        markup = text_of(said.bodies[0], said.content_type)
        text = "\n".join(lines(markup)[:MOST_LINES])[:KEPT]
        if not snapshot:
            return Parsed([], snapshot=text)
        new = added(snapshot.split("\n"), text.split("\n"))
        if not new:  # the former snapshot stays: many small steps make a change too
            return Parsed([])
        return Parsed([_document(place, markup, new, now)], snapshot=text)


def added(before: list[str], after: list[str]) -> list[str]:
    """The lines that are new. Empty when all that changed are dates, counters, spaces, order and small corrections."""
    known = dict.fromkeys(filter(None, map(_essence, before)))
    fresh = {essence: line for line in after if (essence := _essence(line)) and essence not in known}
    there = set(map(_essence, after))
    gone = [essence for essence in known if essence not in there]
    new = [
        line for essence, line in fresh.items()
        if process.extractOne(essence, gone, scorer=fuzz.ratio, score_cutoff=SIMILAR) is None
    ]  # fmt: skip
    return new if sum(map(_letters, new)) >= LEAST else []


def _essence(line: str) -> str:
    """A line without what changes every day."""
    return " ".join(_DATES.sub(" ", _NUMBER.sub(" ", utils.default_process(line))).split())


def _letters(line: str) -> int:
    return sum(map(str.isalpha, line))


def _document(place: Place, markup: str, new: list[str], now: datetime) -> Document:
    beginning = markup[:100_000]
    named = plain(title[1] if (title := _TITLE.search(beginning)) else "", TITLE)
    declared = _LANGUAGE.search(beginning)
    text = " ".join(line if line[-1] in ".!?:" else f"{line}." for line in new)[:TEXT]
    return Document(
        type=Page.type, key=place.key_of(hashlib.sha256("\n".join(new).encode()).hexdigest()),
        title=f"Changed: {named or place.address}"[:TITLE], text=text, url=place.address, posted_at=now,
        language=language_code(declared and declared[1]), extra={"pageUrl": place.address},
    )  # fmt: skip

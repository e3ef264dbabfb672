"""What every kind of source has in common."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from prospecting.models import Company
from scans.fetching.reading import Reader
from scans.sources.documents import Document

MOST = 500  # documents taken from one source at once, in its own order: newest first
TITLE, TEXT = 300, 20_000  # characters


@dataclass(frozen=True)
class Place:
    """An address and how it is to be read."""

    kind: str
    address: str

    @property
    def key(self) -> str:
        return hashlib.sha256(f"{self.kind}\n{self.address}".encode()).hexdigest()

    def key_of(self, identity: str) -> str:
        """The key of a document that its source calls `identity`."""
        return hashlib.sha256(f"{self.key}\n{identity}".encode(errors="replace")).hexdigest()


@dataclass(frozen=True)
class Said:
    """What a place answered: its bodies in order, and what to send along the next time."""

    bodies: list[bytes]
    content_type: str = ""
    url: str = ""
    marks: Mapping[str, str] = field(default_factory=dict)  # etag, last_modified


@dataclass(frozen=True)
class Parsed:
    """The documents of one answer; `left_out`: entries beyond MOST; `snapshot`: of a page, the text to keep."""

    documents: list[Document]
    left_out: int = 0
    snapshot: str | None = None


class Source(Protocol):
    """One kind of place. `read` is called inside the event loop, `parse` outside; both raise Failed."""

    type: str
    kind: str

    def addresses(self, company: Company) -> list[str]:
        """Where this company publishes, without the same address twice."""

    async def read(self, place: Place, marks: Mapping[str, str], reader: Reader) -> Said | None:
        """What it says now; None: nothing new since the answer with these marks."""

    def parse(self, place: Place, said: Said, snapshot: str, now: datetime) -> Parsed:
        """The documents in it. Those without a time that can be believed have none."""


async def read_one(
    place: Place, marks: Mapping[str, str], reader: Reader, *, public_api: bool = False
) -> Said | None:  # fmt: skip
    """One conditional request."""
    conditions = {
        "If-None-Match": marks.get("etag", ""),
        "If-Modified-Since": marks.get("last_modified", ""),
    }
    told = {name: value for name, value in conditions.items() if value}
    answer = await reader.get(place.address, told, public_api=public_api)
    if answer.status == 304:
        return None
    new = {"etag": answer.headers.get("ETag", ""), "last_modified": answer.headers.get("Last-Modified", "")}
    return Said([answer.body], answer.headers.get("Content-Type", ""), answer.url, _usable(new))


def _usable(marks: Mapping[str, str]) -> dict[str, str]:
    """Those that can be sent back and kept."""
    return {name: text for name, text in marks.items() if text.isascii() and text.isprintable() and len(text) <= 100}

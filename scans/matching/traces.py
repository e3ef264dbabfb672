"""What remains to be known of a document to tell whether another one tells the same event."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from scans.matching.documents import Document
from scans.matching.languages import folded
from scans.matching.shingles import near, shingled
from scans.matching.text import readable, separated

if TYPE_CHECKING:
    from scans.matching.shingles import Shingles

WINDOW: Final = timedelta(days=7)
_NAMED_BY_TITLE: Final = "job_opening"


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    type: str
    key: str
    url: str
    posted_at: datetime | None
    name: tuple[str, ...]  # of a job opening the words of its title, else empty
    shingles: Shingles


def trace(document: Document) -> Trace:
    return next(traces([document]))


def traces(documents: Sequence[Document]) -> Iterator[Trace]:
    """`trace` of each."""
    for document, found in zip(documents, shingled((each.title, each.text) for each in documents), strict=True):
        yield Trace(
            type=document.type,
            key=document.key,
            url=document.url,
            posted_at=document.posted_at,
            name=_name(document),
            shingles=found,
        )


def _name(document: Document) -> tuple[str, ...]:
    return tuple(folded(separated(readable(document.title)))) if document.type == _NAMED_BY_TITLE else ()


def same_event(one: Trace, other: Trace) -> bool:
    """Of one company. The same document (key and address), or two within WINDOW whose texts are near (shingles.near).

    Two job openings need the same title as well: most of their text is about the company. An unknown date keeps nothing
    apart. It holds both ways, but from one to the next and on it need not.
    """
    if one.type != other.type:
        return False
    return (one.key, one.url) == (other.key, other.url) or same_story(one, other)


def same_story(one: Trace, other: Trace) -> bool:
    """Two documents of one type, by what they say."""
    return _within(one.posted_at, other.posted_at) and one.name == other.name and near(one.shingles, other.shingles)


def _within(one: datetime | None, other: datetime | None) -> bool:
    return one is None or other is None or abs(one - other) <= WINDOW


def packed(found: Trace) -> bytes:
    """To be kept with a signal: about 8 bytes a word."""
    posted = found.posted_at.isoformat() if found.posted_at else None
    head = json.dumps([found.type, found.key, found.url, posted, found.name])
    return head.encode() + b"\n" + found.shingles.astype("<u8").tobytes()


def unpacked(kept: bytes) -> Trace:
    import numpy as np

    head, _, rest = kept.partition(b"\n")
    type_, key, url, posted, name = json.loads(head)
    posted_at = datetime.fromisoformat(posted) if posted else None
    return Trace(type_, key, url, posted_at, tuple(name), np.frombuffer(rest, "<u8").astype(np.uint64))

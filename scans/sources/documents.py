"""What a source says, and how it can fail to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from prospecting.models import Company


@dataclass(frozen=True)
class Document:
    """One event as its source tells it, in plain text.

    `type` is a value of SignalType; `key` its stable identity: the same event read again, from the same source, has
    the same key. `posted_at` is aware, in UTC and never in the future. `language` is a two-letter code where the
    source declares it. `extra` holds what v1 shows for the type, under its names there: newsUrl; jobUrl, location,
    department; pageUrl; previousTitle, previousCompany; postLink, totalLikes, totalComments; replySummary,
    commentedAt, commentLink.
    """

    type: str
    key: str
    title: str
    text: str
    url: str
    posted_at: datetime | None
    language: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """A source that could not be read. `message` is for partners: it holds nothing of what the source answered."""

    kind: str  # feed, greenhouse, lever, ashby, page
    address: str
    code: str  # REFUSED, UNREACHABLE, DISALLOWED, BAD_STATUS, BUSY, TOO_LARGE, UNREADABLE
    message: str


@dataclass(frozen=True)
class Gathered:
    """One company, done: everything its sources said since the date asked for, this time or before.

    A source that failed may have documents of earlier scans. `sources` is how many it has of the types asked for; a
    company has failed when it has some and each stands in `failures`.
    """

    company: Company
    documents: list[Document]
    failures: list[Failure]
    sources: int

    @property
    def failed(self) -> bool:
        return 0 < self.sources == len(self.failures)

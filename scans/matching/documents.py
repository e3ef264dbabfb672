"""What this package needs to know of a document; scans.sources.documents.Document is one."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Document(Protocol):
    """Something that was said: a piece of news, a job opening, a post."""

    @property
    def type(self) -> str:
        """A value of scans.enums.SignalType."""

    @property
    def key(self) -> str:
        """Its stable identity in its source: a guid, an id or an address."""

    @property
    def title(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def url(self) -> str: ...

    @property
    def posted_at(self) -> datetime | None:
        """With its zone; None: unknown."""

    @property
    def language(self) -> str | None:
        """As declared where it was found ("en", "de-AT"); None: nobody said."""

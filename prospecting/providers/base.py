"""What a provider of people data can do for us, whoever it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from prospecting.enums import JobSource
from prospecting.importing.leads import Lead


@dataclass(frozen=True, slots=True)
class Page:
    """People that were found together, and the cursor with which the search goes on after them ("" at the end)."""

    leads: Sequence[Lead]
    cursor: str


class Listed(NamedTuple):
    """A list or saved search kept at the provider."""

    id: str
    name: str


class PeopleProvider(Protocol):
    """Every call may raise UpstreamError: the provider does not answer, or not as agreed."""

    name: str  # under which its ids are kept, see ProviderIdentity

    def check(self, source: JobSource, params: Mapping[str, Any]) -> None:
        """Whether a search could begin now; ValidationFailed when the provider does not know what `params` name."""

    def search(self, source: JobSource, params: Mapping[str, Any], limit: int, *, after: str = "") -> Iterator[Page]:
        """At most `limit` people, page by page (each small enough for one transaction); `after`: the cursor of a page
        seen before, behind which it goes on. `line` of the leads counts from 1 after that page.
        """

    def find_email(self, person: Mapping[str, str]) -> str | None:
        """The address of a person, described by fields of a prospect; None when it is not known."""

    def lead_lists(self) -> Sequence[Listed]: ...

    def saved_searches(self) -> Sequence[Listed]: ...

"""A provider somewhere else, spoken to by the protocol of docs/providers.md."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from prospecting.enums import Capability, JobSource
from prospecting.importing.fields import COMPANY, PERSON
from prospecting.importing.leads import Lead
from prospecting.providers.base import Listed, Page
from prospecting.providers.calls import Calls, Unknown
from web.errors import UpstreamError, ValidationFailed
from web.serializers import camel

PAGE = 100
MOST_PAGES = 1000  # of one search; a provider whose cursor never ends is stopped
_KNOWN = (*PERSON, *COMPANY)
# What a body calls what a job's params hold; the fault of a search is told at the same field.
_PARAMS = {
    "search_url": "searchUrl", "saved_search_id": "savedSearchId", "lead_list_id": "leadListId", "post_url": "postUrl",
}  # fmt: skip


class RemoteProvider:
    """`look_up` is None where the provider does not look people up."""

    def __init__(self, name: str, calls: Calls, capabilities: Collection[str]) -> None:
        self.name = name
        self._calls = calls
        self._capabilities = frozenset(capabilities)
        self.look_up: Callable[[Mapping[str, str]], Lead | None] | None = (
            self._look_up if Capability.LOOKUP in self._capabilities else None
        )

    def check(self, source: JobSource, params: Mapping[str, Any]) -> None:
        """By a search for nobody."""
        self._search(source, params, 0, "")

    def search(self, source: JobSource, params: Mapping[str, Any], limit: int, *, after: str = "") -> Iterator[Page]:
        line, seen = 0, {after}
        for _ in range(MOST_PAGES):
            answer = self._search(source, params, min(PAGE, limit - line), after)
            leads = [_lead(self.name, number, person) for number, person in enumerate(answer["people"], line + 1)]
            line, after = line + len(leads), answer["cursor"] or ""
            yield Page(leads, after)
            if not after or line >= limit:
                return
            if after in seen:
                raise UpstreamError("The provider of people data sends the same page again and again.")
            seen.add(after)
        raise UpstreamError(f"The provider of people data sends more than {MOST_PAGES} pages.")

    def find_email(self, person: Mapping[str, str]) -> str | None:
        if Capability.EMAIL not in self._capabilities:
            return None
        try:
            found: str | None = self._calls.post("/people/email", _camel(person), "EmailAnswer")["email"]
        except Unknown:
            return None
        return found

    def lead_lists(self) -> Sequence[Listed]:
        return self._listed("/sales-navigator/lead-lists")

    def saved_searches(self) -> Sequence[Listed]:
        return self._listed("/sales-navigator/saved-searches")

    def start_activity_scan(
        self, people: Sequence[str], types: Collection[str], since: datetime, *, once: str
    ) -> str | None:  # fmt: skip
        """The provider's id of a scan for posts and comments of people, by their public identifiers.

        None where it offers none. `once` is the id of ours that asks, so that asking again starts no second one.
        """
        if Capability.ACTIVITY_SCANS not in self._capabilities:
            return None
        body = {"publicIdentifiers": list(people), "types": sorted(types), "since": since.isoformat()}
        return str(self._of_scan(lambda: self._calls.post("/activity-scans", body, "ActivityScan", once=once))["id"])

    def activity_scan(self, scan_id: str) -> str:
        """Its status: running, completed, failed or cancelled."""
        return str(self._of_scan(lambda: self._calls.get(f"/activity-scans/{scan_id}", "ActivityScan"))["status"])

    def activities(self, scan_id: str) -> Iterator[list[dict[str, Any]]]:
        """What a completed scan has found, page by page."""
        after = ""
        for _ in range(MOST_PAGES):
            path, body = f"/activity-scans/{scan_id}/activities", {"cursor": after or None}
            answer = self._of_scan(lambda path=path, body=body: self._calls.post(path, body, "ActivityPage"))  # type: ignore[misc]
            yield answer["activities"]
            if not (after := answer["cursor"] or ""):
                return
        raise UpstreamError(f"The provider of people data sends more than {MOST_PAGES} pages.")

    def cancel_activity_scan(self, scan_id: str) -> None:
        """UpstreamError when the provider refuses."""
        self._of_scan(lambda: self._calls.post(f"/activity-scans/{scan_id}/cancel", {}, "ActivityScan"))

    def _search(self, source: JobSource, params: Mapping[str, Any], limit: int, after: str) -> Any:
        named = {_PARAMS[name]: value for name, value in params.items() if name in _PARAMS and value}
        body = {"kind": str(source), **named, "limit": limit, "cursor": after or None}
        try:
            return self._calls.post("/people/search", body, "SearchAnswer")
        except Unknown as fault:
            raise ValidationFailed.at(next(iter(named), "source"), str(fault)) from fault

    def _look_up(self, person: Mapping[str, str]) -> Lead | None:
        try:
            found = self._calls.post("/people/lookup", _camel(person), "LookupAnswer")["person"]
        except Unknown:
            return None
        return None if found is None else _lead(self.name, 1, found)

    def _listed(self, path: str) -> list[Listed]:
        try:
            return [Listed(item["id"], item["name"]) for item in self._calls.get(path, "ListAnswer")["items"]]
        except Unknown as fault:
            raise UpstreamError("The provider of people data keeps no such lists.") from fault

    def _of_scan(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except Unknown as fault:
            raise UpstreamError("The provider of people data does not know that scan.") from fault


def _lead(provider: str, line: int, person: Mapping[str, Any]) -> Lead:
    fields = {name: str(person[name]) for name in _KNOWN if person.get(name)}
    return Lead(line, fields, provider, person["id"], person.get("personId") or "")


def _camel(person: Mapping[str, str]) -> dict[str, str]:
    """`{"first_name": "Ann"}` as the protocol writes it."""
    return {camel(name): value for name, value in person.items()}

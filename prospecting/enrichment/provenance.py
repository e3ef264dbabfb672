"""Which statement about a field wins: the one rule by which every step writes.

A statement takes the place of what stands there when
- nothing stands there, or
- the same origin made what stands there, and now says something else or is surer, or
- it is surer than what stands there, or
- it is just as sure, and a provider says it: of two who were told, the later one was told last.
What stands without an entry in `provenance` was given by somebody and counts as certain, as what an import brings does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

PROVIDER = "provider"
CERTAIN = 1.0
# Judgements about another field: newer news of that field makes them void.
_ABOUT = {"email_status": "email"}
# Where the entry of a column is not under its own name.
_ENTRY = {"company_id": "company"}
# What stands in a field of which nothing is known, besides "", [], {} and None.
_NOTHING = {"email_status": "unknown"}


@dataclass(frozen=True, slots=True)
class Said:
    """What a step says of a field. An empty value takes back what the same step said before."""

    field: str
    value: Any
    confidence: float = CERTAIN
    reason: str = ""


@dataclass(slots=True)
class Draft:
    """The fields of one row while steps write to it; `changed` names those that differ from the row."""

    values: dict[str, Any]
    provenance: dict[str, dict[str, Any]]
    changed: set[str] = field(default_factory=set)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def known(self, name: str) -> bool:
        value = self.values[name]
        return bool(value) and value != _NOTHING.get(name)

    def origin(self, name: str) -> str:
        """Who said what stands there; empty for nobody known."""
        return str(self._said(name).get("origin", ""))

    def confidence(self, name: str) -> float:
        said = self._said(name).get("confidence", CERTAIN)
        return float(said) if isinstance(said, int | float) else CERTAIN

    def put(self, origin: str, said: Said, at: datetime) -> bool:
        """Write it if it wins. Answers whether anything has changed."""
        if not self._wins(origin, said):
            return False
        self._assign(said.field, said.value)
        if self.known(said.field):
            entry = {"origin": origin, "at": at.astimezone(UTC).isoformat(), "confidence": said.confidence}
            self.provenance[_ENTRY.get(said.field, said.field)] = entry | (
                {"reason": said.reason} if said.reason else {}
            )
        else:
            self.provenance.pop(_ENTRY.get(said.field, said.field), None)
        self.changed.add("provenance")
        return True

    def rewrite(self, name: str, value: Any) -> None:
        """The same statement in its normal form: whose it is stays as it was."""
        if self.values[name] != value:
            self._assign(name, value)

    def _assign(self, name: str, value: Any) -> None:
        self.values[name] = value
        self.changed.add(name)

    def _wins(self, origin: str, said: Said) -> bool:
        standing, own = self.values[said.field], self.origin(said.field) == origin
        empty = not said.value or said.value == _NOTHING.get(said.field)
        if not self.known(said.field):
            return not empty
        if own:
            surer = said.confidence > self.confidence(said.field)
            return said.value != standing or (surer and not empty) or (self._void(said.field) and not empty)
        if empty:
            return False
        if self._void(said.field) or said.confidence > self.confidence(said.field):
            return True
        told = origin.startswith(PROVIDER) and said.confidence == self.confidence(said.field)
        return told and said.value != standing

    def _void(self, name: str) -> bool:
        """Whether what stands there judges a value that has been replaced since."""
        about = _ABOUT.get(name, "")
        return bool(about) and _moment(self._said(about)) > _moment(self._said(name)) > ""

    def _said(self, name: str) -> Mapping[str, Any]:
        entry = self.provenance.get(_ENTRY.get(name, name))
        return entry if isinstance(entry, dict) else {}


def _moment(said: Mapping[str, Any]) -> str:
    """Comparable, as both are ISO 8601 in UTC."""
    return str(said.get("at", ""))

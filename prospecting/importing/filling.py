"""What an entry adds to what is known of a person: empty fields are filled, a newer position wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from prospecting.enums import EmailStatus
from prospecting.importing.entries import Entry
from prospecting.importing.known import Employer, Person, Provenance
from prospecting.normalising.texts import fold

ORIGIN = "import"
_FILLED = (
    "first_name", "last_name", "name", "name_key", "headline", "about", "photo_url", "linkedin_url",
    "public_identifier", "seniority", "department", "location", "country", "phone",
)  # fmt: skip
_COMPANY_FILLED = ("name", "name_key", "domain", "website", "industry", "linkedin_url", "linkedin_identifier")
_UNWRITTEN = frozenset({"name_key", "linkedin_url"})  # follow from another field
_MOST_ALSO = 20


@dataclass(frozen=True, slots=True)
class Moved:
    """A known person's position is no longer what it was."""

    person: Person
    previous_title: str
    previous_company: str
    title: str
    company: str


@dataclass(frozen=True, slots=True)
class Import:
    """The import that speaks. Its moment is that of the job: what the same job said before is not older."""

    at: str

    @classmethod
    def of(cls, created_at: datetime) -> Import:
        return cls(created_at.astimezone(UTC).isoformat())

    def said(self) -> dict[str, Any]:
        return {"origin": ORIGIN, "at": self.at, "confidence": 1.0}


def fill_employer(employer: Employer, entry: Entry, now: Import) -> None:
    said = {**entry.company, "name_key": entry.company_name_key}
    for column in _COMPANY_FILLED:
        if said.get(column) and (not employer.values.get(column) or _concluded(employer.provenance, column)):
            employer.values[column] = said[column]
            employer.changed |= {column, "provenance"}
            if column not in _UNWRITTEN:
                employer.provenance[column] = now.said()
    feed = said.get("feed")
    if feed and all(each.get("url") != feed for each in employer.feeds):
        employer.feeds = [*employer.feeds, {"url": feed, "kind": "unknown"}]
        employer.provenance["feeds"] = now.said()
        employer.changed |= {"feeds", "provenance"}


def fill_person(person: Person, entry: Entry, employer: Employer | None, now: Import, same: bool) -> Moved | None:
    """`same`: the employer the entry names may be the one the person has. Answers what changed of the position."""
    for column in _FILLED:
        value = entry.person.get(column)
        if value and (not person.values.get(column) or _concluded(person.provenance, column)):
            _set(person, column, value, now)
    if entry.email and not person.email:
        _set(person, "email", entry.email, now)
        person.values["email_status"] = EmailStatus.UNKNOWN
        person.changed.add("email_status")
    return _position(person, entry, employer, now, same)


def _position(person: Person, entry: Entry, employer: Employer | None, now: Import, same: bool) -> Moved | None:
    title, company = person.values.get("title", ""), person.employer.name if person.employer else ""
    concluded = bool(company) and _concluded(person.provenance, "company")
    wins = [
        _wins(person, "title", title, entry.person.get("title", ""), now),
        _wins(
            person,
            "company",
            company,
            employer.name if employer else "",
            now,
            same=same,
            words=[employer.id, entry.company_key[:200]] if employer else [],
        ),
    ]
    if wins[0]:
        _set(person, "title", entry.person["title"], now)
    if wins[1]:
        person.employer = employer
        person.provenance["company"] = now.said()
        person.changed |= {"company_id", "provenance"}
    moved = (wins[0] and title) or (wins[1] and company and not concluded)
    if not moved:
        return None
    return Moved(
        person, title, company, person.values.get("title", ""), person.employer.name if person.employer else ""
    )


def _wins(
    person: Person, name: str, known: str, said: str, now: Import, *, same: bool = False,
    words: Sequence[str] = (),
) -> bool:  # fmt: skip
    """Whether what this import says takes the place of what is known.

    Within one import the first word holds. What it says besides is remembered (`also`), so that the same file sent
    again changes nothing, in any order. `words` are what it is remembered by; of a company its id and what the row
    called it, as other rows may name what was known by its domain alone, or bring another company of that name.
    """
    if not said:
        return False
    if not known:
        return True
    origin = person.provenance.get(name, {})
    if same or known == said or fold(known) == fold(said):
        if _later(now.at, origin.get("at", "")):
            person.provenance[name] = {**origin, "at": now.at}
            person.changed.add("provenance")
        return False
    also, folded = origin.get("also", []), fold(said)[:200]
    words = words or [folded]
    if origin.get("at") == now.at:
        if new := [word for word in words if word not in also]:
            person.provenance[name] = {**origin, "also": [*also, *new][:_MOST_ALSO]}
            person.changed.add("provenance")
        return False
    return not {folded, *words} & {*also} and _later(now.at, origin.get("at", ""))


def _concluded(provenance: Provenance, column: str) -> bool:
    """Whether nobody said it: a step of enrichment concluded it, and what is said takes its place."""
    confidence = provenance.get(column, {}).get("confidence", 1.0)
    return isinstance(confidence, float) and confidence < 1.0


def _later(moment: str, other: str) -> bool:
    try:
        return datetime.fromisoformat(moment) > datetime.fromisoformat(other)
    except (ValueError, TypeError):  # of no known time, or without a zone
        return True


def _set(person: Person, column: str, value: str, now: Import) -> None:
    person.values[column] = value
    person.changed |= {column, "provenance"}
    if column not in _UNWRITTEN:
        person.provenance[column] = now.said()

"""Whom an entry means. Exact identities decide; what contradicts itself is left to staff, never guessed."""

from __future__ import annotations

from dataclasses import dataclass, field

from prospecting.enums import MergeReason
from prospecting.importing.entries import Entry
from prospecting.importing.known import Employer, Known, Person
from prospecting.importing.leads import OWN

AMBIGUOUS = (
    "names more than one person known at this company; send an e-mail address, a LinkedIn profile or a provider id"
)
_MOST_ASKED = 5  # namesakes a new row is held against


@dataclass(slots=True)
class Match:
    """`person` None: nobody is known by it. `disputed`: it names two people, and nothing of it may be written.

    `ask` are the people it may be as well, and why; `without` the identities that belong to somebody else.
    """

    person: Person | None = None
    disputed: bool = False
    ambiguous: bool = False
    ask: list[tuple[Person, MergeReason]] = field(default_factory=list)
    without: set[str] = field(default_factory=set)


def match(known: Known, entry: Entry, employers: list[Employer]) -> Match:
    """`employers` are the companies the entry may mean."""
    named = _named(known, entry)
    people = list(dict.fromkeys(person for _, person in named))
    if len(people) > 1:
        asked = [(person, MergeReason.TWO_IDENTITIES) for person in people[1:]]
        return Match(people[0], disputed=True, ask=asked)
    if people:
        kinds = {kind for kind, _ in named}
        if not all(_denies(entry, kind, people[0]) for kind in kinds):
            return Match(people[0])
        return Match(ask=[(people[0], MergeReason.TWO_IDENTITIES)], without=kinds)
    return _by_name(known, entry, employers)


def _named(known: Known, entry: Entry) -> list[tuple[str, Person]]:
    """(identity, whom it names), the surest first. Ids of a column are less sure: two lists may count alike."""
    external = known.by_external.get(entry.external) if entry.external else None
    own = bool(entry.external and entry.external[0] == OWN)
    found = [
        ("external", None if own else external),
        ("profile", known.by_profile.get(entry.profile)),
        ("email", known.by_email.get(entry.email)),
        ("external", external if own else None),
    ]
    return [(kind, person) for kind, person in found if person is not None]


def _denies(entry: Entry, kind: str, person: Person) -> bool:
    """Whether what else the entry says makes it somebody else than the person this one identity names.

    A mailbox may be shared, and a number in a column may be another list's; a profile is its person's alone.
    """
    other_profile = bool(entry.profile and person.profile and entry.profile != person.profile)
    other_email = bool(entry.email and person.email and entry.email != person.email)
    if kind == "email":
        return other_profile
    return kind == "external" and entry.lead.provider == OWN and (other_profile or other_email)


def _by_name(known: Known, entry: Entry, employers: list[Employer]) -> Match:
    name = entry.name_key
    if not name:
        return Match()
    namesakes = list(
        dict.fromkeys(person for employer in employers for person in known.by_name.get((employer.id, name), ()))
    )
    alike = [person for person in namesakes if not _differs(entry, person)]
    if len(alike) == 1:
        return Match(alike[0])
    if len(alike) > 1 and not (entry.external or entry.profile or entry.email):
        return Match(ambiguous=True)
    return Match(ask=[(person, MergeReason.SAME_NAME) for person in namesakes[:_MOST_ASKED]])


def _differs(entry: Entry, person: Person) -> bool:
    """Whether a namesake has another profile or address than the entry."""
    return bool(entry.profile and person.profile) or bool(entry.email and person.email and entry.email != person.email)


def employer_of(known: Known, entry: Entry, employers: list[Employer]) -> Employer | None:
    """The company an entry names, made if nobody knows it; None when it names none."""
    if not entry.company_key:
        return None
    domain = entry.domain
    if domain:
        sure = [employer for employer in employers if domain in (employer.values.get("domain"), employer.values["key"])]
        nameless = [employer for employer in employers if not employer.values.get("domain")]
        if sure:
            return sure[0]
        if len(nameless) == 1:
            return nameless[0]  # known by its name alone until now
    elif entry.company_key in known.by_key:
        return known.by_key[entry.company_key]
    elif len(employers) == 1:
        return employers[0]
    return Employer({"key": entry.company_key})

"""Who is known already: the people and companies a batch may meet."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from prospecting.enums import EmailStatus
from prospecting.importing.entries import Entry
from web.identifiers import new_object_id

PERSON_COLUMNS = (
    "first_name", "last_name", "name", "name_key", "headline", "about", "photo_url", "linkedin_url",
    "public_identifier", "title", "seniority", "department", "location", "country", "email", "email_status", "phone",
)  # fmt: skip
COMPANY_COLUMNS = (
    "key", "name", "name_key", "domain", "website", "industry", "linkedin_url", "linkedin_identifier",
)  # fmt: skip
Provenance = dict[str, dict[str, Any]]


@dataclass(slots=True, eq=False)
class Employer:
    """A company as the batch sees it."""

    values: dict[str, str]
    feeds: list[dict[str, str]] = field(default_factory=list)
    provenance: Provenance = field(default_factory=dict)
    id: str = field(default_factory=new_object_id)
    new: bool = True
    changed: set[str] = field(default_factory=set)  # columns

    @property
    def name(self) -> str:
        return self.values.get("name") or self.values.get("domain", "")

    @property
    def name_key(self) -> str:
        return self.values.get("name_key", "")


@dataclass(slots=True, eq=False)
class Person:
    """A prospect as the batch sees it."""

    values: dict[str, str]
    employer: Employer | None = None
    provenance: Provenance = field(default_factory=dict)
    id: str = field(default_factory=new_object_id)
    new: bool = True
    changed: set[str] = field(default_factory=set)  # columns

    @property
    def email(self) -> str:
        """The address this person is known by; a guess is none."""
        guessed = self.values.get("email_status") == EmailStatus.GUESSED
        return "" if guessed else self.values.get("email", "")

    @property
    def profile(self) -> str:
        return self.values.get("public_identifier", "")

    def drop_guess(self) -> None:
        self.values |= {"email": "", "email_status": EmailStatus.UNKNOWN}
        self.provenance.pop("email", None)
        self.changed |= {"email", "email_status", "provenance"}


class Known:
    """Indexes over everybody the batch may meet; whoever it brings in is added as it goes."""

    def __init__(self) -> None:
        self.by_external: dict[tuple[str, str], Person] = {}
        self.by_profile: dict[str, Person] = {}
        self.by_email: dict[str, Person] = {}
        self.guessed: dict[str, Person] = {}
        self.by_name: dict[tuple[str, str], list[Person]] = defaultdict(list)
        self.employers: dict[str, Employer] = {}
        self.by_key: dict[str, Employer] = {}
        self.by_domain: dict[str, list[Employer]] = defaultdict(list)
        self.by_company_name: dict[str, list[Employer]] = defaultdict(list)

    def add(self, person: Person) -> None:
        if person.profile:
            self.by_profile[person.profile] = person
        if person.email:
            self.by_email[person.email] = person
        elif address := person.values.get("email"):
            self.guessed[address] = person
        self.add_name(person)

    def add_name(self, person: Person) -> None:
        if person.employer and (key := person.values.get("name_key")):
            people = self.by_name[person.employer.id, key]
            if person not in people:
                people.append(person)

    def add_employer(self, employer: Employer) -> None:
        self.employers[employer.id] = employer
        self.by_key[employer.values["key"]] = employer
        for value, index in ((employer.values.get("domain"), self.by_domain),
                             (employer.values.get("name_key"), self.by_company_name)):  # fmt: skip
            if value and employer not in index[value]:
                index[value].append(employer)


def candidates(known: Known, entry: Entry) -> list[Employer]:
    """The companies an entry may mean: of its domain; of its name, where one of the two has no domain."""
    domain = entry.domain
    found = list(known.by_domain.get(domain, ())) if domain else []
    if entry.company_key in known.by_key and known.by_key[entry.company_key] not in found:
        found.append(known.by_key[entry.company_key])
    for employer in known.by_company_name.get(entry.company_name_key, ()) if entry.company_name_key else ():
        if not (domain and employer.values.get("domain")) and employer not in found:
            found.append(employer)
    return found

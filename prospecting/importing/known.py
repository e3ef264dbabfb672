"""Who is known already: the people and companies a batch may meet, read in a fixed number of statements."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q

from accounts.models import AccountGroup
from prospecting.enums import EmailStatus
from prospecting.importing.entries import Entry
from prospecting.models import Company, KnownAs, Prospect, ProviderIdentity
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
    changed: bool = False

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
    changed: bool = False

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


def load(group: AccountGroup, entries: Sequence[Entry]) -> Known:
    """Everybody and every company that the entries may mean."""
    known = Known()
    for employer in _employers(group, _companies_named(entries)):
        known.add_employer(employer)
    externals = dict(_externals(group, entries))
    further = list(_further(group, entries, known))
    people = {person.id: person for person in _people(group, entries, known, {*externals.values(), *_ids(further)})}
    for person in sorted(people.values(), key=lambda each: each.id):
        known.add(person)
    for pair, prospect_id in externals.items():
        known.by_external[pair] = people[prospect_id]
    for kind, value, prospect_id in further:
        _index_further(known, kind, value, people[prospect_id])
    return known


def _index_further(known: Known, kind: str, value: str, person: Person) -> None:
    if kind == KnownAs.Kind.EMAIL:
        known.by_email.setdefault(value, person)
    elif kind == KnownAs.Kind.PROFILE:
        known.by_profile.setdefault(value, person)
    else:
        company_id, _, key = value.partition("|")
        if person not in (people := known.by_name[company_id, key]):
            people.append(person)


def _ids(further: Iterable[tuple[str, str, str]]) -> set[str]:
    return {prospect_id for _, _, prospect_id in further}


def _companies_named(entries: Sequence[Entry]) -> Q:
    """Written so that each part has its index: PostgreSQL must see that the empty values are not meant."""
    keys = {entry.company_key for entry in entries} - {""}
    domains = {entry.domain for entry in entries} - {""}
    names = {entry.company_name_key for entry in entries} - {""}
    by_domain = Q(domain__any_of=domains) & ~Q(domain="")
    return Q(key__any_of=keys) | by_domain | (Q(name_key__any_of=names) & ~Q(name_key=""))


def _employers(group: AccountGroup, wanted: Q) -> Iterable[Employer]:
    rows = Company.objects.for_group(group).filter(wanted).order_by("id")
    for row in rows.values_list("id", "feeds", "provenance", *COMPANY_COLUMNS):
        yield Employer(dict(zip(COMPANY_COLUMNS, row[3:], strict=True)), row[1], row[2], row[0], new=False)


def _externals(group: AccountGroup, entries: Sequence[Entry]) -> Iterable[tuple[tuple[str, str], str]]:
    wanted = {entry.external for entry in entries if entry.external}
    rows = ProviderIdentity.objects.for_group(group).filter(
        provider__any_of={provider for provider, _ in wanted},
        external_id__any_of={external for _, external in wanted},
    )
    for provider, external, prospect_id in rows.values_list("provider", "external_id", "prospect_id"):
        if (provider, external) in wanted:
            yield (provider, external), prospect_id


def _further(group: AccountGroup, entries: Sequence[Entry], known: Known) -> Iterable[tuple[str, str, str]]:
    names = {f"{employer.id}|{entry.name_key}" for entry in entries for employer in candidates(known, entry)}
    wanted = {entry.email for entry in entries} | {entry.profile for entry in entries} | names
    rows = KnownAs.objects.for_group(group).filter(value__any_of=wanted - {""})
    yield from rows.values_list("kind", "value", "prospect_id")


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


_WANTED = """
SELECT id FROM {table} WHERE group_id = %(group)s AND public_identifier <> '' AND public_identifier = ANY(%(profiles)s)
UNION SELECT id FROM {table} WHERE group_id = %(group)s AND email <> '' AND email = ANY(%(emails)s)
UNION SELECT id FROM {table}
       WHERE group_id = %(group)s AND company_id = ANY(%(companies)s) AND name_key = ANY(%(names)s)
UNION SELECT id FROM {table} WHERE group_id = %(group)s AND id = ANY(%(ids)s)
"""


def _people(
    group: AccountGroup, entries: Sequence[Entry], known: Known, also: Collection[str]
) -> Iterable[Person]:  # fmt: skip
    columns = ("id", "company_id", "provenance", *PERSON_COLUMNS)
    table = Prospect._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(columns)} FROM {table} WHERE id IN ({_WANTED.format(table=table)})",  # noqa: S608
            {
                "group": group.pk, "ids": list(also), "companies": list(known.employers),
                "profiles": list({entry.profile for entry in entries} - {""}),
                "emails": list({entry.email for entry in entries} - {""}),
                "names": list({entry.name_key for entry in entries} - {""}),
            },
        )  # fmt: skip
        rows = cursor.fetchall()
    missing = {row[1] for row in rows if row[1]} - known.employers.keys()
    for employer in _employers(group, Q(pk__any_of=missing)) if missing else ():
        known.add_employer(employer)
    for row in rows:
        values = dict(zip(PERSON_COLUMNS, row[3:], strict=True))
        yield Person(values, known.employers[row[1]] if row[1] else None, _read(row[2]), row[0], new=False)


def _read(provenance: Any) -> Provenance:
    read: Provenance = json.loads(provenance) if isinstance(provenance, str) else provenance
    return read

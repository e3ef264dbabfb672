"""Reading the people and companies a batch may meet, in a fixed number of statements.

Everything is looked up value by value, in a group the planner is not told. Of a group it has no statistics of yet (a
first import) PostgreSQL believes that it holds one row, and given the choice would read all of it for every batch.
People of a company are looked up by it alone, and their group is compared behind the fence (OFFSET 0): no choice there.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection

from accounts.models import AccountGroup
from prospecting.importing.entries import Entry
from prospecting.importing.known import COMPANY_COLUMNS, PERSON_COLUMNS, Employer, Known, Person, candidates
from prospecting.importing.likeness import Named
from prospecting.importing.namesakes import names_at
from prospecting.models import Company, KnownAs, Prospect, ProviderIdentity
from web.lookups import text_array

_OF_VALUE = """
SELECT found.id FROM unnest(%({values})s::text[]) AS wanted, LATERAL (
    SELECT id FROM {table} WHERE group_id = (SELECT %(group)s) AND {column} = wanted AND {column} <> '' OFFSET 0
) AS found
"""
_OF_NAME = """
SELECT found.id FROM unnest(%(companies)s::text[], %(names)s::text[]) AS wanted (employer, called), LATERAL (
    SELECT id FROM {table} WHERE group_id = (SELECT %(group)s) AND company_id = employer AND name_key = called OFFSET 0
) AS found
"""
_OF_PROVIDER = """
SELECT found.* FROM unnest(%(providers)s::text[], %(ids)s::text[]) AS wanted (source, known), LATERAL (
    SELECT provider, external_id, prospect_id FROM {table}
     WHERE group_id = (SELECT %(group)s) AND provider = source AND external_id = known OFFSET 0
) AS found
"""
_AT_COMPANY = """
SELECT company_id, id, name_key, has_profile FROM unnest(%(companies)s::text[]) AS wanted, LATERAL (
    SELECT company_id, id, name_key, public_identifier <> '' AS has_profile, group_id FROM {table}
     WHERE company_id = wanted AND name_key <> '' OFFSET 0
) AS found WHERE group_id = %(group)s ORDER BY id
"""


def load(group: AccountGroup, entries: Sequence[Entry]) -> Known:
    """Everybody and every company that the entries may mean."""
    known = Known()
    for employer in _employers_named(group, entries):
        known.add_employer(employer)
    externals = dict(_externals(group, entries))
    further = list(_further(group, entries, known))
    also = {*externals.values(), *(prospect_id for _, _, prospect_id in further)}
    people = {person.id: person for person in _people(group, entries, known, also)}
    for person in sorted(people.values(), key=lambda each: each.id):
        known.add(person)
    for pair, prospect_id in externals.items():
        known.by_external[pair] = people[prospect_id]
    for kind, value, prospect_id in further:
        _index_further(known, kind, value, people[prospect_id])
    return known


def named_at(group: AccountGroup, companies: Collection[str]) -> Iterable[tuple[str, Named]]:
    """(company id, person) of everybody with a name who is known at these companies."""
    if companies:
        sql = _AT_COMPANY.format(table=Prospect._meta.db_table)
        for company, *person in _rows(sql, {"group": group.pk, "companies": companies}):
            yield company, Named(*person)


def _index_further(known: Known, kind: str, value: str, person: Person) -> None:
    if kind == KnownAs.Kind.EMAIL:
        known.by_email.setdefault(value, person)
    elif kind == KnownAs.Kind.PROFILE:
        known.by_profile.setdefault(value, person)
    else:
        company_id, _, key = value.partition("|")
        if person not in (people := known.by_name[company_id, key]):
            people.append(person)


def _employers_named(group: AccountGroup, entries: Sequence[Entry]) -> Iterable[Employer]:
    table = Company._meta.db_table
    wanted = [
        _OF_VALUE.format(table=table, column=column, values=values)
        for column, values in (("key", "keys"), ("domain", "domains"), ("name_key", "names"))
    ]
    return _employers(f"id = ANY(ARRAY({' UNION ALL '.join(wanted)}))", {
        "group": group.pk,
        "keys": {entry.company_key for entry in entries} - {""},
        "domains": {entry.domain for entry in entries} - {""},
        "names": {entry.company_name_key for entry in entries} - {""},
    })  # fmt: skip


def _employers(condition: str, values: Mapping[str, str | Iterable[str]]) -> Iterable[Employer]:
    columns = ", ".join(("id", "feeds", "provenance", *COMPANY_COLUMNS))
    sql = f"SELECT {columns} FROM {Company._meta.db_table} WHERE {condition} ORDER BY id"  # noqa: S608  our own names
    for key, feeds, provenance, *said in _rows(sql, values):
        known = dict(zip(COMPANY_COLUMNS, said, strict=True))
        yield Employer(known, _read(feeds), _read(provenance), key, new=False)


def _externals(group: AccountGroup, entries: Sequence[Entry]) -> Iterable[tuple[tuple[str, str], str]]:
    wanted = {entry.external for entry in entries if entry.external}
    if not wanted:
        return
    providers, ids = zip(*wanted, strict=True)
    sql = _OF_PROVIDER.format(table=ProviderIdentity._meta.db_table)
    for provider, external, prospect_id in _rows(sql, {"group": group.pk, "providers": providers, "ids": ids}):
        yield (provider, external), prospect_id


def _further(group: AccountGroup, entries: Sequence[Entry], known: Known) -> Iterable[tuple[str, str, str]]:
    names = {f"{employer.id}|{entry.name_key}" for entry in entries for employer in candidates(known, entry)}
    wanted = {entry.email for entry in entries} | {entry.profile for entry in entries} | names
    rows = KnownAs.objects.for_group(group).filter(value__any_of=wanted - {""})
    yield from rows.values_list("kind", "value", "prospect_id")


def _people(
    group: AccountGroup, entries: Sequence[Entry], known: Known, also: Collection[str]
) -> Iterable[Person]:  # fmt: skip
    columns, table = ("id", "company_id", "provenance", *PERSON_COLUMNS), Prospect._meta.db_table
    pairs = list(names_at(known.employers.values(), entries))
    wanted = [
        _OF_VALUE.format(table=table, column="public_identifier", values="profiles"),
        _OF_VALUE.format(table=table, column="email", values="emails"),
        _OF_NAME.format(table=table),
        "SELECT unnest(%(ids)s::text[])",  # of rows of this group
    ]
    rows = _rows(
        f"SELECT {', '.join(columns)} FROM {table} WHERE id = ANY(ARRAY({' UNION ALL '.join(wanted)}))",  # noqa: S608
        {
            "group": group.pk, "ids": also,
            "profiles": {entry.profile for entry in entries} - {""},
            "emails": {entry.email for entry in entries} - {""},
            "companies": [company for company, _ in pairs], "names": [name for _, name in pairs],
        },
    )  # fmt: skip
    missing = {row[1] for row in rows if row[1]} - known.employers.keys()
    for employer in _employers("id = ANY(%(ids)s::text[])", {"ids": missing}) if missing else ():
        known.add_employer(employer)
    for row in rows:
        values = dict(zip(PERSON_COLUMNS, row[3:], strict=True))
        yield Person(values, known.employers[row[1]] if row[1] else None, _read(row[2]), row[0], new=False)


def _rows(sql: str, values: Mapping[str, str | Iterable[str]]) -> list[tuple[Any, ...]]:
    """`values` that are not text are arrays of it."""
    with connection.cursor() as cursor:
        cursor.execute(sql, {key: each if isinstance(each, str) else text_array(each) for key, each in values.items()})
        return list(cursor.fetchall())


def _read(written: Any) -> Any:
    """JSON that comes as text or, by another driver's setting, read already."""
    return json.loads(written) if isinstance(written, str) else written

"""Whom a batch reads: all it may meet, and of a large group no more than that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AccountGroup
from prospecting.importing.batch import Batch
from prospecting.importing.batches import _take
from prospecting.importing.entries import Entry, entry_of
from prospecting.importing.filling import Import
from prospecting.importing.known import Employer, Known, Person
from prospecting.importing.leads import Lead
from prospecting.importing.loading import named_at
from prospecting.importing.namesakes import names_at
from prospecting.models import ProspectingJob
from prospecting.normalising.companies import company_key, company_name_key
from prospecting.normalising.names import name_key
from tests.prospecting.importing.people import bring, make_group

NAMES = ["Anna Smith", "Jon Meyer", "Li Wang"]
DOMAINS = ["a.example", "b.example", "c.example"]
COMPANIES = ["Acme", "Beta", "Gamma"]
WHERE = st.tuples(st.sampled_from([*DOMAINS, ""]), st.sampled_from([*COMPANIES, ""])).filter(any)
ROWS = st.tuples(st.sampled_from(NAMES), WHERE)


@given(places=st.lists(WHERE, max_size=4, unique_by=lambda each: company_key(*each)), rows=st.lists(ROWS, max_size=8))
def test_reading_the_names_that_may_be_asked_for_finds_whom_reading_everybody_finds(
    places: list[tuple[str, str]], rows: list[tuple[str, tuple[str, str]]]
) -> None:
    entries = _entries(rows)
    pairs = names_at(_employers(places), entries)
    few = [(place, name) for place, name in _everybody(places) if (place, name_key("", "", name)) in pairs]
    assert _taken(places, few, _entries(rows)) == _taken(places, list(_everybody(places)), _entries(rows))


def _entries(rows: list[tuple[str, tuple[str, str]]]) -> list[Entry]:
    return [
        entry_of(Lead(line, {"name": name, "companyDomain": domain, "companyName": company}))
        for line, (name, (domain, company)) in enumerate(rows, 1)
    ]


def _employers(places: list[tuple[str, str]]) -> list[Employer]:
    """With ids by which `_everybody` finds them."""
    return [
        Employer(
            {"key": company_key(domain, name), "domain": domain, "name": name, "name_key": company_name_key(name)},
            id=str(place), new=False,
        )
        for place, (domain, name) in enumerate(places)
    ]  # fmt: skip


def _everybody(places: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """(company id, name): at each company one of each name."""
    return ((str(place), name) for place in range(len(places)) for name in NAMES)


def _taken(places: list[tuple[str, str]], people: list[tuple[str, str]], entries: list[Entry]) -> dict[str, Any]:
    """What becomes of the entries when these people are read."""
    known = Known()
    for employer in _employers(places):
        known.add_employer(employer)
    for company, name in people:
        values = {"name": name, "name_key": name_key("", "", name)}
        known.add(Person(values, known.employers[company], id=f"{company} {name}", new=False))
    batch = Batch(AccountGroup(), ProspectingJob(), Import("2026-01-01T00:00:00+00:00"), known)
    for entry in entries:
        _take(batch, entry)
    new = {person_id: f"row {line}" for person_id, line in batch.made.items()}
    return {
        "members": [new.get(person_id, person_id) for person_id in batch.members],
        "lost": [error.line for error in batch.errors],
        "asked": [{new.get(one, one) for one in pair} for pair in batch.pairs],
    }


@pytest.mark.django_db
def test_a_batch_reads_no_more_of_a_large_group_than_it_names() -> None:
    """Also while PostgreSQL has no statistics of the group, as in a first import."""
    bring(make_group("Others"), [{"name": f"Jo Doe{n}", "companyDomain": f"o{n}.example"} for n in range(300)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE prospecting_prospect, prospecting_company, prospecting_provideridentity")
    group = make_group("Large")
    bring(group, [_person(n) for n in range(1500)])
    with transaction.atomic():
        before = _rows_read()
        bring(group, [_person(n) for n in (7, 8, 2000)] + [{"name": "Ann Smith7", "companyDomain": "firm7.example"}])
        assert _rows_read() - before < 150


def _person(number: int) -> dict[str, str]:
    return {
        "name": f"Anna Smith{number}", "email": f"p{number}@firm{number % 300}.example", "providerId": str(number),
        "companyDomain": f"firm{number % 300}.example", "linkedinUrl": f"linkedin.com/in/p{number}",
    }  # fmt: skip


def _rows_read() -> int:
    """Of people, companies and ids, by this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_user_tables "
            "WHERE relname IN ('prospecting_prospect', 'prospecting_company', 'prospecting_provideridentity')"
        )
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_colleagues_are_found_by_their_company_also_where_nothing_is_known_of_the_table_yet() -> None:
    """As in a first import. By the group, all of it would be read for each company: three times the time in all."""
    with CaptureQueriesContext(connection) as asked:
        list(named_at(make_group(), ["a" * 24, "b" * 24]))
    (sql,) = [each["sql"] for each in asked if "unnest" in each["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "prospect_names_at_company" in plan, plan
    assert "group_id" not in "".join(line for line in plan.splitlines() if "Index Cond" in line)

"""Prospects and companies of one batch as drafts: read together, written together, in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import AccountGroup
from prospecting.enrichment.provenance import Draft
from prospecting.importing.writing import insert_missing, update
from prospecting.models import Company, Prospect, ProspectingJob
from prospecting.normalising.companies import company_key
from web.identifiers import new_object_id

_PERSON = (
    "first_name", "last_name", "name", "name_key", "headline", "about", "photo_url", "linkedin_url",
    "public_identifier", "title", "seniority", "department", "location", "country", "subdivision", "email",
    "email_status", "phone", "company_id",
)  # fmt: skip
_COMPANY = ("name", "name_key", "domain", "website", "industry", "description", "linkedin_url", "linkedin_identifier")
_COMPANY_JSON = ("social_links", "feeds", "job_board", "pages")


@dataclass(slots=True, eq=False)
class Employer:
    id: str
    key: str
    draft: Draft
    read_at: datetime | None

    @property
    def name(self) -> str:
        return str(self.draft["name"] or self.draft["domain"])


@dataclass(slots=True, eq=False)
class Person:
    id: str
    draft: Draft
    enriched_at: datetime | None

    @property
    def company_id(self) -> str:
        return self.draft["company_id"] or ""


def now() -> datetime:
    """The database's clock, by which jobs are started and leased."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
        return found


def people(group: AccountGroup, ids: Collection[str], *, lock: bool = True) -> list[Person]:
    """Those that still exist, by id."""
    rows = Prospect.objects.for_group(group).filter(pk__in=ids).order_by("pk")
    rows = rows.select_for_update(no_key=True) if lock else rows
    return [
        Person(pk, Draft(dict(zip(_PERSON, values, strict=True)), provenance), enriched_at)
        for pk, provenance, enriched_at, *values in rows.values_list("pk", "provenance", "enriched_at", *_PERSON)
    ]


def employers(group: AccountGroup, ids: Collection[str], *, lock: bool = True) -> dict[str, Employer]:
    """{id: company} of those that exist."""
    rows = Company.objects.for_group(group).filter(pk__in={each for each in ids if each}).order_by("pk")
    return _employers(rows.select_for_update(no_key=True) if lock else rows)


def employers_called(group: AccountGroup, called: Collection[tuple[str, str]]) -> dict[tuple[str, str], Employer]:
    """The company of each (domain, name), made where there is none; of several with one domain, the oldest.

    One that is made here has nothing but its key: what is known of it the caller says. The caller holds people
    (prospecting.actions.locking).
    """
    found = _called(group, called)
    missing = {company_key(*each) for each in called if each not in found} - {""}
    if missing:
        empty: dict[str, Any] = {**dict.fromkeys(_COMPANY, ""), "social_links": "[]", "feeds": "[]", "job_board": "{}"}
        empty |= {"pages": "[]", "provenance": "{}"}
        columns = ("id", "group_id", "key", *empty)
        insert_missing(Company, columns, [(new_object_id(), group.pk, key, *empty.values()) for key in sorted(missing)])
        found = _called(group, called)
    return found


def _called(group: AccountGroup, called: Collection[tuple[str, str]]) -> dict[tuple[str, str], Employer]:
    rows = Company.objects.for_group(group)
    domains, keys = {domain for domain, _ in called if domain}, {company_key(*each) for each in called} - {""}
    by_domain: dict[str, Employer] = {}
    by_key: dict[str, Employer] = {}
    by_keys = _employers(rows.filter(key__in=keys)) if keys else {}
    by_domains = _employers(rows.filter(domain__in=domains).exclude(domain="")) if domains else {}
    for each in sorted({**by_keys, **by_domains}.values(), key=lambda each: each.id):
        by_key.setdefault(each.key, each)
        by_domain.setdefault(each.draft["domain"], each)
    return {
        (domain, name): employer
        for domain, name in called
        if (employer := (by_domain.get(domain) if domain else None) or by_key.get(company_key(domain, name)))
    }


def _employers(rows: Any) -> dict[str, Employer]:
    names = (*_COMPANY, *_COMPANY_JSON)
    return {
        pk: Employer(pk, key, Draft(dict(zip(names, values, strict=True)), provenance), read_at)
        for pk, key, provenance, read_at, *values in rows.values_list("pk", "key", "provenance", "site_read_at", *names)
    }


def save_people(people: Iterable[Person]) -> None:
    changed = [each for each in people if each.draft.changed]
    rows = [_row(each) | {"enriched_at": each.enriched_at} for each in changed]
    update(Prospect, _columns(changed, "enriched_at"), rows)


def save_employers(employers: Iterable[Employer]) -> None:
    changed = [each for each in employers if each.draft.changed]
    rows = [_row(each) | {"site_read_at": each.read_at} for each in changed]
    update(Company, _columns(changed, "site_read_at"), rows)


def _row(drafted: Person | Employer) -> dict[str, Any]:
    return {"id": drafted.id, **drafted.draft.values, "provenance": drafted.draft.provenance}


def _columns(changed: Sequence[Person | Employer], moment: str) -> list[str]:
    """Those in which any of the rows has changed, and the moment of the change."""
    return sorted({moment}.union(*(each.draft.changed for each in changed)))


def mark_enriched(group: AccountGroup, ids: Sequence[str], at: datetime) -> None:
    if ids:
        Prospect.objects.for_group(group).filter(pk__in=ids).update(enriched_at=at)


def mark_failed(job: ProspectingJob, ids: Collection[str]) -> None:
    """For the next attempt, which counts those that are enriched as this one did."""
    if ids:
        job.brought.filter(prospect__in=ids).update(enrichment_failed=True)


def mark_read(group: AccountGroup, ids: Sequence[str], at: datetime) -> None:
    if ids:
        Company.objects.for_group(group).filter(pk__in=ids).update(site_read_at=at)

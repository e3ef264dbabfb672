"""Writing a batch: each table in one statement, in the order their references ask for."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import F, Model

from prospecting.enums import MergeReason
from prospecting.importing.batch import Batch, Failed, Question
from prospecting.importing.filling import ORIGIN
from prospecting.importing.known import COMPANY_COLUMNS, PERSON_COLUMNS, Employer, Person
from prospecting.importing.likeness import Colleagues, Named
from prospecting.importing.loading import named_at
from prospecting.importing.writing import Row, copy, insert_missing, update
from prospecting.models import (
    Audience,
    AudienceMember,
    Company,
    KnownAs,
    MergeCandidate,
    PositionChange,
    Prospect,
    ProviderIdentity,
    RowError,
)
from web.identifiers import new_object_id

_IDENTITY_KNOWN = (
    "(group_id, provider, external_id) DO UPDATE SET person_id = excluded.person_id "
    "WHERE prospecting_provideridentity.person_id = '' AND excluded.person_id <> ''"
)
_REASON_CHARS = 500


def write(batch: Batch) -> None:
    """Everything the batch has come to, and its people into the audience."""
    _look_for_likes(batch)
    group = batch.group.pk
    employers, people = batch.employers.values(), batch.touched.values()
    copy(Company, [_company(each, group) for each in employers if each.new])
    _rewrite(Company, [each for each in employers if not each.new], lambda each: _company(each, group))
    # Before anybody else gets the addresses.
    _rewrite(Prospect, batch.freed.values(), lambda each: _person(each, group))
    copy(Prospect, [_person(each, group) for each in people if each.new])
    _rewrite(Prospect, [each for each in people if not each.new], lambda each: _person(each, group))
    _write_identities(batch)
    _write_findings(batch)
    _join(batch)


def _rewrite(model: type[Model], known: Iterable[Any], row_of: Callable[[Any], Row]) -> None:
    """Those of the known that have changed, and no column in which none of them has."""
    changed = [each for each in known if each.changed]
    columns = set().union(*(each.changed for each in changed))
    update(model, sorted(columns), [row_of(each) for each in changed])


def _write_identities(batch: Batch) -> None:
    group = batch.group.pk
    insert_missing(
        ProviderIdentity, ("group_id", "provider", "external_id", "prospect_id", "person_id"),
        [(group, *pair, prospect, person) for pair, (prospect, person) in batch.externals.items()],
        conflict=_IDENTITY_KNOWN,
    )  # fmt: skip
    insert_missing(
        KnownAs, ("group_id", "kind", "value", "prospect_id"),
        [(group, str(kind), value, prospect) for (kind, value), prospect in batch.further.items()],
    )  # fmt: skip


def _write_findings(batch: Batch) -> None:
    """What changed, what staff must judge, and what could not be taken."""
    group, job = batch.group.pk, batch.job.pk
    copy(PositionChange, [
        {"group_id": group, "prospect_id": each.person.id, "previous_title": each.previous_title, "title": each.title,
         "previous_company": each.previous_company, "company": each.company, "origin": ORIGIN}
        for each in batch.moved
    ])  # fmt: skip
    insert_missing(
        MergeCandidate, ("id", "group_id", "prospect_id", "other_id", "reason", "score", "status", "job_id", "line",
                         "decided_by"),
        [(new_object_id(), group, *pair, str(each.reason), each.score, "open", job, each.line, "")
         for pair, each in batch.pairs.items()],
    )  # fmt: skip
    insert_missing(
        RowError, ("group_id", "job_id", "line", "field", "reason", "lost", "raw"),
        [(group, job, *_error(each)) for each in batch.errors],
    )  # fmt: skip


def _join(batch: Batch) -> None:
    """Everybody into the audience, whose count follows."""
    audience = batch.job.audience_id
    joined = insert_missing(
        AudienceMember, ("audience_id", "prospect_id"), [(audience, each) for each in batch.members]
    )
    if joined:
        Audience.objects.filter(pk=audience).update(prospect_count=F("prospect_count") + joined)


def _look_for_likes(batch: Batch) -> None:
    """Ask about new people whose names are like those of colleagues, known ones or of the same batch."""
    new = [batch.touched[key] for key in batch.made]
    at = {each.employer.id for each in new if each.employer and not each.employer.new}
    colleagues: dict[str, Colleagues] = defaultdict(Colleagues)
    for company_id, named in named_at(batch.group, at):
        colleagues[company_id].add(named)
    for person in new:
        key = person.values.get("name_key", "")
        if person.employer is None or not key:
            continue
        named = Named(person.id, key, bool(person.profile))
        others = colleagues[person.employer.id]
        for alike in others.like(named):
            question = Question(MergeReason.SIMILAR_NAME, alike.score, batch.made[person.id])
            batch.ask(alike.one, alike.other, question)
        others.add(named)


def _person(person: Person, group: str) -> dict[str, Any]:
    values = {column: person.values.get(column, "") for column in PERSON_COLUMNS}
    values["email_status"] = values["email_status"] or "unknown"
    employer = person.employer.id if person.employer else None
    return {**values, "id": person.id, "group_id": group, "company_id": employer, "provenance": person.provenance}


def _company(employer: Employer, group: str) -> dict[str, Any]:
    values = {column: employer.values.get(column, "") for column in COMPANY_COLUMNS}
    return {
        **values, "id": employer.id, "group_id": group, "feeds": employer.feeds, "provenance": employer.provenance,
    }  # fmt: skip


def _error(failed: Failed) -> tuple[int, str, str, bool, str]:
    raw = {_storable(name): _storable(value) for name, value in failed.raw.items()}
    return failed.line, failed.fault.field, failed.fault.reason[:_REASON_CHARS], failed.lost, json.dumps(raw)


def _storable(text: str) -> str:
    """Without what PostgreSQL cannot hold."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()

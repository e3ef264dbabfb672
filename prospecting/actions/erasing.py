"""Erasing a person: from every table, from what was sent of them, and for good by the suppression list."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from django.db.models import F, Q, TextField
from django.db.models.functions import Cast

from accounts.models import AccountGroup
from accounts.requester import Requester
from prospecting.actions.locking import hold_people
from prospecting.actions.suppression import Pair, suppress, wait_for_imports
from prospecting.enums import SuppressionKind
from prospecting.errors import ProspectNotFound
from prospecting.models import Audience, KnownAs, Prospect, ProspectingJob, RowError
from prospecting.traces import Traces

ERASED = "The person of this row was erased."
_AT_ONCE = 500  # rows in memory


@transaction.atomic
def erase(*, group: AccountGroup, prospect_id: str, by: Requester) -> None:
    """Remove the person everywhere in this account group and keep imports from bringing them back.

    What stays is the list's keyed hashes and an audit entry that names nobody. Signals and activities of the person go
    with the row. Raises ProspectNotFound.
    """
    hold_people(group)
    wait_for_imports(group)
    rows = Prospect.objects.for_group(group).select_related("company").select_for_update(of=("self",))
    prospect: Prospect | None = rows.filter(pk=prospect_id).first()
    if prospect is None:
        raise ProspectNotFound
    entries = _known_by(prospect)
    traces = _traces(prospect)
    left = _leave_audiences(prospect)
    suppress(group, entries, by=by, reason="erased")
    prospect.delete()
    rows_cleaned = _clean_row_errors(group, traces) + _clean_jobs(group, traces)
    nobody = Prospect(pk=prospect_id, group=group)  # shown by its id: the audit log keeps no name
    by.audit("prospect.erased", nobody, after={"audiences": left, "suppressed": len(entries), "rows": rows_cleaned})


def _known_by(prospect: Prospect) -> list[tuple[SuppressionKind, str | Pair]]:
    """By what an import would know the person again; the name at the company only when there is nothing better."""
    further = _further(prospect)
    emails = {prospect.email, *further.get(KnownAs.Kind.EMAIL, ())} - {""}
    profiles = {prospect.public_identifier, *further.get(KnownAs.Kind.PROFILE, ())} - {""}
    found: list[tuple[SuppressionKind, str | Pair]] = [
        *((SuppressionKind.EMAIL, email) for email in sorted(emails)),
        *((SuppressionKind.IDENTIFIER, profile) for profile in sorted(profiles)),
    ]
    for identity in prospect.identities.all():
        found.append((SuppressionKind.EXTERNAL, (identity.provider, identity.external_id)))
        if identity.person_id:
            found.append((SuppressionKind.PERSON, (identity.provider, identity.person_id)))
    if not found and prospect.name_key:
        company = prospect.company.key if prospect.company else ""
        found.append((SuppressionKind.NAME, (prospect.name_key, company)))
    return found


def _further(prospect: Prospect) -> dict[str, list[str]]:
    further: dict[str, list[str]] = {}
    for kind, value in KnownAs.objects.filter(prospect=prospect).values_list("kind", "value"):
        further.setdefault(kind, []).append(value)
    return further


def _traces(prospect: Prospect) -> Traces:
    further = _further(prospect)
    identities = list(prospect.identities.all())
    return Traces.of(
        emails=[prospect.email, *further.get(KnownAs.Kind.EMAIL, ())],
        identifiers=[prospect.public_identifier, *further.get(KnownAs.Kind.PROFILE, ())],
        ids=[text for identity in identities for text in (identity.external_id, identity.person_id)],
        names=[prospect.name, f"{prospect.first_name} {prospect.last_name}"],
    )


def _leave_audiences(prospect: Prospect) -> int:
    """Counts follow; the audiences are locked in one order, so that no two writers wait for each other."""
    audiences = Audience.objects.filter(memberships__prospect=prospect).select_for_update(of=("self",), no_key=True)
    ids = [audience.pk for audience in audiences.order_by("pk")]
    Audience.objects.filter(pk__in=ids).update(prospect_count=F("prospect_count") - 1)
    return len(ids)


def _clean_row_errors(group: AccountGroup, traces: Traces) -> int:
    """What was sent of the person in rows that failed. Line and field stay, so that counts hold."""
    rows = _mentioning(RowError.objects.for_group(group), "raw", traces)
    found = [row for row in rows.iterator(_AT_ONCE) if traces.name(row.raw) or traces.name(row.reason)]
    return RowError.objects.filter(pk__in=[row.pk for row in found]).update(raw={}, reason=ERASED)


def _clean_jobs(group: AccountGroup, traces: Traces) -> int:
    """Records and addresses that came in the body of a start; each leaves an empty place, as places are counted."""
    cleaned = 0
    jobs = _mentioning(ProspectingJob.objects.for_group(group), "params", traces).only("params")
    for job in jobs.select_for_update(of=("self",), no_key=True).iterator(10):
        params = {name: _without(value, traces) for name, value in job.params.items()}
        if params != job.params:
            cleaned += sum(map(_differing, params.values(), job.params.values()))
            ProspectingJob.objects.filter(pk=job.pk).update(params=params)
    return cleaned


def _without(value: Any, traces: Traces) -> Any:
    if not isinstance(value, list):
        return value
    return [type(each)() if traces.name(each) else each for each in value]


def _differing(one: Any, other: Any) -> int:
    return sum(a != b for a, b in zip(one, other, strict=True)) if isinstance(one, list) else 0


def _mentioning(rows: Any, column: str, traces: Traces) -> Any:
    """Rows that may name the person, by a coarse look at the column's text."""
    rows = rows.annotate(text=Cast(column, TextField()))
    anywhere = Q()
    for needle in traces.needles:
        anywhere |= Q(text__icontains=json.dumps(needle, ensure_ascii=False)[1:-1])
    return rows.filter(anywhere) if anywhere else rows.none()

"""Groups, jobs and leads for tests of the import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.actions import create_group
from accounts.audit import Actor
from accounts.models import AccountGroup
from prospecting.importing.batches import BatchOutcome, store
from prospecting.importing.leads import OWN, Lead
from prospecting.models import Audience, Prospect, ProspectingJob

_clock = timezone.now() - timedelta(days=30)


def make_group(name: str = "Importers") -> AccountGroup:
    return create_group(name=name, actor=Actor("tests"))


def make_job(group: AccountGroup, audience: Audience | None = None, **values: Any) -> ProspectingJob:
    """A queued job, each a minute later than the one before."""
    global _clock
    _clock += timedelta(minutes=1)
    audience = audience or Audience.objects.create(group=group, name="People")
    job: ProspectingJob = ProspectingJob.objects.create(
        **{"group": group, "audience": audience, "source": "records", "created_at": _clock} | values
    )
    return job


def leads(rows: Iterable[Mapping[str, str]]) -> list[Lead]:
    """One lead a row, by fields as partners name them; `providerId` is the id in a column."""
    made = []
    for line, row in enumerate(rows, 1):
        fields = {name: value for name, value in row.items() if name != "providerId"}
        external = row.get("providerId", "")
        made.append(Lead(line, fields, OWN if external else "", external, raw=dict(row)))
    return made


def bring(
    group: AccountGroup, rows: Sequence[Mapping[str, str]], *, job: ProspectingJob | None = None, size: int = 1000
) -> BatchOutcome:
    """Import rows by a job of their own, in batches of `size`; the sums."""
    job = job or make_job(group)
    total = BatchOutcome()
    given = leads(rows)
    for start in range(0, len(given), size):
        with transaction.atomic():
            found = store(group, job, given[start : start + size])
        total = BatchOutcome(
            total.imported + found.imported, total.duplicates + found.duplicates, total.suppressed + found.suppressed,
            total.failed + found.failed, total.prospect_ids + found.prospect_ids,
        )  # fmt: skip
    return total


def only(group: AccountGroup) -> Prospect:
    return Prospect.objects.for_group(group).get()

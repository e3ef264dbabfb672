"""What an import would make of a file, found out as the import itself does it, up to where it would write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from django.utils import timezone

from prospecting.enums import JobSource
from prospecting.importing.batch import Batch, Failed
from prospecting.importing.batches import BatchOutcome, judge
from prospecting.importing.entries import entry_of
from prospecting.importing.filling import Import
from prospecting.importing.leads import Lead
from prospecting.importing.reading import open_leads
from prospecting.models import LeadFile, ProspectingJob

MOST_ROWS = 1_000  # tried, the first of the file


@dataclass(frozen=True, slots=True)
class Trial:
    """`faults`: the values and rows that cannot be taken, by line; `questions`: pairs the merge queue would get because
    of what the rows themselves name. Names that are only alike are looked for when people are stored.
    """

    rows: int
    outcome: BatchOutcome
    faults: Sequence[Failed]
    questions: int


def first_leads(file: LeadFile, mapping: Mapping[str, str], most: int = MOST_ROWS) -> list[Lead]:
    """The first rows of a file as a job with this mapping reads them. JobFault when its content is gone."""
    return list(islice(open_leads(_job(file, {"file_id": file.pk, "mapping": dict(mapping)})), most))


def try_out(file: LeadFile, leads: Sequence[Lead]) -> Trial:
    """What an import into the account group of the file would make of `leads`. Nothing is stored, nobody waits."""
    job = _job(file, {})
    batch = Batch(file.group, job, Import.of(job.created_at))
    outcome = judge(batch, [entry_of(lead) for lead in leads])
    faults = sorted(batch.errors, key=lambda failed: (failed.line, failed.fault.field))
    return Trial(len(leads), outcome, faults, len(batch.pairs))


def _job(file: LeadFile, params: dict[str, object]) -> ProspectingJob:
    """One that is never saved."""
    return ProspectingJob(group=file.group, source=JobSource.FILE_UPLOAD, params=params, created_at=timezone.now())

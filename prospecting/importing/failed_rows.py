"""The rows an import could not take, as a file: corrected and sent again, it imports just those."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import groupby

from django.db import connection

from prospecting.enums import JobSource
from prospecting.importing.fields import FIELDS
from prospecting.importing.headers import LINE, REASON
from prospecting.models import LeadFile, ProspectingJob, RowError
from tabular.formulas import defused

_AT_ONCE = 2_000


def as_csv(job: ProspectingJob) -> Iterator[bytes]:
    """The header as it was sent behind two columns of ours, and one row for each row that failed, by line.

    No cell would be run by a spreadsheet; reading the file again takes that back.
    """
    names = headers_of(job)
    yield _line([LINE, REASON, *names])
    errors = job.row_errors.order_by("line", "field").iterator(_AT_ONCE)
    for line, group in groupby(errors, key=lambda error: error.line):
        together = list(group)
        raw = next((error.raw for error in together if error.raw), {})
        reasons = "; ".join(map(_told, together))
        yield _line([str(line), reasons, *(raw.get(name, "") for name in names)])


def headers_of(job: ProspectingJob) -> list[str]:
    """The columns of what was sent: those of the file, else every name that a failed record has."""
    if job.source == JobSource.FILE_UPLOAD:
        file = LeadFile.objects.for_group(job.group).filter(pk=job.params.get("file_id")).first()
        if file is not None:
            return [name for name in file.headers if name not in (LINE, REASON)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT jsonb_object_keys(raw) FROM {RowError._meta.db_table} WHERE job_id = %s",  # noqa: S608
            [job.pk],
        )
        found = {name for (name,) in cursor.fetchall()} - {LINE, REASON}
    known = [name for name in FIELDS if name in found]
    return [*known, *sorted(found.difference(known))]


def _told(error: RowError) -> str:
    return f"{error.field} {error.reason}" if error.field else error.reason


def _line(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow([defused(cell) for cell in cells])
    return text.getvalue().encode()

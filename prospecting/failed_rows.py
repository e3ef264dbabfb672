"""The rows that an import could not take, as a file to correct and send again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import groupby, islice

from prospecting.enums import JobSource
from prospecting.importing.headers import LINE, REASON
from prospecting.models import LeadFile, ProspectingJob, RowError
from tabular.formulas import defused

AT_ONCE = 500  # rows of a chunk


def csv_chunks(job: ProspectingJob) -> Iterator[bytes]:
    """RFC 4180 in UTF-8: the columns as they were sent, then line and reason; no cell would be run by a spreadsheet."""
    columns = _columns(job)
    yield _csv([[*columns, LINE, REASON]])
    rows = _rows(job, columns)
    while together := list(islice(rows, AT_ONCE)):
        yield _csv(together)


def _rows(job: ProspectingJob, columns: list[str]) -> Iterator[list[str]]:
    """One for each line, however many of its values failed."""
    errors = RowError.objects.filter(job=job).order_by("line", "field").iterator(chunk_size=AT_ONCE)
    for line, of_line in groupby(errors, lambda error: error.line):
        found: list[RowError] = list(of_line)
        raw: dict[str, str] = next((error.raw for error in found if error.raw), {})
        reasons = "; ".join(f"{error.field}: {error.reason}" if error.field else error.reason for error in found)
        yield [*(raw.get(column, "") for column in columns), str(line), reasons]


def _columns(job: ProspectingJob) -> list[str]:
    """Of the file; of other sources, which are small, all that any of the rows has."""
    if job.source == JobSource.FILE_UPLOAD:
        file = LeadFile.objects.for_group(job.group).filter(pk=job.params["file_id"]).first()
        return [name for name in file.headers if name not in (LINE, REASON)] if file else []
    raws = RowError.objects.filter(job=job).order_by("line", "field").values_list("raw", flat=True)
    return list(dict.fromkeys(name for raw in raws for name in raw))


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([defused(str(cell)) for cell in row] for row in rows)
    return text.getvalue().encode(errors="replace")

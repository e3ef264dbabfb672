"""The records of an upload that were set aside: read from its file of rejects, a page or all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.files.storage import default_storage
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from compliance.exports.streams import csv_chunks
from compliance.models import Upload

COLUMNS = ("line", "row", "reason", "text")


def page(upload: Upload, *, offset: int, limit: int) -> tuple[list[dict[str, Any]], int | None]:
    """At most `limit` records from this byte of the file on, and where the next begin; None at the end."""
    if not upload.rejects:
        return [], None
    with default_storage.open(upload.rejects) as file:
        file.seek(offset)
        lines = [line for line in (file.readline() for _ in range(limit)) if line]
        after = offset + sum(map(len, lines)) if file.readline() else None
    return [json.loads(line) for line in lines], after


def every(upload: Upload) -> Iterator[dict[str, Any]]:
    """All of them, streamed."""
    if upload.rejects:
        with default_storage.open(upload.rejects) as file:
            for line in file:
                yield json.loads(line)


def as_csv(upload: Upload) -> StreamingHttpResponse:
    """All of them as a file to download, without cells that a spreadsheet would run."""
    rows = ([entry[column] for column in COLUMNS] for entry in every(upload))
    answer = StreamingHttpResponse(csv_chunks(COLUMNS, rows), content_type="text/csv; charset=utf-8")
    name = content_disposition_header(as_attachment=True, filename=f"rejects-{upload.pk}.csv")
    answer["Content-Disposition"] = name or ""
    return answer

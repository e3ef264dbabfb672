"""The file of an export as an HTTP answer: the same for partners and staff."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import FileResponse

from compliance.enums import ExportFormat
from compliance.errors import ExportNotReady, ExportRemoved
from compliance.models import Export
from jobs.enums import Status

STREAMED = {ExportFormat.JSON: "application/json", ExportFormat.CSV: "text/csv; charset=utf-8"}
CONTENT_TYPES = {
    **STREAMED,
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.PDF: "application/pdf",
    ExportFormat.OSCAL: "application/json",
    ExportFormat.BUNDLE: "application/zip",
}


def file_answer(export: Export) -> FileResponse:
    """The file of a completed export. ExportNotReady before, ExportRemoved after."""
    if export.status != Status.COMPLETED:
        raise ExportNotReady
    try:
        content = default_storage.open(export.file) if export.file else None
    except FileNotFoundError:
        content = None  # removed since the row was read
    if content is None:
        raise ExportRemoved
    kind = CONTENT_TYPES[ExportFormat(export.format)]
    answer = FileResponse(content, as_attachment=True, filename=export.file_name, content_type=kind)
    answer["Content-Length"] = str(export.size)
    return answer

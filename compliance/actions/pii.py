"""Looking an upload through for personal data: when somebody first asks, and never again."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.requester import Requester
from compliance import files
from compliance.actions.uploads import refuse_unready
from compliance.errors import UploadDeleted
from compliance.models import PiiCheck, Upload
from compliance.pii import ColumnReport, check_records


def pii_of(*, upload: Upload, by: Requester) -> PiiCheck:
    """What is known of personal data in an upload; takes a second or so the first time.

    UploadNotReady, UploadUnreadable or UploadDeleted where there are no records.
    """
    known: PiiCheck | None = PiiCheck.objects.filter(upload=upload).first()
    if known is not None:
        return known
    refuse_unready(upload)
    columns = _look_through(upload)
    with transaction.atomic():
        locked = Upload.objects.select_for_update(no_key=True).get(pk=upload.pk)
        refuse_unready(locked)
        check, made = PiiCheck.objects.get_or_create(upload=locked, defaults={"columns": columns})
        if made:
            by.audit("upload.pii_checked", locked, after={"kinds": check.kinds})
    return check


def _look_through(upload: Upload) -> list[dict[str, Any]]:
    columns = upload.facts().columns
    try:
        with files.scratch() as scratch:
            reports = list(check_records(files.fetch(upload.records, scratch), columns))
    except FileNotFoundError as gone:  # deleted since the row was read
        raise UploadDeleted from gone
    return [{**_plain(report), "distinct": column.distinct} for report, column in zip(reports, columns, strict=True)]


def _plain(report: ColumnReport) -> dict[str, Any]:
    found = [
        {"kind": str(each.kind), "share": each.share, "samples": list(each.samples), "detail": each.detail}
        for each in report.found
    ]
    return {"name": report.name, "looked_at": report.looked_at, "found": found}

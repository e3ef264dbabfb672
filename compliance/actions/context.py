"""Earlier uploads whose records a scan looks back at."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from accounts.models import AccountGroup
from compliance.actions.uploads import refuse_unready
from compliance.errors import ContextRefused, UploadNotFound
from compliance.models import Upload
from compliance.uploads.mapping import MappingRefused, check_mapping

MOST = 20
"""Context uploads of one scan."""


def context_for(
    *, group: AccountGroup, upload: Upload, config: Mapping[str, str], upload_ids: Sequence[uuid.UUID]
) -> list[str]:
    """The ids as a scan of `upload` freezes them, in their order; the uploads are locked against deletion.

    Raises UploadNotFound, what refuse_unready raises, or ContextRefused naming the id at fault: it is the scanned
    upload, stands twice, was received after it, or lacks a mapped column.
    """
    if len(upload_ids) > MOST:
        raise ContextRefused.at("context_upload_ids", f"has {len(upload_ids)} uploads; at most {MOST} are allowed")
    # Newest first, after the scanned one: scans that share uploads lock them in one order.
    rows = Upload.objects.for_group(group).filter(pk__in=upload_ids).order_by("-created_at", "-pk")
    rows = rows.select_for_update(no_key=True)
    known = {row.pk: row for row in rows}
    for place, upload_id in enumerate(upload_ids):
        path, row = f"context_upload_ids[{place}]", known.get(upload_id)
        if row is None:
            raise UploadNotFound
        refuse_unready(row)
        if upload_id in upload_ids[:place]:
            raise ContextRefused.at(path, "stands twice")
        if row.pk == upload.pk or row.created_at >= upload.created_at:
            raise ContextRefused.at(path, "is not earlier than the scanned upload; context is what came before")
        _refuse_other_columns(path, row, config)
    return [str(upload_id) for upload_id in upload_ids]


def _refuse_other_columns(path: str, row: Upload, config: Mapping[str, str]) -> None:
    try:
        check_mapping(dict(config), row.facts().columns)
    except MappingRefused as refused:
        details = [(path, f"{row.name}: {problem.message}") for problem in refused.problems]
        raise ContextRefused("A context upload does not fit the scan's mapping.", details=details) from refused

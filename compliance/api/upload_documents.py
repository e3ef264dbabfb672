"""The JSON of uploads, of what was set aside in them, and of their mappings."""

from __future__ import annotations

from collections.abc import Mapping as Names
from typing import Any

from compliance.api.documents import time
from compliance.enums import UploadStatus
from compliance.models import Mapping, Upload
from compliance.uploads.kinds import FileKind

UNREAD: dict[str, Any] = {
    "columns": [], "detected_dataset": None, "suggested_mapping": {}, "overall_confidence": 0.0,
    "mapping_confidence": {}, "temporal_scale": "hourly", "warnings": [], "kind": None,
}  # fmt: skip


def upload_document(upload: Upload) -> dict[str, Any]:
    """The answer to an upload, and GET /api/data/{id}; without its facts until it has been read."""
    profile = upload.profile or UNREAD
    return {
        "upload_id": str(upload.pk),
        "name": upload.name,
        "status": upload.status,
        "progress": progress(upload),
        "error": upload.failure or None,
        "kind": profile.get("kind", FileKind.CSV),
        "sheet": profile.get("sheet"),
        "row_count": upload.row_count,
        "headers": [column["name"] for column in profile["columns"]],
        "sample_rows": upload.sample_rows,
        "detected_dataset": profile["detected_dataset"],
        "suggested_mapping": profile["suggested_mapping"],
        "mapping_confidence": profile["overall_confidence"],
        "field_confidence": profile["mapping_confidence"],
        "temporal_scale": profile["temporal_scale"],
        "sha256": upload.sha256,
        "size": upload.size,
        "columns": [column_document(column) for column in profile["columns"]],
        "rejected_rows": upload.rejected_rows,
        "warnings": profile["warnings"],
        "created_at": time(upload.created_at),
        "deleted_at": time(upload.deleted_at),
    }


def progress(upload: Upload) -> float:
    """Share of its reading that is done, 0 to 1."""
    if upload.status != UploadStatus.PROCESSING:
        return 1.0
    return round(float(upload.reading.progress), 4)


def column_document(column: Names[str, Any]) -> dict[str, Any]:
    shown = (
        "name",
        "type",
        "nulls",
        "distinct",
        "min",
        "max",
        "ambiguous",
        "decimal_mark",
        "day_first",
        "derived_from",
    )
    return {name: column[name] for name in shown}


def upload_item(upload: Upload) -> dict[str, Any]:
    """An item of GET /api/data."""
    return {
        "upload_id": str(upload.pk),
        "name": upload.name,
        "status": upload.status,
        "row_count": upload.row_count,
        "rejected_rows": upload.rejected_rows,
        "sha256": upload.sha256,
        "size": upload.size,
        "created_at": time(upload.created_at),
    }


def mapping_document(mapping: Mapping) -> dict[str, Any]:
    return {
        "mapping_id": str(mapping.pk),
        "upload_id": str(mapping.upload_id),
        "mapping_config": mapping.config,
        "overrides": mapping.overrides,
        "ready_to_scan": mapping.ready_to_scan,
        "temporal_scale": mapping.temporal_scale,
        "created_at": time(mapping.created_at),
    }

"""Receiving, mapping and deleting uploads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from collections.abc import Mapping as Mapping_
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts import idempotency
from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance import files
from compliance.columns import Column
from compliance.enums import UploadStatus
from compliance.errors import UploadDeleted, UploadInUse, UploadNotReady, UploadUnreadable
from compliance.models import ComplianceScan, DryRun, Mapping, PiiCheck, Upload, UploadReading
from compliance.scales import hours_of
from compliance.uploads.ingest import Ingested, ingest
from compliance.uploads.mapping import Mapping as FieldColumns
from compliance.uploads.mapping import MappingRefused, check_mapping, value_quality
from compliance.uploads.raw import Watch
from config import env
from jobs import kinds, lifecycle
from jobs.errors import NotCancellable
from tabular.errors import UploadError
from tabular.limits import Limits
from web.errors import PayloadTooLarge, ValidationFailed


@dataclass(frozen=True)
class Claimed:
    """An Idempotency-Key and what it stands for."""

    key: str
    fingerprint: str


def receive_upload(
    *, group: AccountGroup, by: Requester, path: Path, name: str, claimed: Claimed | None = None, at_once: bool = False
) -> tuple[Upload, dict[str, str]]:
    """Store a received file and its records. Returns the upload and the headers of a replay (else none).

    A file that cannot be read is refused with the reason, and nothing of it stays. One larger than UPLOAD_SYNC_MAX is
    read by a job, and the upload is "processing" until then, unless it is to be read `at_once`.
    """
    with files.scratch() as scratch:
        if path.stat().st_size > env.UPLOAD_SYNC_MAX and not at_once:
            upload = _unread(group, by, name, path)
            content = {"original": path}
        else:
            upload = _describe(group, by, name, read_file(path, scratch, name))
            content = {"original": path, "records": scratch / "records.parquet"}
            if upload.rejected_rows:
                content["rejects"] = scratch / "rejects.jsonl"
        with _stored(upload, content) as keep, transaction.atomic():
            claim = idempotency.claim(
                group=group, operation="compliance.upload",
                key=claimed.key if claimed else None, fingerprint=claimed.fingerprint if claimed else "",
            )  # fmt: skip
            if claim.replays:
                return Upload.objects.for_group(group).get(pk=claim.resource_id), dict(claim.headers)
            _insert(upload, by)
            claim.remember(upload.pk)
            transaction.on_commit(keep)
    return upload, {}


def _insert(upload: Upload, by: Requester) -> None:
    """The row of an upload, and the job that reads it if it is to be read later."""
    upload.save(force_insert=True)
    if upload.status == UploadStatus.PROCESSING:
        reading = UploadReading(
            group=upload.group, upload=upload, trace_id=by.trace_id,
            requested_by_key=by.key, requested_by_user=by.user,
        )  # fmt: skip
        lifecycle.start(reading, actor=by.name)
    by.audit(
        "upload.received", upload, after={"name": upload.name, "sha256": upload.sha256, "rows": upload.row_count}
    )  # fmt: skip


def refuse_unready(upload: Upload) -> None:
    """UploadNotReady, UploadUnreadable or UploadDeleted unless its records are there."""
    match UploadStatus(upload.status):
        case UploadStatus.PROCESSING:
            raise UploadNotReady
        case UploadStatus.FAILED:
            raise UploadUnreadable(f"The upload could not be read: {upload.failure}")
        case UploadStatus.DELETED:
            raise UploadDeleted


def confirm_mapping(
    *, upload: Upload, by: Requester, config: Any, temporal_scale: str | None = None, overrides: Any = None
) -> Mapping:
    """Fix which column each field is, and how ambiguous columns are read. ValidationFailed names every fault."""
    refuse_unready(upload)
    scale = temporal_scale or upload.profile["temporal_scale"]
    checked, columns = _checked(config, upload, overrides or {})
    try:
        hours_of(scale)
    except ValueError as fault:
        raise ValidationFailed.at("temporal_scale", str(fault)) from fault
    qualities = value_quality(checked, columns, row_count=upload.row_count)
    chosen = {str(name).strip(): dict(choice) for name, choice in (overrides or {}).items()}
    with transaction.atomic():
        mapping = Mapping.objects.create(
            upload=upload, config=checked.to_dict(), temporal_scale=scale, overrides=chosen,
            ready_to_scan=bool(qualities) and all(quality.share > 0 for quality in qualities),
        )  # fmt: skip
        about = {"upload": str(upload.pk), "config": mapping.config, "overrides": chosen}
        by.audit("mapping.confirmed", mapping, after=about)
    return mapping


def checked_mapping(config: Any, upload: Upload, overrides: Any = None) -> dict[str, str]:
    """{field: column} with names trimmed and aliases resolved. ValidationFailed names every fault."""
    return _checked(config, upload, overrides or {})[0].to_dict()


def _checked(config: Any, upload: Upload, overrides: Any) -> tuple[FieldColumns, tuple[Column, ...]]:
    try:
        columns = upload.columns(overrides)
        return check_mapping(config, columns), columns
    except MappingRefused as refused:
        details = [(problem.path, problem.message) for problem in refused.problems]
        raise ValidationFailed(str(refused), details=details) from refused


def delete_upload(*, upload: Upload, by: Requester) -> None:
    """Remove the content; hash, counts and profile stay, without values, and its scans say so.

    UploadInUse while a scan needs it. One that is being read is no longer.
    """
    if upload.status == UploadStatus.PROCESSING and _cancelled(upload, by):
        return
    with transaction.atomic():
        locked = Upload.objects.select_for_update(no_key=True).get(pk=upload.pk)
        if locked.status == UploadStatus.DELETED:
            return
        if ComplianceScan.objects.needing(locked).exists() or DryRun.objects.live().filter(upload=locked).exists():
            raise UploadInUse
        names = (locked.original, locked.records, locked.rejects)
        Upload.objects.filter(pk=upload.pk).update(
            status=UploadStatus.DELETED, deleted_at=Now(), original="", records="", rejects="", sample_rows=[],
            profile=locked.facts().without_values().to_dict() if locked.profile else {},
        )  # fmt: skip
        PiiCheck.objects.filter(upload=locked).delete()
        # Its scans say so: what partners see of them has changed.
        ComplianceScan.objects.filter(upload=locked).update(version=F("version") + 1, updated_at=Now())
        by.audit("upload.deleted", locked)
        transaction.on_commit(lambda: files.remove(*names), robust=True)


def _cancelled(upload: Upload, by: Requester) -> bool:
    """Whether its reading could be cancelled; the upload is deleted with it. Not if it has just ended."""
    with suppress(NotCancellable), transaction.atomic():
        lifecycle.cancel(kinds.get("upload_reading"), str(upload.reading.pk), actor=by.name)
        by.audit("upload.deleted", upload)
        return True
    return False


def read_file(path: Path, scratch: Path, name: str, watch: Watch | None = None) -> Ingested:
    """records.parquet and rejects.jsonl in `scratch` from a received file. Refused with the reason."""
    try:
        return ingest(
            path, target=scratch / "records.parquet", rejects=scratch / "rejects.jsonl",
            limits=Limits(decoded_bytes=env.UPLOAD_DECODED_MAX), original_name=name, watch=watch,
        )  # fmt: skip
    except UploadError as fault:
        kind = PayloadTooLarge if fault.status == 413 else ValidationFailed
        raise kind(fault.message, details=[("file", fault.message)]) from fault


def content_of(found: Ingested) -> dict[str, Any]:
    """What an upload's row says of the records read."""
    return {
        "row_count": found.row_count, "rejected_rows": found.rejected_rows, "profile": found.profile.to_dict(),
        "sample_rows": found.sample_rows,
    }  # fmt: skip


def _unread(group: AccountGroup, by: Requester, name: str, path: Path) -> Upload:
    with path.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    return Upload(
        group=group, name=name[:255], sha256=sha256, size=path.stat().st_size, status=UploadStatus.PROCESSING,
        created_by_key=by.key, created_by_user=by.user,
    )  # fmt: skip


def _describe(group: AccountGroup, by: Requester, name: str, found: Ingested) -> Upload:
    return Upload(
        group=group, name=name[:255], sha256=found.profile.sha256, size=found.profile.size,
        created_by_key=by.key, created_by_user=by.user, **content_of(found),
    )  # fmt: skip


@contextmanager
def _stored(upload: Upload, content: Mapping_[str, Path]) -> Iterator[Any]:
    """Store the files of an upload; they are removed again unless the yielded function is called on commit."""
    folder = files.folder_of_upload(upload.group_id, str(upload.pk))
    endings = {"original": "original", "records": "records.parquet", "rejects": "rejects.jsonl"}
    kept: list[bool] = []
    try:
        for field, path in content.items():
            setattr(upload, field, files.store(f"{folder}/{endings[field]}", path))
        yield lambda: kept.append(True)
    except (OperationalError, InterfaceError):
        kept.append(True)  # the commit may have taken effect although its answer was lost
        raise
    finally:
        if not kept:
            files.remove(upload.original, upload.records, upload.rejects)

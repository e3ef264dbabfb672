"""What a worker does with one large upload: read it, store its records, make it ready in one transaction."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import duckdb
import structlog
from django.db import transaction
from django.db.models.functions import Now

from compliance import files
from compliance.actions.uploads import content_of, read_file
from compliance.enums import UploadStatus
from compliance.models import Upload, UploadReading
from compliance.uploads.ingest import Ingested
from compliance.uploads.raw import Watch
from jobs import lifecycle
from jobs.enums import Status
from jobs.errors import JobFault, LeaseLost
from jobs.working import Work
from web.errors import Refused

REPORT_EVERY = 1.0
"""Seconds between two reports of progress."""


def execute(work: Work) -> None:
    """Read the upload of `work`. JobFault with the reason when its file is refused."""
    upload = UploadReading.objects.select_related("upload").get(pk=work.lease.job_id).upload
    with files.scratch() as scratch:
        found = _read(work, upload, scratch)
        folder, attempt = files.folder_of_upload(upload.group_id, str(upload.pk)), work.lease.attempt
        records = files.store(f"{folder}/records-{attempt}.parquet", scratch / "records.parquet")
        rejects = (
            files.store(f"{folder}/rejects-{attempt}.jsonl", scratch / "rejects.jsonl") if found.rejected_rows else ""
        )
    try:
        with lifecycle.finish(work.lease):
            Upload.objects.filter(pk=upload.pk, status=UploadStatus.PROCESSING).update(
                status=UploadStatus.READY, records=records, rejects=rejects, **content_of(found)
            )
    except LeaseLost:
        files.remove(records, rejects)
        raise


def discard(reading_id: str, keep_attempt: int | None) -> None:
    """Delete the files of an upload that its row does not name. Its job's row is locked, and nobody works on it."""
    upload = UploadReading.objects.select_related("upload").get(pk=reading_id).upload
    kept = {upload.original, upload.records, upload.rejects}
    stored = files.names_in(files.folder_of_upload(upload.group_id, str(upload.pk)))
    # Named before the lock is given up: an attempt that begins right after writes files of its own.
    left = [name for name in stored if name not in kept]
    transaction.on_commit(lambda: files.remove(*left), robust=True)


def fell(reading_id: str, to: Status, message: str) -> None:
    """The upload says what became of its reading: failed with the reason, or deleted when it was cancelled."""
    upload = UploadReading.objects.select_related("upload").get(pk=reading_id).upload
    waiting = Upload.objects.filter(pk=upload.pk, status=UploadStatus.PROCESSING)
    if to == Status.CANCELLED:
        waiting.update(status=UploadStatus.DELETED, deleted_at=Now(), original="")
    else:
        waiting.update(status=UploadStatus.FAILED, failure=message, original="")
    transaction.on_commit(lambda: files.remove(upload.original), robust=True)


def _read(work: Work, upload: Upload, scratch: Path) -> Ingested:
    opened: list[duckdb.DuckDBPyConnection] = []
    reported = time.monotonic()

    def advance(share: float) -> None:
        nonlocal reported
        work.check()
        if time.monotonic() - reported >= REPORT_EVERY:
            work.report(progress=share)
            reported = time.monotonic()

    def interrupt() -> None:
        for connection in opened:
            with suppress(duckdb.Error):  # it may be closed already
                connection.interrupt()

    structlog.contextvars.bind_contextvars(upload_id=str(upload.pk))
    with work.interruptible(interrupt):
        try:
            found = read_file(
                files.fetch(upload.original, scratch), scratch, upload.name, Watch(advance, opened.append)
            )
        except Refused as refusal:
            raise JobFault("UPLOAD_REFUSED", refusal.message) from refusal
    if found.profile.sha256 != upload.sha256:
        raise JobFault("UPLOAD_DAMAGED", "The stored file is not what was received. Upload it again.")
    return found

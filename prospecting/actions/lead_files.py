"""Receiving files of leads, and letting go of their content when its days are over."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.db import InterfaceError, OperationalError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts import idempotency
from accounts.models import AccountGroup
from accounts.requester import Requester
from config import env
from jobs.enums import LIVE
from prospecting.enums import JobSource
from prospecting.importing import headers
from prospecting.importing.tables import Survey, survey
from prospecting.models import LeadFile, ProspectingJob, RowError
from tabular.errors import NotText, UnsupportedFormat, UploadError
from web import storing
from web.errors import PayloadTooLarge, ValidationFailed

OPERATION = "prospecting.file"


def receive_file(
    *, group: AccountGroup, by: Requester, path: Path, name: str, key: str | None = None
) -> tuple[LeadFile, dict[str, str]]:
    """Store a received file that can be read. Returns it and the headers of a replay (else none).

    `key` is an Idempotency-Key. A file that cannot be read is refused with the reason, and nothing of it stays.
    """
    found = _surveyed(path)
    with path.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    file = LeadFile(
        group=group, name=name[:255], kind=found.kind, encoding=found.encoding, sha256=sha256, size=path.stat().st_size,
        row_count=found.row_count, headers=list(found.headers), suggested_mapping=headers.suggest(found.headers),
        created_by_key=by.key, created_by_user=by.user,
    )  # fmt: skip
    fingerprint = idempotency.fingerprint({"name": name}, upload_sha256=sha256)
    with _stored(file, path) as kept, transaction.atomic():
        claim = idempotency.claim(group=group, operation=OPERATION, key=key, fingerprint=fingerprint)
        if claim.replays:
            return LeadFile.objects.for_group(group).get(pk=claim.resource_id), dict(claim.headers)
        file.save(force_insert=True)
        claim.remember(file.pk)
        by.audit("lead_file.received", file, after={"name": file.name, "sha256": sha256, "rows": file.row_count})
        transaction.on_commit(lambda: kept.append(True))
    return file, {}


def forget_old() -> int:
    """Delete the content of files past LEAD_FILE_DAYS that no live job reads, and row errors past ROW_ERROR_DAYS.

    Answers how many files.
    """
    now = timezone.now()
    RowError.objects.filter(created_at__lte=now - timedelta(days=env.ROW_ERROR_DAYS)).delete()
    old = LeadFile.objects.filter(created_at__lte=now - timedelta(days=env.LEAD_FILE_DAYS)).exclude(content="")
    return sum(_forgotten(file) for file in old.iterator(500))


def _forgotten(file: LeadFile) -> bool:
    reading = ProspectingJob.objects.filter(
        group=file.group_id, status__in=LIVE, source=JobSource.FILE_UPLOAD, params__file_id=file.pk
    )
    with transaction.atomic():
        if reading.exists() or not LeadFile.objects.select_for_update().filter(pk=file.pk).exclude(content="").exists():
            return False
        LeadFile.objects.filter(pk=file.pk).update(content="", deleted_at=Now())
        transaction.on_commit(lambda: storing.remove(file.content), robust=True)
    return True


def _surveyed(path: Path) -> Survey:
    try:
        return survey(path)
    except (NotText, UnsupportedFormat) as fault:
        message = f"{fault.message.split('. ')[0].split('; ')[0]}. Send leads as CSV or XLSX."
        raise ValidationFailed(message, details=[("file", message)]) from fault
    except UploadError as fault:
        kind = PayloadTooLarge if fault.status == 413 else ValidationFailed
        raise kind(fault.message, details=[("file", fault.message)]) from fault


@contextmanager
def _stored(file: LeadFile, path: Path) -> Iterator[list[bool]]:
    """The content in the storage; removed again unless something is put into the yielded list on commit."""
    kept: list[bool] = []
    file.content = storing.store(f"leads/{file.group_id}/{file.pk}", path)
    try:
        yield kept
    except (OperationalError, InterfaceError):
        kept.append(True)  # the commit may have taken effect although its answer was lost
        raise
    finally:
        if not kept:
            storing.remove(file.content)

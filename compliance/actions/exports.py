"""Asking for exports, and removing their files when their time is over."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from accounts.requester import Requester
from compliance import files
from compliance.enums import ExportFormat, UploadStatus
from compliance.errors import EvidenceDeleted, NoSigningKey, ScanNotCompleted, ScanNotFound, UploadDeleted
from compliance.models import ComplianceScan, Export
from jobs import lifecycle
from jobs.enums import Status


def request_export(*, scan: ComplianceScan, by: Requester, format: ExportFormat, include_input: bool = False) -> Export:
    """Queue an export; or the one there is already of the same, unchanged scan, when it lasts long enough."""
    with transaction.atomic():
        # Two that ask for the same at once get the same.
        locked = ComplianceScan.objects.shown().select_for_update(no_key=True).filter(pk=scan.pk).first()
        if locked is None:
            raise ScanNotFound
        _refuse_impossible(locked, format)
        if include_input and locked.upload.status == UploadStatus.DELETED:
            raise UploadDeleted("The uploaded file has been deleted; ask for the bundle without include_input.")
        wanted = Export(
            group_id=locked.group_id, scan=locked, format=format, include_input=include_input,
            scan_version=locked.version, trace_id=by.trace_id, requested_by_key=by.key, requested_by_user=by.user,
        )  # fmt: skip
        same = Export.objects.same_as(wanted, seconds=settings.EXPORT_LINK_SECONDS).order_by("-created_at").first()
        about = {"format": format, "include_input": include_input}
        if same is None:
            lifecycle.start(wanted, actor=by.name)
        by.audit("scan.exported", locked, after={**about, "export": str((same or wanted).pk)})
    if same is not None:
        return same  # type: ignore[no-any-return]
    wanted.refresh_from_db()
    return wanted


def note_stream(*, scan: ComplianceScan, by: Requester, format: ExportFormat) -> None:
    """What leaves the house at once is in the audit log, as what leaves as a file is."""
    _refuse_impossible(scan, format)
    by.audit("scan.exported", scan, after={"format": format})


def remove_expired() -> int:
    """Remove the files whose time is over; returns how many. The rows stay."""
    removed = 0
    for export in Export.objects.expired().only("pk", "file").iterator():
        with transaction.atomic():
            # One of two that race wins. Deleted before the commit: a crash in between is made good by the next run.
            if Export.objects.kept().filter(pk=export.pk).update(file="", removed_at=Now()):
                files.remove(export.file)
                removed += 1
    return removed


def _refuse_impossible(scan: ComplianceScan, format: ExportFormat) -> None:
    if scan.status != Status.COMPLETED:
        raise ScanNotCompleted
    if format == ExportFormat.BUNDLE and not scan.findings:
        raise EvidenceDeleted
    if format == ExportFormat.BUNDLE and not settings.SIGNING_KEY:
        raise NoSigningKey

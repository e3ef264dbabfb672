"""What a group no longer wants to keep: contents of old uploads, evidence of old scans. Nothing else goes.

Hashes, profiles, counts, violations and chains stay. Every step is a transaction of its own, so a run that was
interrupted is made good by the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance import files
from compliance.actions.uploads import delete_upload
from compliance.errors import UploadInUse
from compliance.models import ComplianceScan, GroupSettings, Upload, Violation

MOST_COUNTED = 500
TIDIED = timedelta(days=7)
"""How long after a deletion its folder is looked at again: a crash may have left files whose row had let them go."""


@dataclass(frozen=True)
class Due:
    """One thing whose time is over. `kind` is upload or scan; `size` in bytes of all its `files`."""

    kind: str
    row: Upload | ComplianceScan
    files: tuple[str, ...]
    size: int


def due(group: AccountGroup) -> Iterator[Due]:
    """Exactly what `apply` would delete now, oldest first."""
    chosen = GroupSettings.objects.filter(group=group).first()
    if chosen is None:
        return
    if chosen.upload_days is not None:
        for upload in Upload.objects.for_group(group).past(chosen.upload_days).order_by("created_at", "pk"):
            if not ComplianceScan.objects.needing(upload).exists():
                yield _due("upload", upload, upload.original, upload.records, upload.rejects)
    if chosen.finding_days is not None:
        for scan in ComplianceScan.objects.for_group(group).past(chosen.finding_days).order_by("created_at", "pk"):
            if not ComplianceScan.objects.live().filter(policy_id=scan.policy_id).exists():
                yield _due("scan", scan, scan.findings, scan.evidence)


def apply(group: AccountGroup, *, by: Requester) -> list[Due]:
    """Delete what is due; returns what was deleted. What a live scan has come to need meanwhile stays."""
    _tidy(group)
    return [each for each in due(group) if _deleted(each, by)]


def foretold(group: AccountGroup) -> str:
    """In words, how much the next run deletes; counts up to MOST_COUNTED."""
    found = list(islice(due(group), MOST_COUNTED))
    if not found:
        return "nothing"
    uploads, size = sum(each.kind == "upload" for each in found), sum(each.size for each in found)
    more = "at least " if len(found) == MOST_COUNTED else ""
    scans = len(found) - uploads
    return f"{more}the contents of {uploads:,} uploads and the evidence of {scans:,} scans, {size:,} bytes"


def groups_with_limits() -> Iterable[AccountGroup]:
    """Those that let anything go at all."""
    limited = GroupSettings.objects.exclude(upload_days=None, finding_days=None)
    return AccountGroup.objects.filter(pk__in=limited.values("group")).order_by("pk")


def _deleted(each: Due, by: Requester) -> bool:
    if isinstance(each.row, Upload):
        try:
            delete_upload(upload=each.row, by=by)
        except UploadInUse:
            return False
        return True
    return _drop_evidence(each.row, by)


def _drop_evidence(scan: ComplianceScan, by: Requester) -> bool:
    """The scan stays with its violations, counts and chain; its records and samples go."""
    with transaction.atomic():
        locked = ComplianceScan.objects.with_evidence().select_for_update(no_key=True).filter(pk=scan.pk).first()
        if locked is None:
            return False
        ComplianceScan.objects.filter(pk=scan.pk).update(
            findings="", evidence="", findings_deleted_at=Now(), version=F("version") + 1, updated_at=Now()
        )
        Violation.objects.filter(scan=scan).update(sample=[])
        by.audit("compliance_scan.evidence_deleted", locked)
        transaction.on_commit(lambda: files.remove(locked.findings, locked.evidence), robust=True)
    return True


def _tidy(group: AccountGroup) -> None:
    """Remove what a crash between a deletion and its files has left."""
    since = Now() - TIDIED
    for upload in Upload.objects.for_group(group).filter(deleted_at__gt=since).only("pk", "group_id"):
        files.remove_all_but(files.folder_of_upload(group.pk, str(upload.pk)), "")
    for scan in ComplianceScan.objects.for_group(group).filter(findings_deleted_at__gt=since).only("pk", "group_id"):
        files.remove_all_but(files.findings_folder(group.pk, str(scan.pk)), "")


def _due(kind: str, row: Upload | ComplianceScan, *names: str) -> Due:
    there = tuple(filter(None, names))
    return Due(kind, row, there, sum(map(_size, there)))


def _size(name: str) -> int:
    with suppress(OSError):
        return int(default_storage.size(name))
    return 0  # gone already

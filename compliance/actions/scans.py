"""Starting, cancelling, repeating and deleting compliance scans: the same for partners, staff and schedules."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance import files
from compliance.actions.audits import audit_for_scan
from compliance.actions.context import context_for
from compliance.actions.lists import freeze_lists
from compliance.actions.readiness import Readiness, assess
from compliance.actions.uploads import refuse_unready
from compliance.engine.rules import parse_rules
from compliance.errors import (
    MappingIncomplete,
    MappingNotFound,
    MappingOfAnotherUpload,
    NoRules,
    PolicyNotFound,
    ScanNotFound,
    ScanRunning,
    TooManyRecords,
    UploadNotFound,
)
from compliance.models import ComplianceScan, Mapping, Policy, Upload, Violation
from jobs import kinds, lifecycle
from jobs.enums import LIVE


def start_scan(
    *, group: AccountGroup, by: Requester, policy_id: uuid.UUID, upload_id: uuid.UUID, mapping_id: uuid.UUID,
    audit_name: str = "", audit_id: uuid.UUID | None = None, context_upload_ids: Sequence[uuid.UUID] = (),
) -> ComplianceScan:  # fmt: skip
    """Freeze what is to be run and queue it. To be called inside a transaction; published when it commits.

    `context_upload_ids`: earlier uploads whose records enter windows and history.
    """
    policy = Policy.objects.for_group(group).in_use().filter(pk=policy_id).first()
    if policy is None:
        raise PolicyNotFound
    upload, mapping = mapped_upload(group=group, upload_id=upload_id, mapping_id=mapping_id)
    audit = audit_for_scan(group=group, audit_id=audit_id, policy=policy)
    version = policy.current()
    if not version.active_rules:
        raise NoRules
    context = context_for(group=group, upload=upload, config=mapping.config, upload_ids=context_upload_ids)
    lists = freeze_lists(group=group, rules=parse_rules(version.active_rules))
    refuse_blocked(assess(version.rules, upload, mapping.config, mapping.overrides))
    scan = ComplianceScan(
        group=group, policy=policy, policy_version=version, upload=upload, mapping=mapping,
        mapping_config=mapping.config, mapping_overrides=mapping.overrides, temporal_scale=mapping.temporal_scale,
        audit=audit,
        audit_name=audit_name or (audit.name if audit else ""),
        score_method=policy.score_method, time_zone=policy.time_zone, compat=policy.compat,
        reopen_growth=policy.reopen_growth, context_uploads=context, list_versions=lists,
        record_count=upload.row_count, rules_total=len(version.active_rules),
        trace_id=by.trace_id, requested_by_key=by.key, requested_by_user=by.user,
    )  # fmt: skip
    lifecycle.start(scan, actor=by.name)
    by.audit("compliance_scan.started", scan, after={"policy": policy.name, "version": version.number})
    return scan


def mapped_upload(*, group: AccountGroup, upload_id: uuid.UUID, mapping_id: uuid.UUID) -> tuple[Upload, Mapping]:
    """What is to be read, locked until the caller's transaction ends; refused when it is gone, or too large."""
    # Locked against its deletion until the row of the job stands.
    upload = Upload.objects.for_group(group).select_for_update(no_key=True).filter(pk=upload_id).first()
    if upload is None:
        raise UploadNotFound
    mapping = Mapping.objects.filter(pk=mapping_id, upload__group=group).first()
    if mapping is None:
        raise MappingNotFound
    if mapping.upload_id != upload.pk:
        raise MappingOfAnotherUpload.at("mapping_id", "belongs to another upload; confirm a mapping for this one")
    refuse_unready(upload)
    _refuse_too_many(upload)
    return upload, mapping


def repeat_scan(*, scan: ComplianceScan, by: Requester) -> ComplianceScan:
    """A new scan of the same upload and mapping with the policy's newest version."""
    with transaction.atomic():
        return start_scan(
            group=scan.group, by=by, policy_id=scan.policy_id, upload_id=scan.upload_id, mapping_id=scan.mapping_id,
            audit_name=scan.audit_name, audit_id=scan.open_audit_id,
            context_upload_ids=[uuid.UUID(upload_id) for upload_id in scan.context_uploads],
        )  # fmt: skip


def cancel_scan(*, scan: ComplianceScan, by: Requester) -> None:
    """NotCancellable unless pending or running."""
    with transaction.atomic():
        lifecycle.cancel(kinds.get("compliance_scan"), str(scan.pk), actor=by.name)
        by.audit("compliance_scan.cancelled", scan)


def delete_scan(*, scan: ComplianceScan, by: Requester) -> None:
    """Hide a scan and drop its evidence; its row, its counts and its score history stay, and later deltas name it."""
    with transaction.atomic():
        locked = ComplianceScan.objects.shown().select_for_update(no_key=True).filter(pk=scan.pk).first()
        if locked is None:
            raise ScanNotFound
        if locked.status in LIVE:
            raise ScanRunning
        ComplianceScan.objects.filter(pk=scan.pk).update(hidden_at=Now(), hidden_by=by.name, findings="")
        # Signatures stay: the next delta and the carry-over of decisions need them.
        Violation.objects.filter(scan=scan).update(sample=[])
        by.audit("compliance_scan.deleted", scan)
        transaction.on_commit(lambda: files.remove(locked.findings), robust=True)


def _refuse_too_many(upload: Upload) -> None:
    most = settings.SCAN_MAX_RECORDS
    if most is not None and upload.row_count > most:
        raise TooManyRecords(
            f"The upload has {upload.row_count:,} records; this installation scans at most {most:,} (SCAN_MAX_RECORDS)."
        )


def refuse_blocked(readiness: Readiness) -> None:
    """MappingIncomplete when no rule could run."""
    if readiness.state == "blocked":
        raise MappingIncomplete(
            "No active rule can run with this mapping. Missing fields: " + ", ".join(readiness.missing_required) + ".",
            details=[
                (f"mapping_config.{field}", "no column is mapped to this field") for field in readiness.missing_required
            ],
        )

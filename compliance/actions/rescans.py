"""Scanning again: the same policy and mapping on another upload, or on the same one, unless nothing has changed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping as Names
from collections.abc import Sequence
from typing import Any

from accounts.requester import Requester
from compliance.actions.scans import start_scan
from compliance.actions.uploads import checked_mapping, confirm_mapping, refuse_unready
from compliance.engine.conditions import leaves
from compliance.engine.operators import AGES
from compliance.engine.rules import parse_rules
from compliance.errors import MappingIncomplete, UploadNotFound
from compliance.models import ComplianceScan, Mapping, PolicyVersion, ReferenceListVersion, Upload
from jobs.enums import Status
from web.errors import ValidationFailed


def is_unchanged(
    *, scan: ComplianceScan, upload_sha256: str, mapping_config: Names[str, str], temporal_scale: str,
    overrides: Names[str, Any], context_uploads: Sequence[str],
) -> bool:  # fmt: skip
    """Whether running `scan` again on a file of this hash, mapped, read and looked back at like this, could only give
    the same results.

    Its policy and its reference lists must still have the versions it ran with, and no active rule may look at the
    scan's own time (older_than_days, newer_than_days). Only a completed scan that stands is ever unchanged.
    """
    if scan.status != Status.COMPLETED or scan.hidden_at is not None:
        return False
    policy, current = scan.policy, scan.policy.current()
    read = (scan.mapping_config, scan.mapping_overrides, scan.temporal_scale)
    would_read = (dict(mapping_config), dict(overrides), temporal_scale)
    ran = (scan.upload.sha256, scan.context_uploads, scan.policy_version_id)
    would_run = (upload_sha256, list(context_uploads), current.pk)
    judged = (scan.score_method, scan.time_zone, scan.compat)
    would_judge = (policy.score_method, policy.time_zone, policy.compat)
    moved = looks_at_the_clock(current) or lists_moved(scan)
    return (ran, read, judged) == (would_run, would_read, would_judge) and not moved


def lists_moved(scan: ComplianceScan) -> bool:
    """Whether a reference list that the scan ran with has other values by now, or is gone."""
    versions = ReferenceListVersion.objects.filter(list__group=scan.group, list__name__in=list(scan.list_versions))
    newest = versions.order_by("list_id", "-number").distinct("list_id").select_related("list").defer("values")
    now = {version.list.name: version.sha256 for version in newest}
    return now != {name: frozen["sha256"] for name, frozen in scan.list_versions.items()}


def looks_at_the_clock(version: PolicyVersion) -> bool:
    """Whether an active rule compares with the time of the scan: its result may change although nothing else does."""
    conditions = [
        getattr(rule, name) for rule in parse_rules(version.active_rules) for name in rule.CONDITIONS
    ]  # fmt: skip
    return any(leaf.operator in AGES for condition in conditions if condition for leaf in leaves(condition))


def rescan(
    *, scan: ComplianceScan, by: Requester, upload_id: uuid.UUID | None = None, force: bool = False
) -> tuple[ComplianceScan, bool]:
    """Scan again with the policy's newest version and the same mapping; returns (the scan, whether it is a new one).

    The old scan is returned when nothing has changed, unless forced. `upload_id` None means the same upload.
    To be called inside a transaction. MappingIncomplete names the columns that another upload lacks.
    """
    upload = scan.upload if upload_id is None else _upload(scan, upload_id)
    if upload.pk != scan.upload_id:
        refuse_unready(upload)
    config = _config(scan, upload)
    same = is_unchanged(
        scan=scan, upload_sha256=upload.sha256, mapping_config=config, temporal_scale=scan.temporal_scale,
        overrides=scan.mapping_overrides, context_uploads=scan.context_uploads,
    )  # fmt: skip
    if same and not force:
        return scan, False
    new = start_scan(
        group=scan.group, by=by, policy_id=scan.policy_id, upload_id=upload.pk,
        mapping_id=_mapping(scan, upload, by).pk, audit_name=scan.audit_name, audit_id=scan.open_audit_id,
        context_upload_ids=[uuid.UUID(earlier) for earlier in scan.context_uploads],
    )  # fmt: skip
    return new, True


def _upload(scan: ComplianceScan, upload_id: uuid.UUID) -> Upload:
    upload: Upload | None = Upload.objects.for_group(scan.group).filter(pk=upload_id).first()
    if upload is None:
        raise UploadNotFound
    return upload


def _config(scan: ComplianceScan, upload: Upload) -> dict[str, str]:
    """The scan's mapping, checked against the columns of `upload`."""
    if upload.pk == scan.upload_id:
        return dict(scan.mapping_config)
    try:
        return checked_mapping(scan.mapping_config, upload, scan.mapping_overrides)
    except ValidationFailed as refusal:
        raise MappingIncomplete(
            f"The upload does not fit the scan's mapping. {refusal}", details=refusal.details
        ) from refusal


def _mapping(scan: ComplianceScan, upload: Upload, by: Requester) -> Mapping:
    """The scan's own mapping, or its like confirmed for the other upload; made when there is none yet."""
    if upload.pk == scan.upload_id:
        return scan.mapping
    known = Mapping.objects.filter(
        upload=upload, config=scan.mapping_config, overrides=scan.mapping_overrides, temporal_scale=scan.temporal_scale
    )
    return known.first() or confirm_mapping(
        upload=upload, by=by, config=scan.mapping_config, temporal_scale=scan.temporal_scale,
        overrides=scan.mapping_overrides,
    )  # fmt: skip

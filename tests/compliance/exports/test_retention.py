"""Old contents and evidence go; hashes, counts, violations and chains stay; what live scans need stays, too."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.test import Client

from accounts.models import AccountGroup, AuditEntry
from accounts.requester import Requester
from compliance.actions import retention
from compliance.actions.exports import request_export
from compliance.actions.scans import delete_scan
from compliance.enums import ExportFormat
from compliance.models import ComplianceScan, GroupSettings, Upload, Violation
from tests.compliance import factories
from tests.compliance.exports.conftest import Scanned

pytestmark = pytest.mark.django_db
DAYS = 30


@pytest.fixture
def limits(group: AccountGroup) -> GroupSettings:
    return GroupSettings.objects.create(group=group, upload_days=DAYS, finding_days=DAYS)


@pytest.fixture
def on_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files go on commit, and a test never commits."""
    monkeypatch.setattr(transaction, "on_commit", lambda effect, **_: effect())


def aged(row: Upload | ComplianceScan, days: int = DAYS + 1) -> Any:
    fields: dict[str, Any] = {"created_at": Now() - timedelta(days=days)}
    if isinstance(row, ComplianceScan):
        fields |= {"completed_at": Now() - timedelta(days=days)}
    type(row).objects.filter(pk=row.pk).update(**fields)
    row.refresh_from_db()
    return row


def listed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("apply_retention", *arguments, stdout=out)
    return out.getvalue()


def test_content_and_evidence_go_and_everything_else_stays(
    group: AccountGroup, limits: GroupSettings, scanned: Scanned, client_of: Client, on_commit: None
) -> None:
    scan = aged(scanned("A", "B"))
    upload = aged(scan.upload)
    names = [upload.original, upload.records, scan.findings]
    events = list(scan.score_events.values_list("hash", flat=True))
    assert retention.foretold(group).startswith("the contents of 1 uploads and the evidence of 1 scans")
    dry = listed("--dry-run", "--group", group.pk)
    assert f"upload {upload.pk}" in dry
    assert f"scan {scan.pk}" in dry
    assert all(name in dry for name in names)
    sizes = sum(default_storage.size(name) for name in filter(None, [*names, upload.rejects, scan.evidence]))
    assert f"would go: contents of 1 uploads, evidence of 1 scans, {sizes:,} bytes" in dry
    assert all(default_storage.exists(name) for name in names)
    (told,) = json.loads(listed("--dry-run", "--json"))["groups"]
    assert (told["group"], told["bytes"]) == (group.pk, sizes)
    assert [item["id"] for item in told["items"]] == [str(upload.pk), str(scan.pk)]
    assert "deleted: contents of 1 uploads, evidence of 1 scans" in listed("--group", group.pk)
    assert not any(default_storage.exists(name) for name in names)
    document = client_of.get(f"/api/scan/{scan.pk}").json()
    assert (document["input_deleted"], document["violation_count"]) == (True, 2)
    assert document["findings_deleted_at"] is not None
    violation = Violation.objects.filter(scan=scan)[0]
    assert violation.sample == []
    assert client_of.get(f"/api/violations/{violation.pk}/findings").status_code == 409
    assert client_of.get("/api/export", {"scan_id": str(scan.pk), "format": "csv"}).status_code == 200
    assert list(scan.score_events.values_list("hash", flat=True)) == events
    after = Upload.objects.get(pk=upload.pk)
    assert (after.sha256, after.size, after.row_count) == (upload.sha256, upload.size, upload.row_count)
    assert [column["name"] for column in after.profile["columns"]] == ["Account", "Amount", "Date"]
    entries = AuditEntry.objects.filter(chain=group.pk, actor="command:apply_retention")
    assert sorted(entry.action for entry in entries) == ["compliance_scan.evidence_deleted", "upload.deleted"]


def test_the_evidence_of_a_deleted_scan_goes_as_well(
    group: AccountGroup, limits: GroupSettings, scanned: Scanned, by: Requester, on_commit: None
) -> None:
    scan = aged(scanned("A"))
    delete_scan(scan=scan, by=by)
    assert default_storage.exists(scan.evidence), "the next scan's decisions may need it"
    retention.apply(group, by=by)
    assert not default_storage.exists(scan.evidence)
    assert list(retention.due(group)) == []


def test_a_second_run_finds_nothing_to_do(
    group: AccountGroup, limits: GroupSettings, scanned: Scanned, by: Requester, on_commit: None
) -> None:
    aged(aged(scanned("A")).upload)
    assert len(retention.apply(group, by=by)) == 2
    entries = AuditEntry.objects.count()
    assert retention.apply(group, by=by) == []
    assert AuditEntry.objects.count() == entries


def test_young_ones_and_groups_without_limits_keep_everything(
    group: AccountGroup, limits: GroupSettings, by: Requester
) -> None:
    factories.upload(group)
    factories.with_evidence(factories.completed(group))
    other = factories.group()
    aged(factories.with_evidence(factories.completed(other)))
    assert list(retention.due(group)) == []
    assert retention.foretold(group) == "nothing"
    assert list(retention.due(other)) == []
    assert other not in retention.groups_with_limits()
    GroupSettings.objects.create(group=other)
    assert list(retention.due(other)) == []


def test_what_a_live_scan_needs_stays(group: AccountGroup, limits: GroupSettings, by: Requester) -> None:
    policy = factories.policy(group)
    needed, context = aged(factories.upload(group)), aged(factories.upload(group))
    before = factories.completed(group, on=policy)
    aged(factories.with_evidence(before))
    live = factories.scan(group, on=policy, upload_of=needed)
    ComplianceScan.objects.filter(pk=live.pk).update(context_uploads=[str(context.pk)])
    kept = {needed.pk, context.pk, before.pk}
    assert not kept & {each.row.pk for each in retention.due(group)}
    assert not kept & {each.row.pk for each in retention.apply(group, by=by)}


def test_what_a_crash_left_is_removed_by_the_next_run(
    group: AccountGroup, limits: GroupSettings, scanned: Scanned, by: Requester
) -> None:
    scan = aged(scanned("A"))
    names = [aged(scan.upload).original, scan.findings]
    retention.apply(group, by=by)  # nothing is committed in a test: as if the process had died then
    assert all(default_storage.exists(name) for name in names)
    retention.apply(group, by=by)
    assert not any(default_storage.exists(name) for name in names)


def test_a_scan_whose_evidence_was_deleted_names_no_file(scanned: Scanned) -> None:
    scan = scanned("A")
    with pytest.raises(IntegrityError, match="deleted_evidence_is_gone"):
        ComplianceScan.objects.filter(pk=scan.pk).update(findings_deleted_at=Now())


def test_an_unknown_group_is_told() -> None:
    with pytest.raises(CommandError, match="There is no account group"):
        listed("--group", "0" * 24)


def test_evidence_stays_while_an_export_is_made_of_it(
    group: AccountGroup, limits: GroupSettings, by: Requester
) -> None:
    scan = aged(factories.with_evidence(factories.completed(group)))
    request_export(scan=scan, by=by, format=ExportFormat.BUNDLE)
    assert scan.pk not in {each.row.pk for each in retention.due(group)}

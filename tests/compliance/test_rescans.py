"""Scanning again: what counts as unchanged, and what happens when something is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.requester import Requester
from compliance.actions.policies import change_policy
from compliance.models import ComplianceScan, Mapping, Policy, Upload
from tests.compliance import factories
from tests.compliance.desk import CONFIG, LEDGER, Desk

pytestmark = pytest.mark.django_db
OLD = {**factories.RULE, "rule_id": "OLD", "where": {"field": "timestamp", "operator": "older_than_days", "value": 30}}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def scanned(desk: Desk, rules: Any = (factories.RULE,), **fields: Any) -> ComplianceScan:
    """A completed scan of a real upload."""
    upload = desk.upload()
    scan = factories.completed(desk.group, on=factories.policy(desk.group, rules), upload_of=upload, **fields)
    Mapping.objects.filter(pk=scan.mapping_id).update(config=CONFIG)
    ComplianceScan.objects.filter(pk=scan.pk).update(mapping_config=CONFIG)
    scan.refresh_from_db()
    return scan


def again(desk: Desk, scan: ComplianceScan, status: int = 202, **body: Any) -> Any:
    return desk.post("/api/scan/rescan", {"scan_id": str(scan.pk), **body}, status)


def test_nothing_changed_so_the_old_scan_is_the_answer_and_nothing_is_run(desk: Desk) -> None:
    scan = scanned(desk)
    assert again(desk, scan, 200) == {"scan_id": str(scan.pk), "status": "completed", "unchanged": True}
    same_bytes = desk.upload()
    assert again(desk, scan, 200, upload_id=str(same_bytes.pk))["scan_id"] == str(scan.pk)
    assert (ComplianceScan.objects.count(), Mapping.objects.filter(upload=same_bytes).count()) == (1, 0)


def test_forced_it_runs_although_nothing_changed(desk: Desk) -> None:
    scan = scanned(desk, audit_name="Q1")
    answer = again(desk, scan, force=True)
    assert (answer["status"], answer["unchanged"]) == ("pending", False)
    new = ComplianceScan.objects.get(pk=answer["scan_id"])
    assert (new.upload_id, new.mapping_id, new.policy_id) == (scan.upload_id, scan.mapping_id, scan.policy_id)
    assert new.audit_name == "Q1"


def new_version(scan: ComplianceScan) -> None:
    rules = [{**factories.RULE, "name": "Renamed"}]
    change_policy(policy=scan.policy, by=Requester.command("tests", scan.group), rules=rules)


def other_method(scan: ComplianceScan) -> None:
    Policy.objects.filter(pk=scan.policy_id).update(score_method="rules")


def other_zone(scan: ComplianceScan) -> None:
    Policy.objects.filter(pk=scan.policy_id).update(time_zone="Europe/Vienna")


@pytest.mark.parametrize("change", [new_version, other_method, other_zone])
def test_a_policy_that_moved_runs_again(desk: Desk, change: Callable[[ComplianceScan], None]) -> None:
    scan = scanned(desk)
    change(scan)
    assert again(desk, scan)["unchanged"] is False


def test_a_reference_list_that_moved_runs_again(desk: Desk) -> None:
    listed = factories.reference_list(desk.group, "watchlist")
    frozen = listed.versions.get()
    scan = scanned(desk)
    ComplianceScan.objects.filter(pk=scan.pk).update(
        list_versions={"watchlist": {"version": frozen.number, "sha256": frozen.sha256}}
    )
    assert again(desk, scan, 200)["unchanged"] is True
    ComplianceScan.objects.filter(pk=scan.pk).update(list_versions={"watchlist": {"version": 1, "sha256": "0" * 64}})
    assert again(desk, scan)["unchanged"] is False


def test_a_rule_that_looks_at_the_clock_runs_again_unless_it_is_switched_off(desk: Desk) -> None:
    assert again(desk, scanned(desk, [factories.RULE, OLD]))["unchanged"] is False
    negated = {**OLD, "where": {"NOT": {"AND": [OLD["where"]]}}}
    assert again(desk, scanned(desk, [factories.RULE, negated]))["unchanged"] is False
    assert again(desk, scanned(desk, [factories.RULE, {**OLD, "is_active": False}]), 200)["unchanged"] is True


def test_another_upload_is_mapped_the_same_way_once(desk: Desk) -> None:
    scan, upload = scanned(desk), desk.upload(LEDGER + b"A3,7,2024-01-03\n")
    first, second = (again(desk, scan, upload_id=str(upload.pk)) for _ in range(2))
    scans = ComplianceScan.objects.filter(pk__in=[first["scan_id"], second["scan_id"]])
    assert {(new.upload_id, new.record_count) for new in scans} == {(upload.pk, 3)}
    assert Mapping.objects.get(upload=upload).config == CONFIG  # the second one found it


def test_columns_that_another_upload_lacks_are_named(desk: Desk) -> None:
    scan, upload = scanned(desk), desk.upload(b"Account,Sum,Day\nA1,5,2024-01-01\n")
    refused = again(desk, scan, 400, upload_id=str(upload.pk))
    assert refused["error"] == "MAPPING_INCOMPLETE"
    assert {fault["path"] for fault in refused["details"]} == {"mapping_config.amount", "mapping_config.timestamp"}
    assert (ComplianceScan.objects.count(), Mapping.objects.filter(upload=upload).count()) == (1, 0)


def test_a_scan_that_failed_has_no_result_to_be_unchanged(desk: Desk) -> None:
    upload = desk.upload()
    scan = factories.failed(desk.group, upload_of=upload)
    assert again(desk, scan)["unchanged"] is False


def test_content_that_is_gone_cannot_be_scanned_again_but_may_be_unchanged(desk: Desk) -> None:
    scan = scanned(desk)
    desk.client.delete(f"/api/data/{scan.upload_id}")
    assert Upload.objects.get(pk=scan.upload_id).deleted_at
    assert again(desk, scan, 200)["unchanged"] is True
    assert again(desk, scan, 409, force=True)["error"] == "CONFLICT"


def test_what_belongs_to_others_does_not_exist(desk: Desk) -> None:
    scan, stranger = scanned(desk), Desk()
    assert again(stranger, scan, 404)["message"] == "Scan not found"
    theirs = stranger.upload()
    assert "No upload" in again(desk, scan, 404, upload_id=str(theirs.pk))["message"]


def test_an_idempotency_key_starts_one_scan(desk: Desk) -> None:
    scan = scanned(desk)
    body = {"scan_id": str(scan.pk), "force": True}
    first, second = (desk.post("/api/scan/rescan", body, 202, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert first == second
    assert ComplianceScan.objects.count() == 2

"""Audits: who belongs to one, and how its status follows what its scans do."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import AuditEntry
from accounts.requester import Requester
from compliance.actions.scans import cancel_scan
from compliance.models import Audit, ComplianceScan, Violation
from tests.compliance import factories
from tests.compliance.desk import CONFIG, Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def status(desk: Desk, audit: Audit) -> str:
    return str(desk.get(f"/api/audits/{audit.pk}")["status"])


def run(desk: Desk, status: int = 202, **body: Any) -> Any:
    upload = desk.upload()
    mapped = factories.mapping(upload, CONFIG)
    wanted = {
        "policy_id": str(factories.policy(desk.group).pk),
        "upload_id": str(upload.pk),
        "mapping_id": str(mapped.pk),
    }
    return desk.post("/api/scan/run", {**wanted, **body}, status)


def test_the_status_follows_the_scans(desk: Desk) -> None:
    audit = factories.audit(desk.group)
    assert status(desk, audit) == "planned"
    first = factories.scan(desk.group, audit=audit)
    assert status(desk, audit) == "active"
    cancel_scan(scan=first, by=Requester.command("tests", desk.group))
    assert status(desk, audit) == "planned"  # nothing has run
    factories.completed(desk.group, audit=audit)
    assert status(desk, audit) == "active"  # its violation is pending
    Violation.objects.update(status="approved", reviewed_by="Ann", reviewed_at="2026-01-01T00:00:00Z")
    assert status(desk, audit) == "completed"
    factories.failed(desk.group, audit=audit)
    assert status(desk, audit) == "active"
    factories.completed(desk.group, [], audit=audit)
    assert status(desk, audit) == "completed"
    ComplianceScan.objects.update(hidden_at="2026-01-01T00:00:00Z", hidden_by="Ann")
    assert status(desk, audit) == "planned"


def test_a_waived_violation_waits_for_nobody(desk: Desk) -> None:
    audit = factories.audit(desk.group)
    scan = factories.completed(desk.group, audit=audit)
    Violation.objects.filter(scan=scan).update(waiver=factories.waiver(desk.group))
    assert status(desk, audit) == "completed"


def test_closed_it_takes_no_scan_until_it_is_reopened(desk: Desk) -> None:
    audit = factories.audit(desk.group)
    path = f"/api/audits/{audit.pk}"
    closed = desk.patch(path, {"closed": True})
    assert (closed["status"], closed["closed_at"] is None) == ("closed", False)
    assert run(desk, 409, audit_id=str(audit.pk))["error"] == "CONFLICT"
    reopened = desk.patch(path, {"closed": False})
    assert (reopened["status"], reopened["closed_at"]) == ("planned", None)
    run(desk, audit_id=str(audit.pk))
    told = AuditEntry.objects.filter(chain=desk.group.pk, action__startswith="audit.").order_by("pk")
    assert [entry.action for entry in told] == ["audit.closed", "audit.reopened"]


def test_a_scan_shows_its_audit_and_takes_its_name(desk: Desk) -> None:
    audit = factories.audit(desk.group, name="Q1 2026")
    unnamed, named = run(desk, audit_id=str(audit.pk)), run(desk, audit_id=str(audit.pk), audit_name="Mine")
    shown = [desk.get(f"/api/scan/{scan['scan_id']}") for scan in (unnamed, named)]
    assert [(scan["audit_id"], scan["audit_name"]) for scan in shown] == [
        (str(audit.pk), "Q1 2026"),
        (str(audit.pk), "Mine"),
    ]
    assert desk.get(f"/api/scan/{run(desk, audit_id=None)['scan_id']}")["audit_id"] is None


def test_the_scans_of_an_audit_are_listed_and_found_in_the_history(desk: Desk) -> None:
    audit = factories.audit(desk.group)
    done, waiting = factories.completed(desk.group, audit=audit), factories.scan(desk.group, audit=audit)
    factories.completed(desk.group)
    listed = desk.get(f"/api/audits/{audit.pk}/scans")["scans"]
    assert [scan["id"] for scan in listed] == [str(waiting.pk), str(done.pk)]
    assert [scan["id"] for scan in desk.get("/api/scan/history", audit_id=audit.pk)["scans"]] == [str(done.pk)]
    about = desk.get(f"/api/audits/{audit.pk}")
    assert (about["scan_count"], about["upload_count"], about["newest_scan_id"]) == (2, 2, str(waiting.pk))


def test_an_audit_of_one_policy_takes_no_scan_of_another(desk: Desk) -> None:
    audit = factories.audit(desk.group, policy=factories.policy(desk.group))
    assert run(desk, 400, audit_id=str(audit.pk))["details"][0]["path"] == "audit_id"
    other = factories.completed(desk.group, audit=factories.audit(desk.group))
    refused = desk.patch(f"/api/audits/{other.audit_id}", {"policy_id": str(audit.policy_id)}, 400)
    assert refused["details"][0]["path"] == "policy_id"


def test_an_unknown_audit_and_a_foreign_one_are_named_in_words(desk: Desk) -> None:
    theirs = factories.audit(factories.group())
    assert "No audit with this id" in run(desk, 404, audit_id=str(theirs.pk))["message"]
    assert desk.post("/api/audits", {"name": "x", "policy_id": str(factories.policy(theirs.group).pk)}, 404)


def test_a_period_that_ends_before_it_starts_is_refused(desk: Desk) -> None:
    body = {"name": "x", "period_start": "2024-02-01", "period_end": "2024-01-01"}
    assert desk.post("/api/audits", body, 400)["details"][0]["path"] == "period_end"
    made = desk.post("/api/audits", {**body, "period_end": "2024-02-01"}, 201)
    assert desk.patch(f"/api/audits/{made['id']}", {"period_end": "2024-01-31"}, 400)


def test_the_list_is_filtered_by_status_and_policy(desk: Desk) -> None:
    planned, active = factories.audit(desk.group), factories.audit(desk.group, policy=factories.policy(desk.group))
    factories.scan(desk.group, audit=active, on=active.policy)
    for query, expected in (
        ({"status": "planned"}, planned),
        ({"status": "active"}, active),
        ({"policy_id": active.policy_id}, active),
    ):
        assert [audit["id"] for audit in desk.get("/api/audits", **query)["audits"]] == [str(expected.pk)]


def test_a_rescan_joins_the_audit_while_it_is_open(desk: Desk) -> None:
    audit = factories.audit(desk.group)
    scan_id = run(desk, audit_id=str(audit.pk))["scan_id"]
    for closed, expected in (False, audit.pk), (True, None):
        desk.patch(f"/api/audits/{audit.pk}", {"closed": closed})
        again = desk.post("/api/scan/rescan", {"scan_id": scan_id}, 202)["scan_id"]
        assert ComplianceScan.objects.get(pk=again).audit_id == expected

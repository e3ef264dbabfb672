"""The page of an audit: planned, changed and closed by staff, through the actions of the API."""

from __future__ import annotations

from types import SimpleNamespace

from django.urls import reverse

from accounts.models import AuditEntry
from compliance.models import Audit
from tests.compliance import factories

ADD = "admin:compliance_audit_add"


def page(audit: Audit) -> str:
    return reverse("admin:compliance_audit_change", args=[audit.pk])


def test_staff_plan_an_audit_and_change_it(cast: SimpleNamespace) -> None:
    policy = factories.policy(cast.acme)
    said = {
        "group": cast.acme.pk,
        "name": "Q1",
        "description": "",
        "policy": policy.pk,
        "period_start": "",
        "period_end": "",
    }
    assert cast.colleague.post(reverse(ADD), said).status_code == 302
    audit = Audit.objects.get()
    assert (audit.group, audit.policy, audit.created_by) == (cast.acme, policy, "user:colleague")
    assert cast.colleague.post(page(audit), {**said, "name": "Q2", "policy": ""}).status_code == 302
    audit.refresh_from_db()
    assert (audit.name, audit.policy) == ("Q2", None)
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"audit.created", "audit.changed"}


def test_a_period_or_a_policy_that_does_not_fit_is_said_at_the_field(cast: SimpleNamespace) -> None:
    said = {"group": cast.acme.pk, "name": "Q1", "period_start": "2024-02-01", "period_end": "2024-01-01"}
    assert "must not be before" in cast.colleague.post(reverse(ADD), said).content.decode()
    foreign = {**said, "period_end": "", "policy": factories.policy(cast.neighbour).pk}
    assert "belongs to another account group" in cast.administrator.post(reverse(ADD), foreign).content.decode()
    assert not Audit.objects.exists()


def test_closing_and_reopening_are_deeds(cast: SimpleNamespace) -> None:
    audit = factories.audit(cast.acme)
    for deed, closed in ("close", True), ("reopen", False):
        cast.colleague.post(reverse("admin:compliance_audit_deed", args=[audit.pk, deed]))
        audit.refresh_from_db()
        assert (audit.closed_at is not None) == closed
    assert cast.reader.post(reverse("admin:compliance_audit_deed", args=[audit.pk, "close"])).status_code == 403


def test_its_scans_are_on_its_page(cast: SimpleNamespace) -> None:
    audit = factories.audit(cast.acme)
    assert "No scan yet" in cast.reader.get(page(audit)).content.decode()
    scan = factories.completed(cast.acme, audit=audit)
    assert str(scan.pk) in cast.reader.get(page(audit)).content.decode()

"""Who acts in two account groups cannot mix them: each form refuses what is of the other group, and makes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import Role
from compliance.models import Audit, ComplianceScan, DryRun, Schedule, Waiver
from jobs import wires
from prospecting.models import Audience, Folder, ProspectingJob
from scans.models import Monitor, SignalScan
from tests.accounts.staff_addresses import pages_of
from tests.compliance import factories
from tests.prospecting.admin import test_pages as prospecting
from tests.scans import factories as signals

pytestmark = pytest.mark.django_db
MADE = (Audit, ComplianceScan, DryRun, Schedule, Waiver, ProspectingJob, SignalScan, Monitor)


@pytest.fixture(autouse=True)
def unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages that no worker of this test would read."""
    monkeypatch.setattr(wires, "send", lambda *_: True)


@pytest.fixture
def groups() -> list[Any]:
    return [factories.group("Acme"), factories.group("Neighbour")]


@pytest.fixture
def ann(groups: list[Any]) -> Client:
    """Administrates both."""
    client = Client()
    client.force_login(factories.staff("Ann", *groups, role=Role.ADMINISTRATOR))
    return client


def add(name: str) -> str:
    return reverse(f"admin:{name}_add")


def deed(row: Any, name: str) -> str:
    return str(pages_of(row).url_of(row, "deed", name))


def errors_of(answer: Any) -> dict[str, Any]:
    shown = answer.context_data
    return dict((shown.get("form") or shown["adminform"].form).errors)


def test_nothing_is_made_of_parts_of_two_groups(groups: list[Any], ann: Client) -> None:
    acme, other = groups
    policy, source, upload = (make(other) for make in (factories.policy, factories.source, factories.upload))
    mapping = factories.mapping(upload)
    own = factories.policy(acme), factories.source(acme), factories.upload(acme)
    plan = {"group": acme.pk, "name": "x", "cron": "1 2 * * *", "time_zone": "UTC", "overlap": "skip",
            "catch_up": "none", "jitter": "0", "policy": own[0].pk, "source": own[1].pk}  # fmt: skip
    waived = {"group": acme.pk, "rule_id": "BIG", "account": "A", "reason": "x", "owner": "Ann",
              "expires_at_0": "2099-01-01", "expires_at_1": "00:00"}  # fmt: skip
    audience, specification = signals.audience(acme), signals.specification(other)
    watched = {"audience": audience.pk, "specification": specification.pk, "cron": "1 2 * * *", "time_zone": "UTC"}
    folder = Folder.objects.create(group=other, name="Theirs")
    file = prospecting.lead_file(acme)
    imported = {"start": "1", "audience": signals.audience(other).pk, "column_0": "email", "token": "0" * 32}
    sent: list[tuple[str, dict[str, Any], set[str]]] = [
        (add("compliance_schedule"), {**plan, "policy": policy.pk}, {"policy"}),
        (add("compliance_schedule"), {**plan, "source": source.pk}, {"source"}),
        (add("compliance_waiver"), {**waived, "policy": policy.pk}, {"policy"}),
        (add("compliance_audit"), {"group": acme.pk, "name": "x", "policy": policy.pk}, {"policy"}),
        (deed(own[2], "scan"), {"policy": policy.pk, "mapping": mapping.pk}, {"policy", "mapping"}),
        (deed(own[0], "dry_run"), {"mapping": mapping.pk}, {"mapping"}),
        (add("scans_signalscan"), watched, {"specification"}),
        (add("scans_monitor"), watched, {"specification"}),
        (deed(audience, "change"), {"name": "x", "folder": folder.pk}, {"folder"}),
        (reverse("admin:prospecting_leadfile_import", args=[file.pk]), imported, {"audience"}),
    ]  # fmt: skip
    before = [model.objects.count() for model in MADE]
    for address, form, faulty in sent:
        answer = ann.post(address, form)
        if answer.status_code == 302:  # the wizard goes back to a file it cannot read
            assert "leadfile" in answer.url, address
        else:
            assert faulty <= set(errors_of(answer)), (address, errors_of(answer))
    assert [model.objects.count() for model in MADE] == before
    assert Audience.objects.get(pk=audience.pk).folder is None

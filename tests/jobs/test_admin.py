"""The events of jobs, as staff read them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from jobs import kinds, wires
from jobs.admin import JobPages
from jobs.models import JobEvent
from tests.compliance import factories

pytestmark = pytest.mark.django_db
LIST = "admin:jobs_jobevent_changelist"


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """No messages that no worker of this test would read."""
    monkeypatch.setattr(wires, "send", lambda task, queue, job_id: True)


@pytest.fixture
def administrator() -> Client:
    client = Client()
    client.force_login(factories.staff("administrator", superuser=True))
    return client


def listed(client: Client, **query: str) -> list[tuple[str, str]]:
    rows: Any = client.get(reverse(LIST), query).context["cl"].result_list
    return [(event.job_id, event.to_status) for event in rows]


def test_events_are_listed_newest_first_and_lead_to_their_job(administrator: Client) -> None:
    scan, _ = factories.running(factories.group())
    assert listed(administrator) == [(str(scan.pk), "running"), (str(scan.pk), "queued")]
    page = reverse("admin:compliance_compliancescan_change", args=[scan.pk])
    assert page in administrator.get(reverse(LIST)).content.decode()


def test_every_kind_of_job_has_the_same_pages() -> None:
    models = [kind.model for kind in kinds.every() if admin.site.is_registered(kind.model)]
    assert {model.__name__ for model in models} >= {"ComplianceScan", "ProspectingJob", "SignalScan"}
    pages = [admin.site.get_model_admin(model) for model in models]
    assert [type(each).__name__ for each in pages if not isinstance(each, JobPages)] == []
    common = {"state", "done", "requested_by", "age"}
    spelled = {(type(each).__name__, name) for each in pages for name in common & vars(type(each)).keys()}
    assert spelled == {("ComplianceScanAdmin", "state")}  # which says "deleted", too


def test_events_are_found_by_the_id_of_their_job(administrator: Client) -> None:
    group = factories.group()
    wanted, _ = factories.scan(group), factories.scan(group)
    assert listed(administrator, q=str(wanted.pk).upper()) == [(str(wanted.pk), "queued")]
    assert listed(administrator, q="nonsense") == []


def test_events_are_filtered_by_kind_and_by_new_state(administrator: Client) -> None:
    scan, _ = factories.running(factories.group())
    assert listed(administrator, to_status__exact="running") == [(str(scan.pk), "running")]
    assert len(listed(administrator, kind="compliance_scan")) == 2
    assert listed(administrator, kind="other") == []


def test_an_event_of_a_kind_without_a_page_is_shown_without_a_link(administrator: Client) -> None:
    JobEvent.objects.create(group=factories.group(), kind="gone", job_id="7", to_status="queued", actor="tests")
    assert listed(administrator) == [("7", "queued")]

"""The events of jobs, as staff read them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jobs import kinds, lifecycle
from jobs.admin import JobPages
from jobs.models import JobEvent
from tests.compliance import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sent")]
LIST = "admin:jobs_jobevent_changelist"


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


def follow(client: Client, page: str) -> Any:
    """What the page asks while it is open; None: it asks nothing."""
    said = client.get(page).context["following"]
    return said and client.get(said["url"])


def test_the_page_of_a_live_job_follows_it_to_its_end(administrator: Client) -> None:
    scan, lease = factories.running(factories.group())
    page = reverse("admin:compliance_compliancescan_change", args=[scan.pk])
    asked = administrator.get(page).context["following"]
    assert asked["cells"] == f"#state-{scan.pk},#done-{scan.pk},#phase-{scan.pk}"
    for cell in asked["cells"].split(","):
        assert f'id="{cell[1:]}"' in administrator.get(page).content.decode()
    lifecycle.report(lease, progress=0.42)
    now = administrator.get(asked["url"])
    assert (now.status_code, "42 %" in now.content.decode()) == (200, True)
    lifecycle.fail(lease, code="TIMED_OUT", message="too long")
    over = administrator.get(asked["url"])
    assert (over.status_code, over["HX-Refresh"]) == (286, "true")
    assert "failed" in over.content.decode()
    assert follow(administrator, page) is None


def test_a_list_follows_those_that_are_live_and_is_not_loaded_anew(administrator: Client) -> None:
    group = factories.group()
    factories.completed(group)
    live, lease = factories.running(group)
    listed = reverse("admin:compliance_compliancescan_changelist")
    asked = administrator.get(listed).context["following"]
    assert str(live.pk) in asked["url"]
    assert asked["cells"].count("#") == 3
    lifecycle.fail(lease, code="TIMED_OUT", message="too long")
    over = administrator.get(asked["url"])
    assert (over.status_code, over.get("HX-Refresh")) == (286, None)
    assert follow(administrator, listed) is None


def test_following_shows_nothing_of_other_groups_and_costs_the_same_for_many(administrator: Client) -> None:
    group = factories.group("Acme")
    scans = [factories.running(group)[0] for _ in range(3)]
    address = reverse("admin:compliance_compliancescan_live")
    ids = ",".join(str(scan.pk) for scan in scans)
    stranger = Client()
    stranger.force_login(factories.staff("x", factories.group("Other"), permissions=["view_compliancescan"]))
    nothing = stranger.get(address, {"ids": ids})
    assert (nothing.status_code, nothing.content) == (286, b"")
    nobody = Client()
    nobody.force_login(factories.staff("y"))
    assert nobody.get(address, {"ids": ids}).status_code == 403
    assert administrator.get(address, {"ids": "nonsense"}).status_code == 400
    with CaptureQueriesContext(connection) as one:
        administrator.get(address, {"ids": str(scans[0].pk)})
    with CaptureQueriesContext(connection) as many:
        administrator.get(address, {"ids": ids})
    assert len(one) == len(many)

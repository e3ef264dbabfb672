"""Audiences and folders over v1."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import AccountGroup, AuditEntry
from jobs.enums import Status
from prospecting.api import folders
from prospecting.models import Audience, AudienceMember, Folder, Prospect
from scans.models import SignalScan, SignalSpecification
from tests.prospecting import people
from tests.prospecting.people import V1

pytestmark = pytest.mark.django_db
UNKNOWN = "0" * 24


@pytest.fixture
def group(db: None) -> AccountGroup:
    return people.group()


@pytest.fixture
def v1(group: AccountGroup) -> V1:
    return V1(group)


def test_an_audience_is_made_listed_changed_and_deleted(group: AccountGroup, v1: V1) -> None:
    made = v1.data("POST", "/audiences", {"name": "Leads", "description": "From the fair"})
    assert list(made) == ["id", "name", "type", "description", "folderId", "prospectCount", "createdAt"]
    assert (made["type"], made["folderId"], made["prospectCount"]) == ("on_demand", None, 0)
    assert v1.data("GET", "/audiences") == {"items": [made], "nextCursor": None, "hasMore": False}
    path = f"/audiences/{made['id']}"
    assert v1.data("PATCH", path, {"description": None}) == {**made, "description": None}
    assert v1.data("GET", path)["name"] == "Leads"
    assert v1.data("DELETE", path) == {"deleted": True}
    assert v1.code("GET", path) == (404, "NOT_FOUND")
    done = AuditEntry.objects.filter(chain=group.pk, object_id=made["id"]).order_by("number")
    assert [entry.action for entry in done] == ["audience.created", "audience.changed", "audience.deleted"]


def test_an_audience_is_made_201_and_all_else_is_200(v1: V1) -> None:
    status, answer = v1("POST", "/audiences", {"name": "Leads"})
    assert status == 201
    assert v1("GET", f"/audiences/{answer['data']['id']}")[0] == 200
    assert v1("POST", "/audiences/folders", {"name": "2026"})[0] == 201


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": 5}, "name"),
        ({"name": "A\0"}, "name"),
        ({"name": "A", "type": "weekly"}, "type"),
        ({"name": "A", "folderId": "nonsense"}, "folderId"),
        ({"name": "A", "folderId": UNKNOWN}, "folderId"),
        ({"name": "A", "description": "x" * 2001}, "description"),
        ({"name": "A", "prospectCount": 5}, "prospectCount"),
        ({"name": "A", "folder_id": UNKNOWN}, "folder_id"),
        ([], ""),
    ],
)
def test_an_audience_that_cannot_be_is_refused_by_field(v1: V1, body: Any, field: str) -> None:
    status, answer = v1("POST", "/audiences", body)
    assert (status, answer["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert [fault["field"] for fault in answer["error"]["details"]] == [field]
    assert not Audience.objects.exists()


def test_a_change_needs_something_to_change(group: AccountGroup, v1: V1) -> None:
    path = f"/audiences/{people.audience(group).pk}"
    assert v1.code("PATCH", path, {}) == (400, "VALIDATION_ERROR")
    assert v1.code("PATCH", path, {"type": "monitoring"}) == (400, "VALIDATION_ERROR")
    assert v1.data("PATCH", path, {"name": "New"})["name"] == "New"


@pytest.mark.parametrize("status", [Status.QUEUED, Status.RUNNING])
def test_an_audience_that_a_job_fills_is_not_ready(group: AccountGroup, v1: V1, status: str) -> None:
    audience = people.audience(group)
    running = {"attempts": 1, "lease_token": "0" * 8 + "-0000-4000-8000-" + "0" * 12} if status == "running" else {}
    _job(audience, status, running)
    path, folder = f"/audiences/{audience.pk}", Folder.objects.create(group=group, name="F")
    assert v1.data("GET", "/audiences")["items"] == []
    navigation = v1.data("GET", "/audiences/navigation")
    assert [audience.pk in str(part) for part in navigation.values()] == [False] * 3
    calls = [
        ("GET", path, None), ("PATCH", path, {"name": "B"}), ("DELETE", path, None), ("GET", f"{path}/prospects", None),
        ("POST", f"{path}/move-to-folder", {"folderId": folder.pk}), ("POST", f"{path}/remove-from-folder", None),
    ]  # fmt: skip
    assert {v1.code(*call) for call in calls} == {(409, "AUDIENCE_NOT_READY")}
    assert Audience.objects.get().name == "Leads"


def _job(audience: Audience, status: str, more: dict[str, Any]) -> None:
    if more:
        job = people.job(audience)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE prospecting_prospectingjob SET status = 'running', attempts = 1, lease_token = %s,"
                " lease_until = now() + interval '1 hour', worker = 'w', started_at = now(), publish_after = NULL"
                " WHERE id = %s",
                [more["lease_token"], job.pk],
            )
    else:
        people.job(audience, status)


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
def test_when_the_job_is_over_the_audience_is_ready(group: AccountGroup, v1: V1, status: str) -> None:
    audience = people.audience(group)
    job = people.job(audience)
    also: dict[str, Any] = {
        Status.FAILED: {"error_code": "X", "error_message": "x"},
        Status.COMPLETED: {"import_total": 0, "enrichment_total": 0, "progress": 1},
    }.get(Status(status), {})
    type(job).objects.filter(pk=job.pk).update(status=status, completed_at=job.created_at, publish_after=None, **also)
    assert v1.data("GET", f"/audiences/{audience.pk}")["id"] == audience.pk
    assert len(v1.data("GET", "/audiences")["items"]) == 1


def test_an_audience_that_a_scan_looks_at_is_not_deleted(group: AccountGroup, v1: V1) -> None:
    audience = people.audience(group)
    specification = SignalSpecification.objects.create(group=group, name="News")
    scan = SignalScan.objects.create(group=group, audience=audience, specification=specification)
    assert v1.code("DELETE", f"/audiences/{audience.pk}") == (409, "CONFLICT")
    SignalScan.objects.filter(pk=scan.pk).update(
        status=Status.CANCELLED, completed_at=scan.created_at, publish_after=None
    )
    assert v1.data("DELETE", f"/audiences/{audience.pk}") == {"deleted": True}
    assert SignalScan.objects.get().audience_id == audience.pk


def test_deleting_an_audience_leaves_its_prospects(group: AccountGroup, v1: V1) -> None:
    audience = people.audience(group, people.prospect(group, name="Jane"))
    v1.data("DELETE", f"/audiences/{audience.pk}")
    assert Prospect.objects.count() == 1
    assert not AudienceMember.objects.exists()


def test_audiences_move_into_folders_and_out_again(group: AccountGroup, v1: V1) -> None:
    folder = v1.data("POST", "/audiences/folders", {"name": "2026"})
    audience = people.audience(group)
    path = f"/audiences/{audience.pk}"
    assert v1.data("POST", f"{path}/move-to-folder", {"folderId": folder["id"]})["folderId"] == folder["id"]
    shown = {"id": audience.pk, "name": "Leads", "type": "on_demand", "prospectCount": 0}
    assert v1.data("GET", "/audiences/navigation") == {
        "folders": [{**folder, "audiences": [shown]}], "audiences": [], "hasMore": False,
    }  # fmt: skip
    for _ in range(2):
        assert v1.data("POST", f"{path}/remove-from-folder")["folderId"] is None
    assert v1.data("GET", "/audiences/navigation")["audiences"] == [shown]
    moves = AuditEntry.objects.filter(action="audience.moved").order_by("number")
    assert [(move.before, move.after) for move in moves] == [
        ({"folder": None}, {"folder": folder["id"]}), ({"folder": folder["id"]}, {"folder": None}),
    ]  # fmt: skip


@pytest.mark.parametrize("body", [{}, {"folderId": UNKNOWN}, {"folderId": None}, {"folderId": "x"}, {"folderId": 1}])
def test_an_audience_moves_only_into_a_folder_that_is_there(group: AccountGroup, v1: V1, body: Any) -> None:
    path = f"/audiences/{people.audience(group).pk}/move-to-folder"
    assert v1.code("POST", path, body) == (400, "VALIDATION_ERROR")


def test_a_folder_of_another_group_is_none(group: AccountGroup, v1: V1) -> None:
    foreign = Folder.objects.create(group=people.group("Neighbour"), name="Theirs")
    path = f"/audiences/{people.audience(group).pk}/move-to-folder"
    assert v1.code("POST", path, {"folderId": foreign.pk}) == (400, "VALIDATION_ERROR")
    assert v1.code("PATCH", f"/audiences/folders/{foreign.pk}", {"name": "Mine"}) == (404, "NOT_FOUND")


def test_a_folder_has_a_name_of_its_own(group: AccountGroup, v1: V1) -> None:
    first, second = (v1.data("POST", "/audiences/folders", {"name": name}) for name in ("A", "B"))
    assert v1.code("POST", "/audiences/folders", {"name": "A"}) == (409, "CONFLICT")
    assert v1.code("PATCH", f"/audiences/folders/{second['id']}", {"name": "A"}) == (409, "CONFLICT")
    assert v1.data("PATCH", f"/audiences/folders/{first['id']}", {"name": "A"})["name"] == "A"
    assert v1.data("PATCH", f"/audiences/folders/{second['id']}", {"name": "C"})["name"] == "C"
    assert V1(people.group("Neighbour"))("POST", "/audiences/folders", {"name": "A"})[0] == 201


def test_the_database_refuses_an_audience_without_a_name(group: AccountGroup) -> None:
    with pytest.raises(IntegrityError, match="an_audience_has_a_name"), transaction.atomic():
        people.audience(group, name="")


def test_the_prospects_of_an_audience_are_paged_the_latest_first(group: AccountGroup, v1: V1) -> None:
    members = [people.prospect(group, name=f"P{number}") for number in range(7)]
    path = f"/audiences/{people.audience(group, *members).pk}/prospects"
    seen, cursor = [], ""
    while cursor is not None:
        page = v1.data("GET", f"{path}?limit=3{cursor and '&cursor=' + cursor}")
        seen += [item["name"] for item in page["items"]]
        cursor = page["nextCursor"]
    assert seen == [f"P{number}" for number in reversed(range(7))]


@pytest.mark.parametrize("path", ["/audiences", "/audiences/navigation", "/audiences/{}/prospects"])
def test_a_list_costs_the_same_queries_however_long_it_is(group: AccountGroup, v1: V1, path: str) -> None:
    counts = []
    audience = people.audience(group)
    for _ in range(2):
        for number in range(6):
            member = people.prospect(group, name="P", company=people.company(group, key=f"{len(counts)}{number}"))
            AudienceMember.objects.create(audience=audience, prospect=member)
            folder = Folder.objects.create(group=group, name=f"F{len(counts)}{number}")
            people.audience(group, folder=folder)
        v1.data("GET", path.format(audience.pk))  # the key has been used
        with CaptureQueriesContext(connection) as queries:
            v1.data("GET", path.format(audience.pk))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 7


def test_the_navigation_says_when_it_does_not_show_all(
    group: AccountGroup, v1: V1, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "MOST_SHOWN", 2)
    newest = [people.audience(group, name=name).pk for name in "ABC"][1:]
    shown = v1.data("GET", "/audiences/navigation")
    assert shown["hasMore"] is True
    assert {audience["id"] for audience in shown["audiences"]} == set(newest)


def test_a_key_sees_the_accounts_it_reaches_and_no_others(group: AccountGroup, v1: V1) -> None:
    people.group("Neighbour")
    (item,) = v1.data("GET", "/v1/accounts")["items"]
    assert (item["id"], item["name"], list(item)) == (group.pk, "Acme", ["id", "name", "createdAt"])
    assert V1(group, permissions=[]).data("GET", "/v1/accounts")["items"] == [item]
    assert v1.code("GET", "/v1/accounts?status=x") == (400, "VALIDATION_ERROR")

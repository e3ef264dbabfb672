"""Signal specifications, monitors and activities over the API."""

from __future__ import annotations

from typing import Any

import pytest

from jobs import kinds, lifecycle
from scans.models import SignalScan, SignalSpecification
from tests.scans import factories
from tests.scans.asking import Asking, data, fault

pytestmark = pytest.mark.django_db
PATH = "/signal-specifications"
ITEM = {
    "source": "company_news", "keywords": ["series A", {"term": "funding", "weight": 2.5}],
    "excludeKeywords": ["rumour"], "minScore": 20, "maxAgeDays": 90,
}  # fmt: skip
BODY = {"name": "Growth", "description": "Money comes in", "specifications": [ITEM]}


@pytest.fixture
def asking() -> Asking:
    return Asking(factories.group())


def test_a_specification_is_made_read_listed_changed_and_deleted(asking: Asking) -> None:
    made = data(asking.post(PATH, BODY), 201)
    where = f"{PATH}/{made['id']}"
    assert made == {**BODY, "id": made["id"], "sources": ["company_news"], "createdAt": made["createdAt"]}
    assert data(asking.get(where)) == made
    assert data(asking.get(PATH)) == {"items": [made], "nextCursor": None, "hasMore": False}
    posts = [{"source": "post", "keywords": ["hiring"]}, {"source": "post", "keywords": ["growth"]}]
    changed = data(asking.patch(where, {"specifications": posts}))
    assert changed == {
        **made, "sources": ["post"], "specifications": [{**post, "excludeKeywords": []} for post in posts],
    }  # fmt: skip
    assert data(asking.delete(where)) == {"deleted": True}
    assert fault(asking.get(where), 404) == ("NOT_FOUND", None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"), ({"name": "x" * 201}, "name"), ({"specifications": []}, "specifications"),
        ({"specifications": [{**ITEM, "source": "rumours"}]}, "specifications[0].source"),
        ({"specifications": [{**ITEM, "keywords": ["a AND"]}]}, "specifications[0].keywords[0]"),
        ({"specifications": [ITEM, {**ITEM, "keywords": ["a", ""]}]}, "specifications[1].keywords[1]"),
        ({"specifications": [{**ITEM, "keywords": [{"weight": 1}]}]}, "specifications[0].keywords[0].term"),
        ({"specifications": [{**ITEM, "keywords": [{"term": "a", "weight": 0}]}]},
         "specifications[0].keywords[0].weight"),
        ({"specifications": [{**ITEM, "keywords": [{"term": "a", "weight": True}]}]},
         "specifications[0].keywords[0].weight"),
        ({"specifications": [{**ITEM, "keywords": [5]}]}, "specifications[0].keywords[0]"),
        ({"specifications": [{**ITEM, "minScore": 101}]}, "specifications[0].minScore"),
        ({"specifications": [{**ITEM, "minScore": "5"}]}, "specifications[0].minScore"),
        ({"specifications": [{**ITEM, "maxAgeDays": 0}]}, "specifications[0].maxAgeDays"),
        ({"specifications": [{**ITEM, "exclude_keywords": []}]}, "specifications[0].exclude_keywords"),
        ({"specifications": ITEM}, "specifications"), ({"specifications": [5]}, "specifications[0]"),
        ({"specifications": [{"source": "post"}]}, "specifications[0].keywords"),
    ],
)  # fmt: skip
def test_a_faulty_specification_is_400_and_names_the_field(asking: Asking, change: dict[str, Any], field: str) -> None:
    assert fault(asking.post(PATH, BODY | change), 400) == ("VALIDATION_ERROR", field)
    where = f"{PATH}/{factories.specification(asking.group).pk}"
    assert fault(asking.patch(where, change), 400) == ("VALIDATION_ERROR", field)


def test_a_change_names_something(asking: Asking) -> None:
    where = f"{PATH}/{factories.specification(asking.group).pk}"
    assert fault(asking.patch(where, {}), 400) == ("VALIDATION_ERROR", None)


def test_a_specification_in_use_is_not_deleted(asking: Asking) -> None:
    scan = factories.scan(asking.group)
    where = f"{PATH}/{scan.specification_id}"
    assert fault(asking.delete(where), 409) == ("CONFLICT", None)
    lifecycle.cancel(kinds.of(scan), scan.pk, actor="tests")
    assert data(asking.delete(where)) == {"deleted": True}
    shown = data(asking.get(f"/signals/scans/{scan.pk}"))
    assert shown["signalSpecificationId"] == scan.specification_id
    monitor = factories.monitor(asking.group)
    assert fault(asking.delete(f"{PATH}/{monitor.specification_id}"), 409) == ("CONFLICT", None)


def test_a_scan_keeps_the_items_it_started_with(asking: Asking) -> None:
    scan = factories.scan(asking.group)
    data(asking.patch(f"{PATH}/{scan.specification_id}", {"specifications": [ITEM]}))
    assert SignalScan.objects.get().items == [factories.NEWS]
    assert SignalSpecification.objects.get().items == [ITEM]


def test_a_monitor_is_made_listed_changed_and_deleted(asking: Asking) -> None:
    body = {
        "signalSpecificationId": factories.specification(asking.group).pk,
        "audienceId": factories.audience(asking.group).pk,
        "cadence": {"cron": "30 7 * * 1-5", "timeZone": "Europe/Vienna"},
    }
    made = data(asking.post("/signals/monitors", body), 201)
    where = f"/signals/monitors/{made['id']}"
    assert {name: made[name] for name in body} == body
    assert (made["isActive"], made["note"]) == (True, None)
    assert made["nextRunAt"] is not None
    assert data(asking.get("/signals/monitors"))["items"] == [made]
    paused = data(asking.patch(where, {"isActive": False}))
    assert (paused["isActive"], paused["nextRunAt"]) == (False, None)
    again = data(asking.patch(where, {"isActive": True, "cadence": {"cron": "0 0 1 1 *"}}))
    assert again["cadence"] == {"cron": "0 0 1 1 *", "timeZone": "UTC"}
    assert again["nextRunAt"].endswith("-01-01T00:00:00.000Z")
    assert data(asking.delete(where)) == {"deleted": True}
    assert fault(asking.delete(where), 404) == ("NOT_FOUND", None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cadence": {"cron": "61 * * * *"}}, "cadence.cron"), ({"cadence": {}}, "cadence.cron"),
        ({"cadence": {"cron": "* * * * *", "timeZone": "Mars"}}, "cadence.timeZone"),
        ({"audienceId": "0" * 24}, "audienceId"), ({"signalSpecificationId": "0" * 24}, "signalSpecificationId"),
    ],
)  # fmt: skip
def test_a_faulty_monitor_is_400_and_names_the_field(asking: Asking, change: dict[str, Any], field: str) -> None:
    monitor = factories.monitor(asking.group)
    body = {
        "signalSpecificationId": monitor.specification_id, "audienceId": monitor.audience_id,
        "cadence": {"cron": "0 7 * * *"},
    }  # fmt: skip
    assert fault(asking.post("/signals/monitors", body | change), 400) == ("VALIDATION_ERROR", field)
    assert fault(asking.patch(f"/signals/monitors/{monitor.pk}", change), 400) == ("VALIDATION_ERROR", field)


def activity(**fields: Any) -> dict[str, Any]:
    return {
        "externalId": "a1", "type": "post", "text": "We are hiring", "url": "https://social.example/1",
        "postedAt": "2026-11-01T08:00:00Z", **fields,
    }  # fmt: skip


def test_activities_are_taken_once_and_faulty_ones_say_why(asking: Asking) -> None:
    person = factories.prospect(asking.group)
    name, stranger = person.public_identifier, factories.prospect(factories.group())
    sent = [
        activity(prospectId=person.pk),
        activity(prospectId=person.pk),
        activity(externalId="a2", publicIdentifier=name.upper(), type="comment", replySummary="Yes"),
        activity(externalId="a3", prospectId=stranger.pk),
        activity(externalId="a4", publicIdentifier=stranger.public_identifier),
        activity(externalId="a5"),
        activity(externalId="a6", prospectId=person.pk, type="like"),
        activity(externalId="a7", prospectId=person.pk, url="nowhere"),
        {},
    ]
    taken = data(asking.post("/activities", {"activities": sent}), 202)
    assert (taken["accepted"], taken["duplicates"]) == (2, 1)
    assert [(each["index"], each["reason"].partition(":")[0]) for each in taken["rejected"]] == [
        (3, "prospectId"), (4, "publicIdentifier"), (5, "name the person by one of prospectId and publicIdentifier"),
        (6, "type"), (7, "url"), (8, "externalId"),
    ]  # fmt: skip
    again = data(asking.post("/activities", {"activities": sent[:3]}), 202)
    assert again == {"accepted": 0, "duplicates": 3, "rejected": []}
    assert list(person.activities.order_by("external_id").values_list("external_id", "type")) == [
        ("a1", "post"), ("a2", "comment"),
    ]  # fmt: skip


def test_500_activities_are_taken_at_once_and_no_more(asking: Asking) -> None:
    person = factories.prospect(asking.group).pk
    sent = [activity(externalId=f"a{number}", prospectId=person) for number in range(501)]
    assert fault(asking.post("/activities", {"activities": sent}), 400) == ("VALIDATION_ERROR", "activities")
    assert data(asking.post("/activities", {"activities": sent[:500]}), 202)["accepted"] == 500
    assert fault(asking.post("/activities", {"activities": []}), 400) == ("VALIDATION_ERROR", "activities")
    assert fault(asking.post("/activities", sent[:1]), 400) == ("VALIDATION_ERROR", "")


def test_the_same_external_id_may_be_sent_by_two_groups(asking: Asking) -> None:
    for each in (asking, Asking(factories.group())):
        body = {"activities": [activity(prospectId=factories.prospect(each.group).pk)]}
        assert data(each.post("/activities", body), 202)["accepted"] == 1

"""PartnerView: permissions, account groups, and the order in which a request is refused."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import AccountGroup, IdempotencyRecord
from accounts.throttling import Bucket
from accounts.throttling import client as redis_client
from tests.accounts.conftest import Issue, bearer
from web.identifiers import new_object_id

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.routes")]


@pytest.mark.parametrize(
    ("permissions", "get", "post"),
    [
        (["compliance:read"], 200, 403),
        (["compliance:write"], 403, 201),
        (["compliance:read", "compliance:write"], 200, 201),
        (["signals:read", "compliance:review"], 403, 403),
        ([], 403, 403),
    ],
)
def test_a_key_may_do_what_it_was_given(
    client: Client, issue: Issue, permissions: list[str], get: int, post: int
) -> None:
    headers = bearer(issue(permissions=permissions)[1])
    assert client.get("/api/who", headers=headers).status_code == get
    assert client.head("/api/who", headers=headers).status_code == get
    assert client.post("/api/who", "{}", "application/json", headers=headers).status_code == post


def test_the_missing_permission_is_named(client: Client, issue: Issue) -> None:
    response = client.get("/api/who", headers=bearer(issue(permissions=[])[1]))
    assert response.json()["message"] == "This API key lacks the permission compliance:read."


def test_a_view_without_a_declaration_refuses_everybody(client: Client, issue: Issue) -> None:
    assert client.get("/api/undeclared", headers=bearer(issue()[1])).status_code == 403


def test_any_key_is_enough_where_the_view_says_so(client: Client, issue: Issue) -> None:
    assert client.get("/v1/anybody", headers=bearer(issue(permissions=[])[1])).status_code == 200
    assert client.get("/v1/anybody").status_code == 401


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
def test_a_method_the_view_does_not_know_is_405_with_allow(client: Client, issue: Issue, method: str) -> None:
    response = getattr(client, method)("/api/who", headers=bearer(issue(permissions=[])[1]))
    assert response.status_code == 405
    assert response.json()["error"] == "METHOD_NOT_ALLOWED"
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_options_answers_with_allow_and_nothing_else(client: Client, issue: Issue) -> None:
    response = client.options("/api/who", headers=bearer(issue(permissions=[])[1]))
    assert (response.status_code, response.content) == (204, b"")
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_head_is_get_without_a_body(client: Client, issue: Issue) -> None:
    response = client.head("/api/who", headers=bearer(issue()[1]))
    assert (response.status_code, response.content) == (200, b"")


def test_one_group_is_implied(client: Client, issue: Issue, group: AccountGroup) -> None:
    assert client.get("/api/who", headers=bearer(issue()[1])).json()["group"] == group.pk


def test_the_group_may_be_named_by_header(
    client: Client, issue: Issue, group: AccountGroup, neighbour: AccountGroup
) -> None:
    _, text = issue(group, neighbour)
    for wanted in (group, neighbour):
        response = client.get("/api/who", headers=bearer(text, X_Account_Group=wanted.pk))
        assert response.json()["group"] == wanted.pk


def test_a_key_of_several_groups_must_name_one(
    client: Client, issue: Issue, group: AccountGroup, neighbour: AccountGroup
) -> None:
    response = client.get("/api/who", headers=bearer(issue(group, neighbour)[1]))
    assert response.status_code == 400
    assert response.json()["details"][0]["path"] == "X-Account-Group"


def test_an_unknown_and_a_foreign_group_get_the_same_403(client: Client, issue: Issue, neighbour: AccountGroup) -> None:
    headers = bearer(issue()[1])
    answers = []
    for wanted in (neighbour.pk, new_object_id()):
        by_header = client.get("/api/who", headers={**headers, "X-Account-Group": wanted})
        by_path = client.get(f"/v1/accounts/{wanted}/who", headers=headers)
        answers.append((by_header.status_code, by_header.content, by_path.status_code, by_path.json()["error"]))
    assert answers[0] == answers[1]
    assert (answers[0][0], answers[0][2]) == (403, 403)


@pytest.mark.parametrize("header", ["nonsense", "\0", "é", "507F1F77BCF86CD799439011"])
def test_a_header_that_is_no_group_is_403(client: Client, issue: Issue, header: str) -> None:
    assert client.get("/api/who", headers=bearer(issue()[1], X_Account_Group=header)).status_code == 403


def test_v1_takes_the_group_from_the_path_only(
    client: Client, issue: Issue, group: AccountGroup, neighbour: AccountGroup
) -> None:
    headers = bearer(issue(group, neighbour)[1], X_Account_Group=neighbour.pk)
    response = client.get(f"/v1/accounts/{group.pk}/who", headers=headers)
    assert response.json()["data"]["group"] == group.pk


def test_a_malformed_id_is_400_in_v1_and_404_in_compliance(client: Client, issue: Issue, group: AccountGroup) -> None:
    headers = bearer(issue()[1])
    assert client.get(f"/v1/accounts/{group.pk}/who/nonsense", headers=headers).status_code == 400
    assert client.get("/v1/accounts/nonsense/who", headers=headers).status_code == 400
    assert client.get("/api/who/nonsense", headers=headers).status_code == 404


@pytest.mark.parametrize("query", ["color=red", "colour=1&colour=2", "colour=%00", "format=json", "page=2"])
def test_what_the_query_does_not_know_is_400(client: Client, issue: Issue, query: str) -> None:
    headers = bearer(issue()[1])
    assert client.get("/api/who?colour=red", headers=headers).status_code == 200
    assert client.get(f"/api/who?{query}", headers=headers).status_code == 400
    assert client.post(f"/api/who?{query}", "{}", "application/json", headers=headers).status_code == 400


def test_answers_may_not_be_kept_by_shared_caches(client: Client, issue: Issue) -> None:
    assert client.get("/api/who", headers=bearer(issue()[1]))["Cache-Control"] == "private, no-cache"


def drain(key_id: str) -> None:
    bucket = Bucket("default", key_id, 600)
    redis_client().hset(bucket.redis_key, mapping={"tokens": "-1000", "at": "9999999999"})


def test_checks_come_in_the_order_of_the_contract(client: Client, issue: Issue, neighbour: AccountGroup) -> None:
    """Each request is wrong in every later way, too: 401, 429, 405, 403 permission, 403 group, 400."""
    key, text = issue(permissions=["signals:read"])
    foreign = f"/v1/accounts/{neighbour.pk}/who/nonsense?unknown=1"
    assert client.get(foreign).status_code == 401
    assert client.delete(foreign, headers=bearer(text)).status_code == 405
    refused = client.get(foreign, headers=bearer(text)).json()["error"]["message"]
    assert refused == "This API key lacks the permission compliance:read."
    reading = issue(permissions=["compliance:read"])[1]
    refused = client.get(foreign, headers=bearer(reading)).json()["error"]["message"]
    assert refused == "This API key does not reach that account group."
    own = f"/v1/accounts/{key.groups.get().pk}/who/nonsense?unknown=1"
    assert client.get(own, headers=bearer(reading)).status_code == 400
    drain(key.pk)
    assert client.delete(foreign, headers=bearer(text)).status_code == 429


def test_a_request_without_a_key_never_learns_whether_a_method_exists(client: Client, issue: Issue) -> None:
    assert client.delete("/api/who").status_code == 401
    assert client.options("/api/who").status_code == 401
    assert client.get("/api/who/nonsense").status_code == 401


def test_a_list_walks_through_the_view(client: Client, issue: Issue, group: AccountGroup) -> None:
    for key in "abcde":
        IdempotencyRecord.objects.create(group=group, operation="test", key=key, fingerprint="0" * 64)
    _, text = issue()
    first = client.get("/api/records?limit=3", headers=bearer(text)).json()
    second = client.get(f"/api/records?limit=3&cursor={first['next_cursor']}", headers=bearer(text)).json()
    assert sorted([*first["records"], *second["records"]]) == [*"abcde"]
    assert (len(second["records"]), second["has_more"]) == (2, False)
    filtered = client.get(f"/api/records?name=x&cursor={first['next_cursor']}", headers=bearer(text))
    assert filtered.status_code == 400


def test_a_body_is_read_strictly_through_the_view(client: Client, issue: Issue) -> None:
    headers = bearer(issue()[1])
    assert client.post("/api/who", '{"a": NaN}', "application/json", headers=headers).status_code == 400
    assert client.post("/api/who", "a=1", "application/x-www-form-urlencoded", headers=headers).status_code == 415
    response = client.post("/api/who", '{"a": 1}', "text/plain;charset=UTF-8", headers=headers)
    assert response.json() == {"sent": {"a": 1}}


@pytest.mark.parametrize(("method", "status"), [("get", 500), ("put", 503)])
def test_a_fault_of_the_view_is_told_without_internal_text(
    browser: Client, issue: Issue, method: str, status: int
) -> None:
    response = getattr(browser, method)("/api/broken", headers=bearer(issue()[1]))
    assert response.status_code == status
    assert b"hunter2" not in response.content
    assert b"closed" not in response.content

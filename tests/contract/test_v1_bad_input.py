"""Whatever is wrong with a request to v1, the answer says what and where, and nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.contract import openapi
from tests.contract.calls import Call, send
from tests.contract.standing import standing
from tests.contract.test_v1_routes import ROUTES
from tests.contract.v1_calls import CALLS, Owner

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sandbox_provider")]
WITH_BODY = [route for route in sorted(CALLS) if route.startswith(("POST", "PATCH")) and "/files" not in route]
LISTS = [route for route, view in sorted(ROUTES.items()) if "cursor" in view.query.get(route.split()[0], ())]
NO_BODY = ("/cancel", "/remove-from-folder")
BODIES = [route for route in WITH_BODY if not route.endswith(NO_BODY)]
BROKEN = {
    "nothing": b"", "half": b'{"name": ', "text": b"name=A", "invalid UTF-8": b'{"name": "\xff"}', "list": b"[]",
    "number": b"5", "null": b"null", "word": b'"name"', "NaN": b'{"name": NaN}', "brackets": b"[" * 100_000,
    "objects": b'{"a":' * 100_000, "two of one": b'{"name": "A", "name": "B"}', "NUL": b'{"na\\u0000me": "A"}',
    "huge number": b'{"name": ' + b"9" * 10_000 + b"}", "lone surrogate": b'{"name": "\\ud800"}',
}  # fmt: skip


def refused(route: str, call: Call, key: str) -> dict[str, Any]:
    """The error of a call that must be answered with 400."""
    answer = send(route.split()[0], call, key)
    openapi.check_django(route.split()[0], call.path.partition("?")[0], answer)
    body = answer.json()
    assert (answer.status_code, body["error"]["code"]) == (400, "VALIDATION_ERROR"), (call.body, body)
    return dict(body["error"])


def others(value: Any) -> Iterator[Any]:
    """Values of every other type of JSON."""
    yield from (each for each in (5, 0.5, True, "\0", [], {}, [None], {"a": 1}) if type(each) is not type(value))
    if isinstance(value, str):
        yield from ("a\0b", "x" * 100_000)


@pytest.mark.parametrize("route", BODIES)
def test_a_field_of_another_type_is_named(route: str) -> None:
    owner = Owner()
    call, key = CALLS[route](owner), owner.key()
    before = standing(owner.group)
    for name, value in call.body.items():
        for wrong in others(value):
            error = refused(route, replace(call, body={**call.body, name: wrong}), key)
            assert any(fault["field"].startswith(name) for fault in error["details"] or ()), (name, wrong, error)
    assert standing(owner.group) == before


@pytest.mark.parametrize("route", BODIES)
def test_a_field_that_nobody_knows_is_named(route: str) -> None:
    owner = Owner()
    call, key = CALLS[route](owner), owner.key()
    before = standing(owner.group)
    for name in ("colour", "", "account_group_id", "a\0b", "x" * 5000):
        details = refused(route, replace(call, body={**call.body, name: 1}), key)["details"]
        assert [fault["field"] for fault in details] == [name[:100]] or name in ("", "a\0b")
    assert standing(owner.group) == before


@pytest.mark.parametrize("route", BODIES)
def test_a_body_that_is_no_object_is_refused(route: str) -> None:
    owner = Owner()
    call, key = CALLS[route](owner), owner.key()
    before = standing(owner.group)
    for body in BROKEN.values():
        refused(route, replace(call, body=body), key)
    wrong = send(route.split()[0], replace(call, content_type="text/plain"), key)
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    huge = send(route.split()[0], replace(call, body=json.dumps({"name": "x" * 12_000_000}).encode()), key)
    assert (huge.status_code, huge.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert standing(owner.group) == before


@pytest.mark.parametrize("route", [route for route in WITH_BODY if route.endswith(NO_BODY)])
def test_a_body_on_a_route_that_defines_none_is_ignored(route: str) -> None:
    owner = Owner()
    call = replace(CALLS[route](owner), body=b'{"colour": [', content_type="text/plain")
    assert send(route.split()[0], call, owner.key()).status_code == 200


@pytest.mark.parametrize("route", sorted(CALLS))
def test_a_query_parameter_that_nobody_knows_is_named(route: str) -> None:
    owner = Owner()
    call, key = CALLS[route](owner), owner.key()
    for query, name in (("colour=red", "colour"), ("Limit=5", "Limit"), ("offset=5", "offset")):
        details = refused(route, replace(call, path=f"{call.path}?{query}"), key)["details"]
        assert [fault["field"] for fault in details] == [name]


@pytest.mark.parametrize("route", LISTS)
def test_a_limit_or_cursor_that_cannot_be_is_named(route: str) -> None:
    owner = Owner()
    call, key = CALLS[route](owner), owner.key()
    limits = [f"limit={limit}" for limit in ("0", "101", "-1", "1.5", "", "a", "%00", "9" * 50, "٣", "1&limit=2")]
    cursors = [f"cursor={cursor}" for cursor in ("", "a", "%00", "eyJhIjoxfQ", "W10.x", "x" * 5000)]
    for query in (*limits, *cursors):
        (fault,) = refused(route, replace(call, path=f"{call.path}?{query}"), key)["details"]
        assert fault["field"] == query.partition("=")[0]


def test_a_cursor_is_good_for_its_own_list_only() -> None:
    owner, key = Owner(), ""
    key = owner.key()
    for _ in range(2):
        owner.audience()
        owner.specification()
    page = send("GET", Call(owner.path("audiences?limit=1")), key).json()["data"]
    path = owner.path(f"signal-specifications?cursor={page['nextCursor']}")
    assert refused("GET", Call(path), key)["details"][0]["field"] == "cursor"
    own = send("GET", Call(owner.path(f"audiences?cursor={page['nextCursor']}")), key)
    assert len(own.json()["data"]["items"]) == 1

"""Bodies, parameters and headers that no client should send: a clear refusal, never a 500, and nothing half written."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.contract import bodies
from tests.contract.bodies import WRONG, Route
from tests.contract.routes import routes
from tests.contract.standing import standing
from tests.partner import Partner

pytestmark = pytest.mark.system

JSON = "application/json"
DEEP = 100_000
# (what, the body made from a valid one, its media type, the status)
BODIES: list[tuple[str, Callable[[dict[str, Any]], bytes], str, int]] = [
    ("open brackets", lambda _: b"[" * DEEP, JSON, 400),
    ("open objects", lambda _: b'{"a":' * DEEP, JSON, 400),
    (
        "deep lists in a field",
        lambda body: text({**body, "name": "deep"}).replace('"deep"', "[" * DEEP + "]" * DEEP).encode(),
        JSON,
        400,
    ),
    ("NUL in text", lambda body: text({**body, first(body): "a\0b"}).encode(), JSON, 400),
    ("NUL in a key", lambda body: text({**body, "a\0b": 1}).encode(), JSON, 400),
    ("a raw NUL", lambda body: text(body).encode() + b"\0", JSON, 400),
    ("half a surrogate pair", lambda body: text({**body, first(body): "\ud800"}).encode(), JSON, 400),
    ("NaN", lambda _: b'{"name": NaN}', JSON, 400),
    ("Infinity", lambda _: b'{"name": -Infinity}', JSON, 400),
    ("a huge integer", lambda _: b'{"name": ' + b"9" * 10_000 + b"}", JSON, 400),
    ("a huge number", lambda _: b'{"name": 1e999}', JSON, 400),
    ("a key twice", lambda body: (text(body)[:-1] + ',"' + first(body) + '":1}').encode(), JSON, 400),
    ("invalid UTF-8", lambda body: text(body).encode()[:-1] + b',"x":"\xff"}', JSON, 400),
    ("UTF-16", lambda body: text(body).encode("utf-16"), JSON, 400),
    ("nothing", lambda _: b"", JSON, 400),
    ("blanks", lambda _: b"  \n", JSON, 400),
    ("half of it", lambda body: text(body).encode()[:-2], JSON, 400),
    ("two of it", lambda body: text(body).encode() * 2, JSON, 400),
    ("a list", lambda body: text([body]).encode(), JSON, 400),
    ("null", lambda _: b"null", JSON, 400),
    ("text", lambda _: b'"name"', JSON, 400),
    ("a number", lambda _: b"5", JSON, 400),
    ("an empty object", lambda _: b"{}", JSON, 400),
    ("an unknown field", lambda body: text({**body, "surprise": 1}).encode(), JSON, 400),
    ("3 MB", lambda body: text({**body, "name": "x" * 3_000_000}).encode(), JSON, 413),
    ("a web form", lambda _: b"name=x", "application/x-www-form-urlencoded", 415),
    ("a multipart form", lambda _: b"--x--\r\n", "multipart/form-data; boundary=x", 415),
    ("XML", lambda _: b"<name/>", "application/xml", 415),
    ("JSON that says UTF-16", lambda body: text(body).encode(), "application/json; charset=utf-16", 415),
    ("no media type at all", lambda body: text(body).encode(), "nonsense", 415),
]
CODES = {
    400: "VALIDATION_ERROR", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
}  # fmt: skip


def text(body: Any) -> str:
    return json.dumps(body)


def first(body: dict[str, Any]) -> str:
    return next(iter(body))


def send(partner: Partner, route: Route, content: bytes, media_type: str = JSON, **more: Any) -> httpx.Response:
    headers = {"Content-Type": media_type, "Prefer": "respond-async"}
    return partner.http.request(route.method, route.path, content=content, headers=headers, **more)


def fault(answer: httpx.Response, status: int) -> str:
    """ "" for a refusal of that status in the dialect of compliance, else what is wrong with it."""
    try:
        body = answer.json()
    except ValueError:
        return f"{answer.status_code}, no JSON: {answer.text[:100]}"
    right = answer.status_code == status and body.get("error") == CODES[status] and bool(body.get("message"))
    shaped = set(body) <= {"error", "message", "details"} and len(answer.content) < 20_000
    return "" if right and shaped else f"{answer.status_code}: {answer.text[:300]}"


@pytest.fixture(params=sorted(bodies.ROUTES))
def route(request: pytest.FixtureRequest, partner: Partner) -> Route:
    return bodies.ROUTES[request.param](partner)


def test_every_route_with_a_body_is_covered_here() -> None:
    reading = {name for name, _ in routes() if name.split()[0] in ("POST", "PUT", "PATCH")}
    assert reading == set(bodies.ROUTES) | bodies.BODILESS


def test_a_body_that_is_not_what_it_should_be_is_refused_and_changes_nothing(partner: Partner, route: Route) -> None:
    before = standing(partner.group)
    wrong = {
        what: found
        for what, make, media_type, status in BODIES
        if (found := fault(send(partner, route, make(route.body), media_type), status))
    }
    assert wrong == {}
    assert standing(partner.group) == before


def test_a_field_of_the_wrong_type_is_refused_by_name(partner: Partner, route: Route) -> None:
    before = standing(partner.group)
    wrong = {}
    for name, kind in route.kinds.items():
        for value in WRONG[kind]:
            answer = send(partner, route, text({**route.body, name: value}).encode())
            found = fault(answer, 400)
            if not found and not any(detail["path"].startswith(name) for detail in answer.json()["details"]):
                found = answer.text
            if found:
                wrong[f"{name} = {str(value)[:40]!r}"] = found
    assert wrong == {}
    assert standing(partner.group) == before


def test_a_required_field_that_is_missing_is_named(partner: Partner, route: Route) -> None:
    for name in route.required:
        answer = send(partner, route, text(route.without(name)).encode())
        assert fault(answer, 400) == ""
        assert [detail["path"] for detail in answer.json()["details"]] == [name]


def test_an_unknown_query_parameter_is_refused(partner: Partner, route: Route) -> None:
    before = standing(partner.group)
    for query in ({"limit": "1"}, {"x\0": "1"}, {"": ""}):
        assert fault(send(partner, route, text(route.body).encode(), params=query), 400) == ""
    assert standing(partner.group) == before


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "text/plain;charset=UTF-8", ""])
def test_a_good_body_is_read_as_json_whether_it_says_so_or_is_plain_text(
    partner: Partner, route: Route, media_type: str
) -> None:
    headers = {"Prefer": "respond-async"}
    request = partner.http.build_request(route.method, route.path, content=text(route.body), headers=headers)
    request.headers["Content-Type"] = media_type
    if not media_type:
        del request.headers["Content-Type"]
    answer = partner.http.send(request)
    assert answer.is_success, answer.text


def test_every_route_answers_405_with_what_it_allows(partner: Partner) -> None:
    known: dict[str, set[str]] = {}
    for name, _ in routes():
        method, path = name.split()
        known.setdefault(path.replace("<str:rule_id>", "BIG"), set()).add(method)
    for path, methods in known.items():
        address = "/" + "/".join(str(uuid.uuid4()) if part.startswith("<") else part for part in path.split("/"))
        for method in {"PUT", "POST", "PATCH", "DELETE", "GET", "TRACE"} - methods:
            answer = partner.http.request(method, address, json={})
            assert (method, address, fault(answer, 405)) == (method, address, "")
            assert methods <= set(answer.headers["Allow"].split(", "))


def test_an_answer_before_the_body_was_read_says_that_the_connection_ends(partner: Partner) -> None:
    """A client that keeps the connection would else lose its next request on it, now and then."""
    for refused in (
        partner.http.put("/api/scan/run", json={}),
        partner.http.post("/api/scan/run", content=b"<x/>", headers={"Content-Type": "text/xml"}),
        partner.http.post("/api/scan/run", json={}, headers={"Authorization": "nobody"}),
    ):
        assert refused.headers["Connection"] == "close"
    assert "Connection" not in partner.http.post("/api/policies", json={"name": "Read to its end"}).headers


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/nothing", "/api/scan/", "/api/scan/run/", "/api/data/upload/x", "/api/scan//cancel"]
)
def test_an_unknown_route_is_404_in_the_dialect(partner: Partner, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert fault(partner.http.request(method, path), 404) == ""


LISTS = {
    "/api/audits": "audits", "/api/cases": "cases",
    "/api/data": "uploads", "/api/policies": "policies", "/api/scan": "scans", "/api/scan/history": "scans",
    "/api/violations": "violations",
}  # fmt: skip
BAD_QUERIES = [
    "limit=0", "limit=101", "limit=-1", "limit=1.0", "limit=", "limit=x", "limit=%D9%A1", "limit=1%00", "offset=1",
    "limit=1&limit=1", "cursor=", "cursor=x", "cursor=a.b", "cursor=%00", "cursor=" + "x" * 5000, "cursor=%FF", "x=",
]  # fmt: skip


@pytest.mark.parametrize("path", sorted(LISTS))
def test_a_list_refuses_what_it_does_not_understand(partner: Partner, path: str) -> None:
    assert partner.ok(partner.http.get(path)) == {LISTS[path]: [], "next_cursor": None, "has_more": False}
    assert {query: fault(partner.http.get(f"{path}?{query}"), 400) for query in BAD_QUERIES} == dict.fromkeys(
        BAD_QUERIES, ""
    )


BAD_FILTERS = {
    "/api/cases": ["status=done", "priority=", "policy_id=x", "account=%00"],
    "/api/violations/cases": ["", "scan_id=x", "scan_id=", "delta=new"],
    "/api/audits": ["status=open", "status=", "policy_id=x"],
    "/api/scan": [
        "status=queued", "status=", "status=COMPLETED", "policy_id=x", "policy_id=", f"policy_id={uuid.uuid4().hex}",
    ],
    "/api/scan/history": [
        "policy_id=5", "since=", "since=yesterday", "since=2024-13-01T00:00:00Z", "since=5", "status=completed",
        "since=0001-01-01T00:00:00%2B23:59", "since=9999-12-31T23:59:59-23:59", "since=2024-01-01T00:00:00%2B99:99",
    ],
    "/api/violations": [
        "scan_id=x", "scan_id=urn:uuid:" + str(uuid.uuid4()), "severity=high", "severity=", "status=open", "delta=gone",
        "delta=resolved", "rule_id=%00", "account=a&account=b",
    ],
    "/api/compliance/score": ["scan_id=x", "scan_id=", "policy_id=" + str(uuid.uuid4())],
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(BAD_FILTERS))
def test_a_filter_refuses_what_it_does_not_understand(partner: Partner, path: str) -> None:
    queries = BAD_FILTERS[path]
    assert {query: fault(partner.http.get(f"{path}?{query}"), 400) for query in queries} == dict.fromkeys(queries, "")


def test_an_instant_may_have_any_zone_there_is(partner: Partner) -> None:
    for since in ("2024-01-01", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00+23:59", "2024-01-01T00:00:00 01:00"):
        answer = partner.http.get("/api/scan/history", params={"since": since})
        assert answer.status_code == 200, (since, answer.text)


@pytest.mark.parametrize(
    "prefer",
    [
        "wait",
        "wait=",
        "wait=-1",
        "wait=x",
        "wait=1e9",
        "wait=0",
        "x",
        "=",
        ",,,",
        ";",
        'wait="',
        "wait=1.5",
        "respond-async=1",
    ],
)
def test_a_preference_that_cannot_be_understood_is_ignored(partner: Partner, prefer: str) -> None:
    answer = partner.http.get("/api/scan", headers={"Prefer": prefer})
    assert (answer.status_code, "Preference-Applied" in answer.headers) == (200, False)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Account-Group": "nonsense"}, 403),
        ({"X-Account-Group": "0" * 24}, 403),
        ({"Accept": "application/xml"}, 200),
        ({"Accept": "nonsense"}, 200),
        ({"Accept": "*/*;q=x"}, 200),
        ({"Accept-Encoding": "nonsense"}, 200),
        ({"If-None-Match": 'W/"'}, 200),
        ({"traceparent": "nonsense"}, 200),
        ({"X-HTTP-Method-Override": "DELETE"}, 200),
    ],
)
def test_a_strange_header_does_no_harm(partner: Partner, headers: dict[str, str], status: int) -> None:
    answer = partner.http.get("/api/scan", headers=headers)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("key", [b"", b"a" * 256, b"\xfc", b'""'])
def test_a_malformed_idempotency_key_starts_nothing(partner: Partner, key: bytes) -> None:
    route = bodies.run(partner)
    before = standing(partner.group)
    headers = {b"Idempotency-Key": key, b"Prefer": b"respond-async"}
    answer = partner.http.post(route.path, json=route.body, headers=headers)
    assert fault(answer, 400) == ""
    assert standing(partner.group) == before

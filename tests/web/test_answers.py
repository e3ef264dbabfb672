"""Every fault is told in the dialect of its path, and never more than the caller may know."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from tests.web.routes import SECRET

pytestmark = pytest.mark.urls("tests.web.routes")

EXPECTED = {
    "refused": (409, "CONFLICT"),
    "http404": (404, "NOT_FOUND"),
    "drf404": (404, "NOT_FOUND"),
    "denied": (403, "FORBIDDEN"),
    "drf403": (403, "FORBIDDEN"),
    "anonymous": (401, "UNAUTHORIZED"),
    "throttled": (429, "RATE_LIMITED"),
    "database": (503, "UNAVAILABLE"),
    "interface": (503, "UNAVAILABLE"),
    "locked": (503, "UNAVAILABLE"),
    "toolarge": (500, "INTERNAL_ERROR"),
    "full": (503, "STORAGE_FULL"),
    "toobig": (413, "PAYLOAD_TOO_LARGE"),
    "suspicious": (400, "VALIDATION_ERROR"),
    "host": (400, "VALIDATION_ERROR"),
    "bug": (500, "INTERNAL_ERROR"),
    "django": (400, "VALIDATION_ERROR"),
    "nested": (400, "VALIDATION_ERROR"),
    "parse": (400, "VALIDATION_ERROR"),
}
# What Django itself turns into a page outside DRF has no more than these codes.
FROM_DJANGO = {
    "http404", "denied", "database", "interface", "locked", "toolarge", "full", "toobig", "suspicious", "host", "bug",
}  # fmt: skip


@pytest.fixture
def browser() -> Client:
    """Answers 500 as a server would, instead of raising."""
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_fault_under_v1_is_told_in_the_envelope(browser: Client, kind: str) -> None:
    response = browser.get(f"/v1/raise/{kind}")
    body = response.json()
    assert (response.status_code, body["error"]["code"]) == EXPECTED[kind]
    assert set(body) == {"success", "data", "error", "traceId"}
    assert set(body["error"]) == {"code", "message", "details"}
    assert body["success"] is False
    assert body["data"] is None
    assert body["traceId"] == response["X-Trace-Id"]


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_fault_under_api_is_told_without_envelope(browser: Client, kind: str) -> None:
    response = browser.get(f"/api/raise/{kind}")
    body = response.json()
    assert (response.status_code, body["error"]) == EXPECTED[kind]
    assert set(body) - {"details"} == {"error", "message"}
    assert body["message"]


@pytest.mark.parametrize("kind", sorted(FROM_DJANGO))
@pytest.mark.parametrize("prefix", ["v1", "api"])
def test_a_fault_outside_drf_is_told_in_the_dialect_too(browser: Client, prefix: str, kind: str) -> None:
    response = browser.get(f"/{prefix}/plain/{kind}")
    error = response.json()["error"]
    code = error["code"] if prefix == "v1" else error
    assert (response.status_code, code) == EXPECTED[kind]


@pytest.mark.parametrize("kind", EXPECTED)
@pytest.mark.parametrize("how", ["raise", "plain"])
def test_no_answer_shows_internal_text(browser: Client, kind: str, how: str) -> None:
    assert SECRET not in browser.get(f"/api/{how}/{kind}").content.decode()


def test_an_unforeseen_fault_is_logged_with_its_traceback_and_trace_id(
    browser: Client, caplog: pytest.LogCaptureFixture
) -> None:
    response = browser.get("/api/raise/bug")
    (record,) = [record for record in caplog.records if "unexpected_fault" in str(record.msg)]
    assert isinstance(record.msg, dict)
    assert isinstance(record.msg["exc_info"], RuntimeError)
    assert record.msg["trace_id"] == response["X-Trace-Id"]


@pytest.mark.parametrize(
    ("kind", "header", "value"),
    [
        ("refused", "Retry-After", "9"),
        ("throttled", "Retry-After", "7"),
        ("database", "Retry-After", "5"),
        ("anonymous", "WWW-Authenticate", 'Bearer realm="scanward"'),
    ],
)
def test_a_fault_carries_its_headers(browser: Client, kind: str, header: str, value: str) -> None:
    assert browser.get(f"/api/raise/{kind}")[header] == value


def test_details_have_a_field_in_v1_and_a_path_in_compliance(browser: Client) -> None:
    assert browser.get("/v1/raise/refused").json()["error"]["details"] == [{"field": "a.b", "message": "is busy"}]
    assert browser.get("/api/raise/refused").json()["details"] == [{"path": "a.b", "message": "is busy"}]


def test_details_are_null_in_v1_and_absent_in_compliance_when_there_are_none(browser: Client) -> None:
    assert browser.get("/v1/raise/http404").json()["error"]["details"] is None
    assert "details" not in browser.get("/api/raise/http404").json()


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"name": "x", "rules": [{"where": 1}, {"where": 2}, {"where": "three"}]}, ["rules[2].where"]),
        ({"name": "x", "rules": [1]}, ["rules[0]"]),
        ({"name": "x", "rules": {"where": 1}}, ["rules"]),
        ({"rules": []}, ["name"]),
        ({"name": "bad", "rules": []}, [""]),
        ({"name": "x", "rules": [], "numbers": [1, "two", 3, "four"]}, ["numbers[1]", "numbers[3]"]),
        ([], [""]),
        ({}, ["name", "rules"]),
    ],
)
def test_nested_faults_are_flattened_to_paths(browser: Client, body: Any, paths: list[str]) -> None:
    response = browser.put("/api/echo", json.dumps(body), "application/json")
    assert [detail["path"] for detail in response.json()["details"]] == paths


def test_faults_in_lists_of_lists_keep_their_places(browser: Client) -> None:
    assert browser.get("/api/raise/nested").json()["details"] == [
        {"path": "rules[1].all[0].field", "message": "is unknown"},
        {"path": "rules[1].all", "message": "is short"},
    ]


def test_faults_of_a_model_are_told_by_field(browser: Client) -> None:
    assert browser.get("/api/raise/django").json()["details"] == [
        {"path": "name", "message": "is taken"},
        {"path": "", "message": "ends before it starts"},
    ]


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nothing", "/v1/nothing/", "/api", "/api/no/such/route"])
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options", "head"])
def test_an_unknown_route_is_404_in_its_dialect(browser: Client, path: str, method: str) -> None:
    response = getattr(browser, method)(path)
    assert response.status_code == 404
    assert response["Content-Type"] == "application/json"
    if method != "head":
        error = response.json()["error"]
        assert (error["code"] if path.startswith("/v1") else error) == "NOT_FOUND"


@pytest.mark.parametrize("path", ["/elsewhere/nothing", "/", "/v1x/y", "/apis"])
def test_an_unknown_route_outside_both_apis_keeps_the_page_of_django(browser: Client, path: str) -> None:
    response = browser.get(path)
    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("host", ["evil.example", "a b", "[::1", ""])
def test_a_host_that_is_not_ours_is_400_in_the_dialect(browser: Client, host: str) -> None:
    by_v1 = browser.post("/v1/bodiless", HTTP_HOST=host)
    by_compliance = browser.post("/api/bodiless", HTTP_HOST=host)
    assert (by_v1.status_code, by_v1.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert (by_compliance.status_code, by_compliance.json()["error"]) == (400, "VALIDATION_ERROR")
    assert browser.post("/elsewhere/bodiless", HTTP_HOST=host)["Content-Type"].startswith("text/html")


def test_a_wrong_method_is_405_with_allow(browser: Client) -> None:
    response = browser.delete("/v1/echo")
    assert response.status_code == 405
    assert response.json()["error"]["code"] == "METHOD_NOT_ALLOWED"
    assert response["Allow"] == "POST, PUT, OPTIONS"


@pytest.mark.parametrize("accept", ["text/html", "application/xml;q=1", "a/b; x*=foo''%41", ";;;", "*"])
def test_an_accept_header_never_makes_it_fail(browser: Client, accept: str) -> None:
    response = browser.post("/api/bodiless", headers={"Accept": accept})
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"


def test_a_token_of_any_kind_never_reaches_the_log(browser: Client, caplog: pytest.LogCaptureFixture) -> None:
    browser.get("/api/raise/bug", headers={"Authorization": "Bearer sk_live_planted"})
    assert "sk_live_planted" not in caplog.text


def test_the_query_parameter_format_is_left_to_the_route(browser: Client) -> None:
    assert browser.post("/api/bodiless?format=csv").status_code == 200

"""The OpenAPI document of compliance is whole: every route, every answer described."""

from __future__ import annotations

from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS

from tests.contract import openapi
from tests.contract.routes import routes
from web.schema import compliance_document, v1_document

# A rule is described by a JSON Schema of its own, /api/schemas/rule.json.
ANY_OBJECT = {
    ("POST", "/api/policies/{policy_id}/rules"), ("PATCH", "/api/policies/{policy_id}/rules/{rule_id}"),
    ("GET", "/api/schemas/rule.json"),
}  # fmt: skip


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, known in openapi.document()["paths"].items()
        for method, operation in known.items()
    ]


def test_every_route_is_in_the_document() -> None:
    assert {f"{method} {path.lstrip('/')}" for method, path, _ in operations()} == {
        name.replace("<any_uuid:", "{").replace("<str:", "{").replace(">", "}") for name, _ in routes()
    }


@pytest.mark.parametrize(("method", "path", "operation"), operations())
def test_every_success_is_described(method: str, path: str, operation: dict[str, Any]) -> None:
    successes = [body for status, body in operation["responses"].items() if status.startswith("2")]
    assert successes
    for body in successes:
        for content in body.get("content", {}).values():
            described = "$ref" in content["schema"] or content["schema"].get("format") == "binary"
            assert described or (method, path) in ANY_OBJECT


@pytest.mark.parametrize("document", [compliance_document, v1_document])
def test_it_is_made_without_a_warning(document: Any) -> None:
    """Such as two components of one name."""
    GENERATOR_STATS.reset()
    document.__wrapped__()  # not the one this process has made already
    warned = [*GENERATOR_STATS._warn_cache, *GENERATOR_STATS._error_cache]
    assert warned == []


@pytest.mark.parametrize(
    ("prefix", "path"),
    [("/api/", "/api/scan/run"), ("/api/", "/api/schedules/{schedule_id}/run"),
     ("/v1/", "/v1/accounts/{accountGroupId}/prospecting"), ("/v1/", "/v1/accounts/{accountGroupId}/signals/scans")],
)  # fmt: skip
def test_what_starts_a_job_says_where_and_when_to_ask(prefix: str, path: str) -> None:
    started = openapi.document(prefix)["paths"][path]["post"]["responses"]["202"]["headers"]
    assert {"Location", "Retry-After"} <= set(started)

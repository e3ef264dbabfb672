"""The OpenAPI document of compliance is whole: every route, every answer described."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract import openapi
from tests.contract.routes import routes

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

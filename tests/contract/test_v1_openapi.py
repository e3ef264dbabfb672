"""The OpenAPI document of v1 is whole, and says of the four pages it grew from what they say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.contract import openapi
from tests.contract.routes import routes

SEEDS: dict[str, Any] = json.loads(Path(__file__).with_name("seeds.json").read_text())


def operations() -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, known in openapi.document("/v1/")["paths"].items()
        for method, operation in known.items()
    }


OPERATIONS = operations()
every_operation = pytest.mark.parametrize("name", OPERATIONS)
every_seed_answer = pytest.mark.parametrize(
    ("name", "status"), [(name, status) for name, seed in SEEDS.items() for status in seed["answers"]]
)


def test_every_route_is_in_the_document() -> None:
    assert set(OPERATIONS) == {re.sub(r"<\w+:(\w+)>", r"{\1}", name).replace(" ", " /") for name, _ in routes("v1/")}


def test_the_document_is_served(client: Client) -> None:
    answer = client.get("/openapi/v1.json")
    assert answer["Content-Type"] == "application/json"
    assert json.loads(answer.content)["openapi"].startswith("3.1")


def test_no_two_operations_have_one_name() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)


@every_operation
def test_every_success_is_described_in_the_envelope(name: str) -> None:
    bodies = [body for status, body in OPERATIONS[name]["responses"].items() if status.startswith("2")]
    assert bodies
    for body in bodies:
        for media_type, content in body.get("content", {}).items():
            if media_type == "application/json":
                schema = openapi.document("/v1/")["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
                assert set(schema["properties"]) == {"success", "data", "error", "traceId"}
                assert "$ref" in schema["properties"]["data"]


@every_operation
def test_every_fault_has_an_example_that_is_as_described(name: str) -> None:
    path = name.split()[1]
    for status, body in OPERATIONS[name]["responses"].items():
        if status[0] in "45":
            content = body["content"]["application/json"]
            assert list(openapi.validator(path, content["schema"]).iter_errors(content["example"])) == []
            wanted = "ValidationErrorResponse" if status == "400" else "ErrorResponse"
            assert content["schema"]["$ref"].endswith(f"/{wanted}")


@every_seed_answer
def test_an_answer_of_a_seed_is_documented_under_its_name_and_in_its_words(name: str, status: str) -> None:
    seed, ours = SEEDS[name]["answers"][status], OPERATIONS[name]["responses"][status]
    assert ours["content"]["application/json"]["schema"]["$ref"].endswith(f"/{seed['schema']}")
    if status[0] in "45" and status != "422":
        assert ours["description"] == seed["description"]


@every_seed_answer
def test_the_example_of_a_seed_is_valid_by_our_document(name: str, status: str) -> None:
    schema = OPERATIONS[name]["responses"][status]["content"]["application/json"]["schema"]
    example = SEEDS[name]["answers"][status]["example"]
    assert [fault.message for fault in openapi.validator(name.split()[1], schema).iter_errors(example)] == []


@pytest.mark.parametrize("name", SEEDS)
def test_the_permission_of_a_seed_is_the_one_we_ask_for(name: str) -> None:
    assert SEEDS[name]["permission"] in OPERATIONS[name]["description"]


def test_what_is_not_as_described_is_noticed() -> None:
    """The judge of all these tests judges."""
    (name,) = [name for name in SEEDS if name.endswith("/cancel")]
    schema = OPERATIONS[name]["responses"]["200"]["content"]["application/json"]["schema"]
    example = SEEDS[name]["answers"]["200"]["example"]
    for broken in (
        {**example, "more": 1}, {**example, "success": False}, {**example, "traceId": "x"},
        {**example, "data": {"scanId": 1, "status": "cancelled"}}, {**example, "error": {}},
        {**example, "data": {**example["data"], "more": 1}},
    ):  # fmt: skip
        assert list(openapi.validator("/v1/", schema).iter_errors(broken))

"""The OpenAPI document says of every operation what it may answer."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import PartnerView
from web import identifiers  # noqa: F401  registers the path converters
from web.schema import _Generator, _V1Generator


class Thing(serializers.Serializer):
    name = serializers.CharField()


class Things(PartnerView):
    query = {"GET": ("cursor", "limit", "colour")}

    @extend_schema(responses=Thing)
    def get(self, request: Request, **ids: Any) -> Response:
        return Response()

    @extend_schema(request=Thing, responses={201: Thing})
    def post(self, request: Request, **ids: Any) -> Response:
        return Response()


class Plain(PartnerView):
    def get(self, request: Request) -> Response:
        return Response()


PATTERNS = [
    path("api/things", Things.as_view()),
    path("api/things/<any_uuid:id>", Things.as_view()),
    path("api/plain", Plain.as_view()),
    path("v1/accounts/<object_id:accountGroupId>/things", Things.as_view()),
]


@pytest.fixture(scope="module")
def compliance() -> dict[str, Any]:
    return _Generator(patterns=PATTERNS).get_schema(request=None, public=True)


@pytest.fixture(scope="module")
def v1() -> dict[str, Any]:
    return _V1Generator(patterns=PATTERNS).get_schema(request=None, public=True)


def test_each_document_holds_its_own_paths(compliance: dict[str, Any], v1: dict[str, Any]) -> None:
    assert list(compliance["paths"]) == ["/api/plain", "/api/things", "/api/things/{id}"]
    assert list(v1["paths"]) == ["/v1/accounts/{accountGroupId}/things"]


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/api/things", "get", "200 400 401 403 429 500 503"),
        ("/api/things", "post", "201 400 401 403 413 415 429 500 503"),
        ("/api/things/{id}", "get", "200 400 401 403 404 429 500 503"),
    ],
)
def test_every_fault_is_documented(compliance: dict[str, Any], path: str, method: str, statuses: str) -> None:
    assert list(compliance["paths"][path][method]["responses"]) == statuses.split()


def test_faults_are_in_the_dialect_of_the_path(compliance: dict[str, Any], v1: dict[str, Any]) -> None:
    fault = compliance["paths"]["/api/things"]["get"]["responses"]["403"]["content"]["application/json"]
    assert fault["example"] == {"error": "FORBIDDEN", "message": "This API key may not do that."}
    assert set(compliance["components"]["schemas"]["Error"]["properties"]) == {"error", "message", "details"}
    path = v1["paths"]["/v1/accounts/{accountGroupId}/things"]
    fault = path["get"]["responses"]["403"]["content"]["application/json"]
    assert fault["example"]["error"]["code"] == "FORBIDDEN"
    assert set(v1["components"]["schemas"]["ErrorResponse"]["properties"]) == {
        "success", "data", "error", "traceId",
    }  # fmt: skip


def test_parameters_are_documented(compliance: dict[str, Any], v1: dict[str, Any]) -> None:
    named = {
        (parameter["in"], parameter["name"]) for parameter in compliance["paths"]["/api/things"]["get"]["parameters"]
    }
    assert named == {
        ("query", "cursor"),
        ("query", "limit"),
        ("query", "colour"),
        ("header", "X-Account-Group"),
    }
    (group, *_) = v1["paths"]["/v1/accounts/{accountGroupId}/things"]["post"]["parameters"]
    assert group["schema"]["pattern"] == "^[0-9a-f]{24}$"
    (identifier,) = [
        parameter for parameter in compliance["paths"]["/api/things/{id}"]["post"]["parameters"]
        if parameter["in"] == "path"
    ]  # fmt: skip
    assert identifier["schema"] == {"type": "string", "format": "uuid"}


def test_operations_are_named_after_method_and_path(compliance: dict[str, Any]) -> None:
    names = [operation["operationId"] for path in compliance["paths"].values() for operation in path.values()]
    assert names == ["get_plain", "get_things", "post_things", "get_things_by_id", "post_things_by_id"]


def test_an_answer_nobody_described_is_any_object(compliance: dict[str, Any]) -> None:
    answer = compliance["paths"]["/api/plain"]["get"]["responses"]["200"]["content"]["application/json"]
    assert answer["schema"]["type"] == "object"


def test_a_key_is_required_everywhere(compliance: dict[str, Any]) -> None:
    scheme = compliance["components"]["securitySchemes"]["apiKey"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert compliance["paths"]["/api/things"]["get"]["security"] == [{"apiKey": []}]


def test_answers_document_the_shared_headers(compliance: dict[str, Any]) -> None:
    responses = compliance["paths"]["/api/things"]["get"]["responses"]
    assert set(responses["200"]["headers"]) == {"X-Trace-Id", "RateLimit-Policy", "RateLimit"}
    assert "Retry-After" in responses["429"]["headers"]

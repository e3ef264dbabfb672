"""What OpenAPI says of v1 beside the views' own words: the envelope, its errors, its examples."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter

from web.dialects import Detail, Dialect
from web.errors import Refused
from web.pagination import MAX_LIMIT

TRACE = "507f1f77bcf86cd799439011"  # in examples
_TRACE_ID = {
    "type": "string",
    "pattern": "^([0-9a-f]{24}|[0-9a-f]{32})$",
    "description": "Names the request in our logs.",
}
# The seeds show `details` as text; what we send is a list, or null.
_DETAILS = {
    "description": "The faulty fields of a request that is not valid; else null.",
    "anyOf": [
        {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                "required": ["field", "message"],
            },
        },
        {"type": "string"},
        {"type": "null"},
    ],
}
_WORDS = {
    400: "Request validation failed", 401: "Invalid or missing API key", 403: "Missing required permission",
    404: "Resource not found", 429: "Rate limit exceeded", 500: "Internal server error",
    502: "Upstream service error", 503: "Not available for a moment",
}  # fmt: skip
_CODES = (
    "VALIDATION_ERROR, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, PAYLOAD_TOO_LARGE, "
    "UNSUPPORTED_MEDIA_TYPE, CONFLICT, AUDIENCE_NOT_READY, IDEMPOTENCY_CONFLICT, INSUFFICIENT_CREDITS, "
    "PROVIDER_USED_UP, RATE_LIMITED, INTERNAL_ERROR, UPSTREAM_ERROR, UNAVAILABLE"
)


def operation_id(method: str, path: str) -> str:
    """`getSignalsScansByScanId` for GET /v1/accounts/{accountGroupId}/signals/scans/{scanId}"""
    words = path.strip("/").split("/")[1:]
    named = [f"by-{word[1:-1]}" if word.startswith("{") else word for word in words[2:] or words]
    return method.lower() + "".join(part[:1].upper() + part[1:] for word in named for part in word.split("-"))


def tag(path: str) -> str:
    """Under which heading the operation stands: what comes after the account group."""
    words = path.strip("/").split("/")
    return words[3] if len(words) > 3 else words[1]


def description(own: str, permission: str | None) -> str:
    """What the view says of the operation, and the permission its key needs."""
    needs = f"Required API permission: `{permission}`." if permission else "Any valid API key."
    return f"{own}\n\n{needs}" if own else needs


def headers(*, starts: bool, conditional: bool) -> list[OpenApiParameter]:
    """Request headers of a route that starts a job, and of one whose answer has an ETag."""
    found = []
    if starts:
        key = {"type": "string", "minLength": 1, "maxLength": 255}
        text = (
            "Sent again with the same body, the first answer's job is answered instead of a second one. Kept 24 hours."
        )
        found.append(OpenApiParameter("Idempotency-Key", key, OpenApiParameter.HEADER, description=text))
    if conditional:
        text = "`wait=N`, at most 25: answer when the status changes, or after N seconds."
        found.append(OpenApiParameter("Prefer", str, OpenApiParameter.HEADER, description=text))
        text = "The ETag of an earlier answer; 304 while nothing has changed."
        found.append(OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description=text))
    return found


def wrap(registry: Any, body: dict[str, Any], operation: str) -> None:
    """Put what a view answers into the envelope, as a component `<name of the answer>SuccessResponse`."""
    content = body.get("content", {}).get("application/json")
    if content is None:
        return
    data = content["schema"]
    name = data.get("$ref", "").rpartition("/")[2]
    if name.endswith("Page"):
        name = name.removesuffix("Page").removesuffix("Item") + "List"
    envelope = {
        "type": "object",
        "properties": {
            "success": {"type": "boolean", "const": True}, "data": data, "error": {"type": "null"},
            "traceId": _TRACE_ID,
        },
        "required": ["success", "data", "error", "traceId"],
    }  # fmt: skip
    content["schema"] = _component(registry, f"{name}SuccessResponse", lambda: envelope) if name else envelope
    if (example := examples().get(operation)) is not None:
        content["example"] = example


def fault(registry: Any, refused: type[Refused], about: Detail | None) -> dict[str, Any]:
    """The answer of a fault, with the example that this operation really gives; a 400 names the field `about`."""
    invalid = refused.status == 400
    name = "ValidationErrorResponse" if invalid else "ErrorResponse"
    reference = _component(registry, name, lambda: _failed(invalid=invalid))
    details = [about] if invalid and about else None
    message = f"{about.path}: {about.message}" if details and about else refused.message
    example = Dialect.V1.error(refused.code, message, details, TRACE)
    words = _WORDS.get(refused.status, refused.message)
    return {"description": words, "content": {"application/json": {"schema": reference, "example": example}}}


def typical_fault(path: str, query: set[str]) -> Detail | None:
    """What is most easily wrong with a request of this path."""
    if "limit" in query:
        return Detail("limit", f"must be a whole number from 1 to {MAX_LIMIT}")
    if "{" in path:
        return Detail(path.rpartition("{")[2].partition("}")[0], "must be 24 lower-case hexadecimal digits")
    return None


@cache
def examples() -> dict[str, Any]:
    """{"GET /v1/...": an answer of a real run}; see tests/contract/test_v1_examples.py."""
    found: dict[str, Any] = json.loads(Path(__file__).with_name("examples_v1.json").read_text())
    return found


def _failed(*, invalid: bool) -> dict[str, Any]:
    code = {"type": "string", "const": "VALIDATION_ERROR"} if invalid else {"type": "string", "description": _CODES}
    error = {
        "type": "object",
        "properties": {"code": code, "message": {"type": "string"}, "details": _DETAILS},
        "required": ["code", "message", "details"],
    }
    return {
        "type": "object",
        "properties": {
            "success": {"type": "boolean", "const": False}, "data": {"type": "null"}, "error": error,
            "traceId": _TRACE_ID,
        },
        "required": ["success", "data", "error", "traceId"],
    }  # fmt: skip


def _component(registry: Any, name: str, schema: Callable[[], dict[str, Any]]) -> dict[str, str]:
    component = ResolvedComponent(name, ResolvedComponent.SCHEMA, schema(), name)  # type: ignore[no-untyped-call]
    registry.register_on_missing(component)
    reference: dict[str, str] = component.ref
    return reference

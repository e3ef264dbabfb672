"""OpenAPI: each operation with every fault it may answer, in the dialect of its path."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from web import errors
from web.dialects import Dialect
from web.errors import Refused
from web.pagination import DEFAULT_LIMIT, MAX_LIMIT

_TRACE = "507f1f77bcf86cd799439011"  # in examples
_ANYWHERE: tuple[type[Refused], ...] = (
    errors.ValidationFailed,
    errors.Unauthorized,
    errors.Forbidden,
    errors.RateLimited,
    errors.InternalError,
    errors.Unavailable,
)
_WITH_BODY = (errors.PayloadTooLarge, errors.UnsupportedMediaType)
_WITH_PATH = (errors.NotFound,)


class Fault(serializers.Serializer[Any]):
    path = serializers.CharField(allow_blank=True)
    message = serializers.CharField()


class Error(serializers.Serializer[Any]):
    """A failed answer of compliance."""

    error = serializers.CharField()
    message = serializers.CharField()
    details = Fault(many=True, required=False)


class V1Fault(serializers.Serializer[Any]):
    field = serializers.CharField(allow_blank=True)
    message = serializers.CharField()


class V1Error(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    details = V1Fault(many=True, allow_null=True)


class ErrorResponse(serializers.Serializer[Any]):
    """A failed answer of v1."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # Not as attributes: a serializer has a `data` of its own.
        return {
            "success": serializers.BooleanField(),
            "data": serializers.JSONField(allow_null=True),
            "error": V1Error(),
            "traceId": serializers.CharField(),
        }


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.KeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer sk_live_..."}


class DocumentedSchema(AutoSchema):
    """Adds to what a view declares: its query parameters, X-Account-Group, the shared headers and faults.

    What @extend_schema says of a parameter or a status wins.
    """

    def get_operation_id(self) -> str:
        """`get_scan_by_id` for GET /api/scan/{id}: no two operations share one, and it moves only with the path."""
        words = self.path.strip("/").split("/")[1:]
        named = ["by_" + word.strip("{}") if word.startswith("{") else word for word in words]
        return re.sub(r"\W", "_", "_".join([self.method.lower(), *named]))

    def _get_serializer(self) -> None:
        """Nothing is guessed: a body or answer is what @extend_schema says."""

    def get_response_serializers(self) -> Any:
        return super().get_response_serializers() or OpenApiTypes.OBJECT

    def get_override_parameters(self) -> list[OpenApiParameter | Any]:
        words = getattr(self.view, "words", {})
        named = getattr(self.view, "query", {}).get(self.method, ())
        known = {name: _query(name, tuple(words.get(name, ()))) for name in named}
        scoped = getattr(self.view, "scoped", False)
        if scoped and self._dialect is Dialect.COMPLIANCE:
            known["X-Account-Group"] = OpenApiParameter(
                "X-Account-Group",
                str,
                OpenApiParameter.HEADER,
                description="The account group; needed only by a key that reaches several.",
            )
        declared = super().get_override_parameters()
        for parameter in declared:
            known.pop(getattr(parameter, "name", ""), None)
        return [*declared, *known.values()]

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for fault in self._faults():
            bodies.setdefault(str(fault.status), self._fault(fault))
        for status, body in bodies.items():
            body["headers"] = {**_headers(status), **body.get("headers", {})}
        return dict(sorted(bodies.items()))

    def _faults(self) -> list[type[Refused]]:
        body = self._get_request_body()  # type: ignore[no-untyped-call]
        with_body = _WITH_BODY if body else ()
        own = getattr(self.view, "refuses", {}).get(self.method, ())
        return [*own, *_ANYWHERE, *with_body, *(_WITH_PATH if "{" in self.path else ())]

    def _fault(self, fault: type[Refused]) -> dict[str, Any]:
        serializer = ErrorResponse if self._dialect is Dialect.V1 else Error
        reference = self.resolve_serializer(serializer(), "response").ref
        example = self._dialect.error(fault.code, fault.message, None, _TRACE)
        content = {"application/json": {"schema": reference, "example": example}}
        return {"description": fault.message, "content": content}

    @property
    def _dialect(self) -> Dialect:
        return Dialect.of(self.path) or Dialect.COMPLIANCE


_TEXTS = ("rule_id",)  # ids that are no UUIDs


def _query(name: str, words: tuple[str, ...]) -> OpenApiParameter:
    if words:
        return OpenApiParameter(name, OpenApiTypes.STR, enum=words)
    if name.endswith("_id") and name not in _TEXTS:
        return OpenApiParameter(name, OpenApiTypes.UUID)
    match name:
        case "limit":
            limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
            return OpenApiParameter(name, limit, description="Items on a page.")
        case "cursor":
            return OpenApiParameter(name, OpenApiTypes.STR, description="The next_cursor of the page before.")
        case "version":
            return OpenApiParameter(name, {"type": "integer", "minimum": 1, "maximum": 2147483647})
        case "since":
            return OpenApiParameter(
                name, OpenApiTypes.DATETIME, description="From this instant on; UTC without a zone."
            )
    return OpenApiParameter(name, {"type": "string", "pattern": "^[^\\u0000]*$"})


def _headers(status: str) -> dict[str, Any]:
    text = {"type": "string"}
    shared = {"X-Trace-Id": "Names the request in our logs."}
    if status not in ("500", "503"):
        shared |= {"RateLimit-Policy": "The quotas of this key.", "RateLimit": "What is left of them."}
    if status in ("429", "503"):
        shared["Retry-After"] = "Whole seconds to wait."
    return {name: {"description": description, "schema": text} for name, description in shared.items()}


class _Generator(SchemaGenerator):
    """Only the paths of one dialect."""

    prefix = "/api/"

    def _initialise_endpoints(self) -> None:
        super()._initialise_endpoints()  # type: ignore[no-untyped-call]
        self.endpoints = [endpoint for endpoint in self.endpoints or () if endpoint[0].startswith(self.prefix)]


@cache
def compliance_document() -> bytes:
    """The OpenAPI document of /api/, made once a process."""
    document = _Generator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return json.dumps(document, ensure_ascii=False, default=str).encode()


def compliance(request: HttpRequest) -> HttpResponse:
    """GET /openapi/compliance.json"""
    return HttpResponse(compliance_document(), content_type="application/json")

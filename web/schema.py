"""OpenAPI: each operation with every fault it may answer, in the dialect of its path."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.hooks import postprocess_schema_enums
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from web import errors, schema_v1
from web.dialects import Dialect
from web.errors import Refused
from web.pagination import DEFAULT_LIMIT, MAX_LIMIT

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
        if self._dialect is Dialect.V1:
            return schema_v1.operation_id(self.method, self.path)
        words = self.path.strip("/").split("/")[1:]
        named = ["by_" + word.strip("{}") if word.startswith("{") else word for word in words]
        return re.sub(r"\W", "_", "_".join([self.method.lower(), *named]))

    def get_tags(self) -> list[str]:
        v1 = self._dialect is Dialect.V1
        return [schema_v1.tag(self.path)] if v1 else super().get_tags()

    def get_description(self) -> str:  # type: ignore[override]
        own: str = super().get_description()
        if self._dialect is not Dialect.V1:
            return own
        declared = getattr(self.view, "permissions", {})
        said = getattr(getattr(self.view, self.method.lower(), None), "__doc__", None)
        return schema_v1.description(
            own if said else "", None if isinstance(declared, str) else declared.get(self.method)
        )

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
        if self._dialect is Dialect.V1:
            declared = [*declared, *schema_v1.headers(starts=self._starts(), conditional=self._is_conditional())]
        for parameter in declared:
            known.pop(getattr(parameter, "name", ""), None)
        return [*declared, *known.values()]

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if self._dialect is Dialect.V1:
            for status, body in bodies.items():
                if status.startswith("2"):
                    schema_v1.wrap(self.registry, body, f"{self.method} {self.path}")
        for fault in self._faults():
            bodies.setdefault(str(fault.status), self._fault(fault))
        for status, body in bodies.items():
            body["headers"] = {**_headers(status, starts=self._starts()), **body.get("headers", {})}
        return dict(sorted(bodies.items()))

    def _faults(self) -> list[type[Refused]]:
        body = self._get_request_body()  # type: ignore[no-untyped-call]
        with_body = _WITH_BODY if body else ()
        own = getattr(self.view, "refuses", {}).get(self.method, ())
        return [*own, *_ANYWHERE, *with_body, *self._missing()]

    def _missing(self) -> tuple[type[Refused], ...]:
        """404: in compliance of whatever has a path; in v1, where an unknown group is 403, of what views declare."""
        if self._dialect is Dialect.V1:
            declared = getattr(self.view, "missing", errors.NotFound)
            return (declared,) if declared is not errors.NotFound else ()
        return _WITH_PATH if "{" in self.path else ()

    def _starts(self) -> bool:
        return self.method in getattr(self.view, "starts", ())

    def _is_conditional(self) -> bool:
        answers = self.get_response_serializers()
        return isinstance(answers, dict) and 304 in answers

    def _fault(self, fault: type[Refused]) -> dict[str, Any]:
        if self._dialect is Dialect.V1:
            query = set(getattr(self.view, "query", {}).get(self.method, ()))
            return schema_v1.fault(self.registry, fault, schema_v1.typical_fault(self.path, query))
        reference = self.resolve_serializer(Error(), "response").ref
        example = self._dialect.error(fault.code, fault.message, None, schema_v1.TRACE)
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
            told = "Of the page before: its next_cursor, in v1 nextCursor."
            return OpenApiParameter(name, OpenApiTypes.STR, description=told)
        case "version":
            return OpenApiParameter(name, {"type": "integer", "minimum": 1, "maximum": 2147483647})
        case "since":
            return OpenApiParameter(
                name, OpenApiTypes.DATETIME, description="From this instant on; UTC without a zone."
            )
    return OpenApiParameter(name, {"type": "string", "pattern": "^[^\\u0000]*$"})


def _headers(status: str, *, starts: bool) -> dict[str, Any]:
    text = {"type": "string"}
    shared = {"X-Trace-Id": "Names the request in our logs."}
    if status not in ("500", "503"):
        shared |= {"RateLimit-Policy": "The quotas of this key.", "RateLimit": "What is left of them."}
    if status in ("429", "503"):
        shared["Retry-After"] = "Whole seconds to wait."
    if status == "202" and starts:
        shared |= {
            "Location": "Where the job is followed.",
            "Retry-After": "Seconds to wait before asking there.",
        }
    return {name: {"description": description, "schema": text} for name, description in shared.items()}


class _Generator(SchemaGenerator):
    """Only the paths of one dialect."""

    prefix = "/api/"

    def _initialise_endpoints(self) -> None:
        super()._initialise_endpoints()  # type: ignore[no-untyped-call]
        self.endpoints = [endpoint for endpoint in self.endpoints or () if endpoint[0].startswith(self.prefix)]


class _V1Generator(_Generator):
    prefix = "/v1/"


@cache
def compliance_document() -> bytes:
    """The OpenAPI document of /api/, made once a process."""
    return _written(_Generator)


@cache
def v1_document() -> bytes:
    """The OpenAPI document of /v1/, made once a process."""
    return _written(_V1Generator)


def name_enums(result: Any, generator: Any, **about: Any) -> Any:
    """Closed lists of compliance are components of their own; v1 says them where they are used."""
    if isinstance(generator, _V1Generator):
        return _without_marks(result)
    return postprocess_schema_enums(result, generator, **about)  # type: ignore[no-untyped-call]


def _without_marks(part: Any) -> Any:
    """Without what drf-spectacular left for itself."""
    if isinstance(part, dict):
        return {name: _without_marks(each) for name, each in part.items() if name != "x-spec-enum-id"}
    return [_without_marks(each) for each in part] if isinstance(part, list) else part


def _written(generator: type[_Generator]) -> bytes:
    document = generator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return json.dumps(document, ensure_ascii=False, default=str).encode()


def compliance(request: HttpRequest) -> HttpResponse:
    """GET /openapi/compliance.json"""
    return HttpResponse(compliance_document(), content_type="application/json")


def v1(request: HttpRequest) -> HttpResponse:
    """GET /openapi/v1.json"""
    return HttpResponse(v1_document(), content_type="application/json")

"""Small routes in both dialects, open to everybody, to test what web/ does with bodies and faults."""

from __future__ import annotations

from typing import Any

import psycopg
from django.core import exceptions as django
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, re_path
from psycopg import errors as postgres
from rest_framework import exceptions as drf
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from web import errors
from web.answers import not_found

SECRET = "hunter2"


def told(cause: psycopg.Error) -> OperationalError:
    """As Django wraps what the server has said."""
    fault = OperationalError(SECRET)
    fault.__cause__ = cause
    return fault


FAULTS: dict[str, Exception] = {
    "refused": errors.Conflict("Busy.", details=[("a.b", "is busy")], headers={"Retry-After": "9"}),
    "http404": Http404("No Scan matches the given query."),
    "drf404": drf.NotFound(SECRET),
    "denied": django.PermissionDenied(SECRET),
    "drf403": drf.PermissionDenied(SECRET),
    "anonymous": drf.NotAuthenticated(),
    "throttled": drf.Throttled(wait=7),
    "database": OperationalError(SECRET),
    "interface": InterfaceError(SECRET),
    "locked": told(postgres.LockNotAvailable(SECRET)),
    "toolarge": told(postgres.ProgramLimitExceeded(SECRET)),
    "full": told(postgres.DiskFull(SECRET)),
    "toobig": django.RequestDataTooBig(SECRET),
    "suspicious": django.SuspiciousOperation(SECRET),
    "host": django.DisallowedHost(SECRET),
    "bug": RuntimeError(SECRET),
    "django": django.ValidationError({"name": ["is taken"], "__all__": ["ends before it starts"]}),
    "nested": drf.ValidationError({"rules": [{}, {"all": [{"field": ["is unknown"]}, "is short"]}]}),
    "parse": drf.ParseError(SECRET),
}


class Open(APIView):
    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []


class Raise(Open):
    def get(self, request: Request, kind: str) -> Response:
        raise FAULTS[kind]


class Rule(serializers.Serializer):
    where = serializers.IntegerField()


class Body(serializers.Serializer):
    name = serializers.CharField()
    rules = Rule(many=True)
    numbers = serializers.ListField(child=serializers.IntegerField(), required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["name"] == "bad":
            raise serializers.ValidationError("the parts do not fit")
        return attrs


class Echo(Open):
    def post(self, request: Request) -> Response:
        return Response(request.data)

    def put(self, request: Request) -> Response:
        body = Body(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(body.validated_data)


class Bodiless(Open):
    def post(self, request: Request) -> Response:
        return Response({"done": True})


def plain_fault(request: HttpRequest, kind: str) -> HttpResponse:
    raise FAULTS[kind]


urlpatterns = [
    route
    for prefix in ("v1", "api", "elsewhere")
    for route in (
        path(f"{prefix}/raise/<str:kind>", Raise.as_view()),
        path(f"{prefix}/plain/<str:kind>", plain_fault),
        path(f"{prefix}/echo", Echo.as_view()),
        path(f"{prefix}/bodiless", Bodiless.as_view()),
    )
]
urlpatterns.append(re_path(r"^(?:v1|api)(?:/|$)", not_found))
handler400 = "web.answers.bad_request"
handler403 = "web.answers.permission_denied"
handler404 = "web.answers.not_found"
handler500 = "web.answers.server_error"

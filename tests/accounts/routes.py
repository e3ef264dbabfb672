"""Small routes in both dialects, to test what every route shares."""

from __future__ import annotations

from typing import Any

from django.db import OperationalError
from django.urls import path, re_path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import PartnerView
from accounts.models import IdempotencyRecord
from accounts.permissions import ANY_KEY
from web import conditional
from web.answers import not_found
from web.pagination import QUERY, paginate


class Who(PartnerView):
    permissions = {"GET": "compliance:read", "POST": "compliance:write"}
    query = {"GET": ("colour",)}
    starts = ("POST",)

    def get(self, request: Request, **ids: Any) -> Response:
        return Response({"group": request.group.pk, "key": request.auth.pk})

    def post(self, request: Request, **ids: Any) -> Response:
        return Response({"sent": request.data}, status=201)


class Undeclared(PartnerView):
    def get(self, request: Request) -> Response:
        return Response({"secret": True})


class Anybody(PartnerView):
    permissions = ANY_KEY
    scoped = False

    def get(self, request: Request) -> Response:
        return Response({"scoped": hasattr(request, "group")})


class Records(PartnerView):
    permissions = ANY_KEY
    query = {"GET": (*QUERY, "name")}

    def get(self, request: Request, **ids: Any) -> Response:
        page = paginate(request, IdempotencyRecord.objects.all())
        return Response(page.compliance("records", [record.key for record in page.items]))


class Versioned(PartnerView):
    permissions = ANY_KEY

    def get(self, request: Request) -> Response:
        tag = conditional.etag(request, "thing", 7)
        if conditional.not_modified(request, tag):
            return Response(status=304, headers={"ETag": tag})
        return Response({"thing": 7}, headers={"ETag": tag})


class Body(serializers.Serializer):
    class Rule(serializers.Serializer):
        where = serializers.IntegerField()

    rules = Rule(many=True)


class Broken(PartnerView):
    permissions = ANY_KEY

    def get(self, request: Request) -> Response:
        raise RuntimeError("the password of the database is hunter2")

    def put(self, request: Request) -> Response:
        raise OperationalError("server closed the connection")

    def post(self, request: Request) -> Response:
        Body(data=request.data).is_valid(raise_exception=True)
        return Response({})


urlpatterns = [
    path("api/who", Who.as_view()),
    path("api/who/<any_uuid:id>", Who.as_view()),
    path("api/undeclared", Undeclared.as_view()),
    path("api/anybody", Anybody.as_view()),
    path("api/records", Records.as_view()),
    path("api/versioned", Versioned.as_view()),
    path("v1/versioned", type("V", (Versioned,), {"scoped": False}).as_view()),
    path("api/broken", Broken.as_view()),
    path("v1/anybody", Anybody.as_view()),
    path("v1/accounts/<object_id:accountGroupId>/who", Who.as_view()),
    path("v1/accounts/<object_id:accountGroupId>/who/<object_id:whoId>", Who.as_view()),
    re_path(r"^(?:v1|api)(?:/|$)", not_found),
]
handler400 = "web.answers.bad_request"
handler403 = "web.answers.permission_denied"
handler404 = "web.answers.not_found"
handler500 = "web.answers.server_error"

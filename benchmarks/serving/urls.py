"""Scanward's routes, and the barest views that the same server can serve, to measure them by."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import KeyAuthentication
from config.urls import handler400, handler403, handler404, handler500, urlpatterns  # noqa: F401

DOCUMENT = {"scan_id": "9b2f6c1e-4d3a-4f5b-8c7d-6e5f4a3b2c1d", "status": "completed", "progress": 1.0}


def django_json(request: HttpRequest) -> JsonResponse:
    return JsonResponse(DOCUMENT)


class Bare(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        return Response(DOCUMENT)


class BareWithKey(Bare):
    """Looks the key up as every route of ours does, and nothing else."""

    authentication_classes = (KeyAuthentication,)


urlpatterns = [
    path("bare/django", django_json), path("bare/drf", Bare.as_view()), path("bare/drf-key", BareWithKey.as_view()),
    *urlpatterns,
]  # fmt: skip

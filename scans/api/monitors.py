"""Monitors over REST."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from jobs.schedule_times import is_time_zone
from prospecting.errors import AudienceNotReady
from scans.actions import monitors as actions
from scans.api import answers, documents
from scans.errors import MonitorNotFound
from scans.models import Monitor
from web.errors import ValidationFailed
from web.pagination import paginate
from web.serializers import Deleted, Flag, ObjectId, Text, V1Request, complete, page_of


def time_zone(name: str) -> None:
    if not is_time_zone(name):
        raise serializers.ValidationError("is no time zone; write one like Europe/Vienna or UTC")


class CadenceRequest(V1Request):
    cron = Text(max_length=100, help_text="Minute, hour, day of month, month, day of week: 30 7 * * 1-5")
    time_zone = Text(max_length=64, validators=[time_zone], required=False, help_text="Of the times in cron; or UTC.")


class MonitorRequest(V1Request):
    signal_specification_id = ObjectId()
    audience_id = ObjectId()
    cadence = complete(CadenceRequest)
    is_active = Flag(required=False)


class Monitors(PartnerView):
    """GET and POST /v1/accounts/{accountGroupId}/signals/monitors"""

    permissions: ClassVar = {"GET": "signals:read", "POST": "signals:write"}
    query: ClassVar = {"GET": ("cursor", "limit")}
    refuses: ClassVar = {"POST": (AudienceNotReady,)}

    @extend_schema(responses={200: page_of(answers.MonitorShown)})
    def get(self, request: PartnerRequest, **path: str) -> Response:
        page = paginate(request, Monitor.objects.for_group(request.group))
        return Response(page.v1(map(documents.monitor_document, page.items)))

    @extend_schema(request=MonitorRequest, responses={201: answers.MonitorShown})
    def post(self, request: PartnerRequest, **path: str) -> Response:
        chosen = _chosen(MonitorRequest.read(request.data))
        by, test = Requester.partner(request), request.auth.test
        monitor = actions.create_monitor(group=request.group, by=by, test=test, **chosen)
        return Response(documents.monitor_document(find_monitor(request, monitor.pk)), status=201)


class MonitorDetail(PartnerView):
    """PATCH and DELETE /v1/accounts/{accountGroupId}/signals/monitors/{monitorId}"""

    missing: ClassVar = MonitorNotFound
    permissions: ClassVar = {"PATCH": "signals:write", "DELETE": "signals:write"}
    refuses: ClassVar = {"PATCH": (AudienceNotReady,)}

    @extend_schema(request=MonitorRequest(partial=True), responses={200: answers.MonitorShown})
    def patch(self, request: PartnerRequest, **path: str) -> Response:
        body = MonitorRequest.read(request.data, partial=True)
        if not body:
            raise ValidationFailed("The body must name at least one field to change.")
        monitor = find_monitor(request, path["monitorId"])
        actions.change_monitor(monitor=monitor, by=Requester.partner(request), **_chosen(body))
        return Response(documents.monitor_document(find_monitor(request, monitor.pk)))

    @extend_schema(responses={200: Deleted})
    def delete(self, request: PartnerRequest, **path: str) -> Response:
        actions.delete_monitor(monitor=find_monitor(request, path["monitorId"]), by=Requester.partner(request))
        return Response({"deleted": True})


def find_monitor(request: PartnerRequest, monitor_id: str) -> Monitor:
    found: Monitor | None = Monitor.objects.for_group(request.group).filter(pk=monitor_id).first()
    if found is None:
        raise MonitorNotFound
    return found


def _chosen(body: dict[str, Any]) -> dict[str, Any]:
    """The fields of the row; a cadence without a zone is of UTC."""
    if "cadence" in body:
        cadence = body.pop("cadence")
        body |= {"cron": " ".join(cadence["cron"].split()), "time_zone": cadence.get("time_zone", "UTC")}
    return body

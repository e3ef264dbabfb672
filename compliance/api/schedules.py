"""Schedules over REST: make, change, pause, delete, run now, and what became of every run."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from compliance.actions import schedules as actions
from compliance.api import documents
from compliance.api.answers import Success, listed
from compliance.api.answers import schedules as answers
from compliance.api.policies import time_zone
from compliance.enums import LIVE_RUNS, CatchUp, Overlap
from compliance.errors import ScheduleNotFound
from compliance.models import Schedule, ScheduleRun
from jobs.following import RETRY_AFTER
from jobs.schedule_words import in_words
from web.errors import Conflict, NotFound, ValidationFailed
from web.pagination import paginate
from web.serializers import Flag, StrictSerializer, Text, Uuid, Whole, Word


class ScheduleRequest(StrictSerializer):
    name = Text(max_length=200)
    policy_id = Uuid()
    source_id = Uuid()
    cron = Text(max_length=100, required=False)
    every_minutes = Whole(min_value=1, max_value=525_600, required=False)
    time_zone = Text(max_length=64, validators=[time_zone], required=False)
    is_active = Flag(required=False)
    overlap = Word(Overlap.choices, required=False)
    catch_up = Word(CatchUp.choices, required=False)
    jitter = Whole(min_value=0, max_value=3600, required=False)


class Schedules(PartnerView):
    """GET and POST /api/schedules"""

    permissions: ClassVar = {"GET": "compliance:read", "POST": "compliance:write"}
    query: ClassVar = {"GET": ("cursor", "limit")}
    refuses: ClassVar = {"POST": (NotFound,)}

    @extend_schema(responses={200: listed("schedules", answers.ScheduleAnswer)})
    def get(self, request: PartnerRequest) -> Response:
        page = paginate(request, Schedule.objects.for_group(request.group).in_use().with_last_run())
        return Response(page.compliance("schedules", map(schedule_document, page.items)))

    @extend_schema(request=ScheduleRequest, responses={201: answers.ScheduleAnswer})
    def post(self, request: PartnerRequest) -> Response:
        body = ScheduleRequest.read(request.data)
        schedule = actions.create_schedule(group=request.group, by=Requester.partner(request), **body)
        return Response(schedule_document(find_schedule(request, schedule.pk)), status=201)


class ScheduleDetail(PartnerView):
    """GET, PATCH and DELETE /api/schedules/{id}"""

    missing: ClassVar = ScheduleNotFound
    permissions: ClassVar = {"GET": "compliance:read", "PATCH": "compliance:write", "DELETE": "compliance:write"}

    @extend_schema(responses={200: answers.ScheduleAnswer})
    def get(self, request: PartnerRequest, schedule_id: uuid.UUID) -> Response:
        return Response(schedule_document(find_schedule(request, schedule_id)))

    @extend_schema(request=ScheduleRequest(partial=True), responses={200: answers.ScheduleAnswer})
    def patch(self, request: PartnerRequest, schedule_id: uuid.UUID) -> Response:
        body = ScheduleRequest.read(request.data, partial=True)
        if not body:
            raise ValidationFailed("The body must name at least one field to change.")
        schedule = find_schedule(request, schedule_id)
        actions.change_schedule(schedule=schedule, by=Requester.partner(request), **body)
        return Response(schedule_document(find_schedule(request, schedule_id)))

    @extend_schema(responses={200: Success})
    def delete(self, request: PartnerRequest, schedule_id: uuid.UUID) -> Response:
        actions.delete_schedule(schedule=find_schedule(request, schedule_id), by=Requester.partner(request))
        return Response({"success": True})


class RunNow(PartnerView):
    """POST /api/schedules/{id}/run"""

    missing: ClassVar = ScheduleNotFound
    permissions: ClassVar = {"POST": "compliance:write"}
    starts: ClassVar = ("POST",)
    refuses: ClassVar = {"POST": (Conflict,)}

    @extend_schema(request=None, responses={202: answers.RunAnswer})
    def post(self, request: PartnerRequest, schedule_id: uuid.UUID) -> Response:
        schedule = find_schedule(request, schedule_id)
        run = actions.run_now(schedule=schedule, by=Requester.partner(request))
        headers = {"Location": f"/api/schedules/{schedule.pk}/runs", "Retry-After": RETRY_AFTER}
        return Response(run_document(run), status=202, headers=headers)


class Runs(PartnerView):
    """GET /api/schedules/{id}/runs"""

    missing: ClassVar = ScheduleNotFound
    permissions: ClassVar = {"GET": "compliance:read"}
    query: ClassVar = {"GET": ("cursor", "limit")}

    @extend_schema(responses={200: listed("runs", answers.RunAnswer)})
    def get(self, request: PartnerRequest, schedule_id: uuid.UUID) -> Response:
        schedule = find_schedule(request, schedule_id)
        page = paginate(request, ScheduleRun.objects.filter(schedule=schedule).select_related("source_import"))
        return Response(page.compliance("runs", map(run_document, page.items)))


def schedule_document(schedule: Any) -> dict[str, Any]:
    last = next(iter(schedule.newest_run), None)
    return {
        "id": str(schedule.pk), "name": schedule.name, "policy_id": str(schedule.policy_id),
        "source_id": str(schedule.source_id), "cron": schedule.cron or None,
        "every_minutes": schedule.every_minutes, "time_zone": schedule.time_zone, "in_words": in_words(schedule.times),
        "is_active": schedule.is_active, "overlap": schedule.overlap, "catch_up": schedule.catch_up,
        "jitter": schedule.jitter, "next_run_at": documents.time(schedule.next_run_at),
        "last_run": run_document(last) if last else None, "created_at": documents.time(schedule.created_at),
        "updated_at": documents.time(schedule.updated_at),
    }  # fmt: skip


def run_document(run: ScheduleRun) -> dict[str, Any]:
    """`outcome` is null while the run goes on; `state` says how far it is."""
    upload = run.source_import.upload_id if run.source_import else None
    return {
        "id": str(run.pk), "schedule_id": str(run.schedule_id), "due_at": documents.time(run.due_at),
        "state": run.state, "outcome": None if run.state in LIVE_RUNS else run.state,
        "message": run.message or None,
        "error": {"code": run.error_code, "message": run.message} if run.error_code else None,
        "import_id": str(run.source_import_id) if run.source_import_id else None,
        "upload_id": str(upload) if upload else None, "scan_id": str(run.scan_id) if run.scan_id else None,
        "created_at": documents.time(run.created_at), "started_at": documents.time(run.started_at),
        "ended_at": documents.time(run.ended_at),
    }  # fmt: skip


def find_schedule(request: PartnerRequest, schedule_id: uuid.UUID) -> Schedule:
    rows = Schedule.objects.for_group(request.group).in_use().with_last_run()
    schedule: Schedule | None = rows.filter(pk=schedule_id).first()
    if schedule is None:
        raise ScheduleNotFound
    return schedule

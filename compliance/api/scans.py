"""Compliance scans over REST: run, follow, list, cancel, delete."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from compliance.actions import scans as actions
from compliance.api import documents
from compliance.api.answers import Success, listed
from compliance.api.answers import scans as answers
from compliance.api.documents_waivers import waivers_on
from compliance.api.filters import choice, instant, uuid_of
from compliance.errors import ScanNotFound
from compliance.models import ComplianceScan, ScoreEvent
from jobs.enums import Status
from jobs.following import follow, look, start_once
from web.compiled import Compiled
from web.errors import Conflict, NotFound, Unprocessable
from web.pagination import paginate
from web.serializers import StrictSerializer, Text, Uuid

STATUSES = {"pending": Status.QUEUED} | {status.value: status for status in Status if status != Status.QUEUED}


class RunRequest(StrictSerializer):
    policy_id = Uuid()
    upload_id = Uuid()
    mapping_id = Uuid()
    audit_id = Uuid(allow_null=True, required=False)
    audit_name = Text(max_length=200, allow_null=True, required=False)
    context_upload_ids = serializers.ListField(child=Uuid(), required=False)


class Run(PartnerView):
    """POST /api/scan/run"""

    permissions: ClassVar = {"POST": "compliance:write"}
    refuses: ClassVar = {"POST": (NotFound, Conflict, Unprocessable)}
    starts: ClassVar = ("POST",)

    @extend_schema(request=RunRequest, responses={200: answers.Started, 202: answers.Started})
    def post(self, request: PartnerRequest) -> Response:
        body = RunRequest.read(request.data)
        scan_id, headers = self._start(request, body)

        def document(scan: ComplianceScan) -> dict[str, str]:
            return {"scan_id": str(scan.pk), "status": documents.status(scan)}

        return follow(
            request, scan_id, lambda: find_scan(request, scan_id), document, location=f"/api/scan/{scan_id}",
            headers=headers,
        )  # fmt: skip

    def _start(self, request: PartnerRequest, body: dict[str, Any]) -> tuple[uuid.UUID, dict[str, str]]:
        def start() -> ComplianceScan:
            wanted = {**body, "audit_name": body.get("audit_name") or ""}
            return actions.start_scan(group=request.group, by=Requester.partner(request), **wanted)

        return start_once(request, "compliance.scan.run", body, start)


class Scans(PartnerView):
    """GET /api/scan"""

    permissions: ClassVar = {"GET": "compliance:read"}
    query: ClassVar = {"GET": ("cursor", "limit", "status", "policy_id")}
    words: ClassVar = {"status": STATUSES}

    @extend_schema(responses=listed("scans", answers.ScanItem))
    def get(self, request: PartnerRequest) -> Response:
        scans = ComplianceScan.objects.for_group(request.group).shown()
        if (word := choice(request, "status", STATUSES)) is not None:
            scans = scans.filter(status=STATUSES[word])
        if (policy := uuid_of(request, "policy_id")) is not None:
            scans = scans.filter(policy_id=policy)
        page = paginate(request, scans)
        return Response(page.compliance("scans", map(documents.scan_item, page.items)))


class History(PartnerView):
    """GET /api/scan/history"""

    permissions: ClassVar = {"GET": "compliance:read"}
    query: ClassVar = {"GET": ("cursor", "limit", "policy_id", "audit_id", "since")}

    @extend_schema(responses=listed("scans", answers.PastScan))
    def get(self, request: PartnerRequest) -> Response:
        scans = ComplianceScan.objects.for_group(request.group).shown().completed()
        if (policy := uuid_of(request, "policy_id")) is not None:
            scans = scans.filter(policy_id=policy)
        if (audit := uuid_of(request, "audit_id")) is not None:
            scans = scans.filter(audit_id=audit)
        if (since := instant(request, "since")) is not None:
            scans = scans.filter(created_at__gte=since)
        page = paginate(request, scans)
        return Response(page.compliance("scans", map(documents.history_item, page.items)))


class ScanDetail(PartnerView):
    """GET and DELETE /api/scan/{id}"""

    missing: ClassVar = ScanNotFound
    permissions: ClassVar = {"GET": "compliance:read", "DELETE": "compliance:delete"}
    refuses: ClassVar = {"DELETE": (Conflict,)}

    @extend_schema(responses={200: answers.Scan, 304: None})
    def get(self, request: PartnerRequest, scan_id: uuid.UUID) -> Response:
        return look(request, scan_id, lambda: find_scan(request, scan_id), _document, versions=_VERSIONS)

    @extend_schema(responses={200: Success})
    def delete(self, request: PartnerRequest, scan_id: uuid.UUID) -> Response:
        actions.delete_scan(scan=find_scan(request, scan_id), by=Requester.partner(request))
        return Response({"success": True})


class Cancel(PartnerView):
    """POST /api/scan/{id}/cancel"""

    missing: ClassVar = ScanNotFound
    permissions: ClassVar = {"POST": "compliance:write"}
    refuses: ClassVar = {"POST": (Unprocessable,)}

    @extend_schema(request=None, responses=answers.Started)
    def post(self, request: PartnerRequest, scan_id: uuid.UUID) -> Response:
        scan = find_scan(request, scan_id)
        actions.cancel_scan(scan=scan, by=Requester.partner(request))
        return Response({"scan_id": str(scan.pk), "status": "cancelled"})


def find_scan(request: PartnerRequest, scan_id: uuid.UUID) -> ComplianceScan:
    if (scan := _SCANS.first(group=request.group.pk, pk=scan_id)) is None:
        raise ScanNotFound
    return scan


def _document(scan: ComplianceScan) -> dict[str, Any]:
    """Read after the row: a scan that completes in between has a history already, which is not yet this answer's."""
    history = _HISTORY.rows(scan=scan.pk) if scan.status == Status.COMPLETED else []
    return documents.scan_document(scan, history, waivers_on(scan))


def _of_group(group: Any, pk: Any) -> Any:
    return ComplianceScan.objects.for_group(group).shown().filter(pk=pk).order_by()


def _with_what_it_ran(**of: Any) -> Any:
    found = _of_group(**of).select_related("policy_version", "upload")
    return found.defer("upload__profile", "upload__sample_rows", "policy_version__rules")


_SCANS = Compiled[ComplianceScan](_with_what_it_ran)
_VERSIONS = Compiled[int](lambda **of: _of_group(**of).values_list("version", flat=True))
_HISTORY = Compiled[ScoreEvent](lambda scan: ScoreEvent.objects.filter(scan=scan))

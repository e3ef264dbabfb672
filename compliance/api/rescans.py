"""Scanning again over REST."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from compliance.actions.rescans import rescan
from compliance.api import documents
from compliance.api.answers.rescans import Rescanned
from compliance.api.scans import find_scan
from compliance.models import ComplianceScan
from jobs.following import follow, start_once
from web.errors import Conflict, NotFound, Unprocessable
from web.serializers import Flag, StrictSerializer, Uuid


class RescanRequest(StrictSerializer):
    scan_id = Uuid()
    upload_id = Uuid(required=False)
    force = Flag(required=False)


class Rescan(PartnerView):
    """POST /api/scan/rescan"""

    permissions: ClassVar = {"POST": "compliance:write"}
    refuses: ClassVar = {"POST": (NotFound, Conflict, Unprocessable)}
    starts: ClassVar = ("POST",)

    @extend_schema(request=RescanRequest, responses={200: Rescanned, 202: Rescanned})
    def post(self, request: PartnerRequest) -> Response:
        body = RescanRequest.read(request.data)
        scan_id, headers = self._start(request, body)

        def document(scan: ComplianceScan) -> dict[str, Any]:
            unchanged = scan.pk == body["scan_id"]
            return {"scan_id": str(scan.pk), "status": documents.status(scan), "unchanged": unchanged}

        return follow(
            request, scan_id, lambda: find_scan(request, scan_id), document, location=f"/api/scan/{scan_id}",
            headers=headers,
        )  # fmt: skip

    def _start(self, request: PartnerRequest, body: dict[str, Any]) -> tuple[uuid.UUID, dict[str, str]]:
        """The id of the new scan, or of the old one, and the headers of a replay (else none)."""

        def start() -> ComplianceScan:
            scan, _ = rescan(
                scan=find_scan(request, body["scan_id"]), by=Requester.partner(request),
                upload_id=body.get("upload_id"), force=body.get("force", False),
            )  # fmt: skip
            return scan

        return start_once(request, "compliance.scan.rescan", body, start)

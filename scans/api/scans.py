"""Signal scans over REST: start, list, follow, cancel (seeds 000, 001 and 002)."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from jobs.enums import Status
from jobs.following import RETRY_AFTER, look, start_once
from prospecting.errors import AudienceNotReady
from scans.actions import scans as actions
from scans.api import answers, documents
from scans.errors import ScanOver, SignalScanNotFound
from scans.models import SignalScan
from web.compiled import Compiled
from web.errors import Conflict, UpstreamError
from web.pagination import paginate
from web.query import word_of
from web.serializers import ObjectId, V1Request, page_of

MOST_PROSPECTS = 10_000  # named in one start


class SignalScanStartRequest(V1Request):
    signal_specification_id = ObjectId()
    audience_id = ObjectId()
    prospect_ids = serializers.ListField(
        child=ObjectId(), required=False, allow_empty=False, max_length=MOST_PROSPECTS,
        help_text="Some of the audience's prospects; without it, all.",
    )  # fmt: skip


class Scans(PartnerView):
    """GET and POST /v1/accounts/{accountGroupId}/signals/scans"""

    permissions: ClassVar = {"GET": "signals:read", "POST": "signals:write"}
    query: ClassVar = {"GET": ("cursor", "limit", "status")}
    words: ClassVar = {"status": Status.values}
    starts: ClassVar = ("POST",)
    refuses: ClassVar = {"POST": (AudienceNotReady, Conflict, UpstreamError)}

    @extend_schema(responses={200: page_of(answers.SignalScanItem)})
    def get(self, request: PartnerRequest, **path: str) -> Response:
        scans = SignalScan.objects.for_group(request.group)
        if (status := word_of(request, "status", Status.values)) is not None:
            scans = scans.filter(status=status)
        page = paginate(request, scans)
        return Response(page.v1(map(documents.scan_item, page.items)))

    @extend_schema(
        request=SignalScanStartRequest, responses={200: answers.SignalScanStarted, 202: answers.SignalScanStarted}
    )
    def post(self, request: PartnerRequest, **path: str) -> Response:
        body = SignalScanStartRequest.read(request.data)
        started: list[SignalScan] = []

        def start() -> SignalScan:
            scan = actions.start_scan(
                group=request.group, by=Requester.partner(request), test=request.auth.test, **body
            )  # fmt: skip
            started.append(scan)
            return scan

        scan_id, headers = start_once(request, "signals.scan.start", body, start)
        scan = started[0] if started else find_scan(request, scan_id)
        document = {"scanId": scan.pk, "status": scan.status, "createdAt": scan.created_at}
        if scan.is_final:
            return Response(document, headers=headers)
        location = f"/v1/accounts/{request.group.pk}/signals/scans/{scan.pk}"
        return Response(document, status=202, headers={**headers, "Location": location, "Retry-After": RETRY_AFTER})


class ScanDetail(PartnerView):
    """GET /v1/accounts/{accountGroupId}/signals/scans/{scanId}"""

    missing: ClassVar = SignalScanNotFound
    permissions: ClassVar = {"GET": "signals:read"}

    @extend_schema(responses={200: answers.SignalScanStatus, 304: None})
    def get(self, request: PartnerRequest, **path: str) -> Response:
        scan_id = path["scanId"]
        return look(request, scan_id, lambda: find_scan(request, scan_id), documents.scan_document, versions=_VERSIONS)


class Cancel(PartnerView):
    """POST /v1/accounts/{accountGroupId}/signals/scans/{scanId}/cancel"""

    missing: ClassVar = SignalScanNotFound
    permissions: ClassVar = {"POST": "signals:write"}
    refuses: ClassVar = {"POST": (ScanOver, UpstreamError)}

    @extend_schema(request=None, responses={200: answers.SignalScanCancel})
    def post(self, request: PartnerRequest, **path: str) -> Response:
        scan = find_scan(request, path["scanId"])
        actions.cancel_scan(scan=scan, by=Requester.partner(request))
        return Response({"scanId": scan.pk, "status": Status.CANCELLED.value})


def find_scan(request: PartnerRequest, scan_id: Any) -> SignalScan:
    if (scan := _SCANS.first(group=request.group.pk, pk=scan_id)) is None:
        raise SignalScanNotFound
    return scan


def _of_group(group: Any, pk: Any) -> Any:
    return SignalScan.objects.for_group(group).filter(pk=pk).order_by()


_SCANS = Compiled[SignalScan](lambda **of: _of_group(**of).defer("items", "prospect_ids"))
_VERSIONS = Compiled[int](lambda **of: _of_group(**of).values_list("version", flat=True))

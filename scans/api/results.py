"""What scans found and dropped, over REST: of one scan, and of one prospect."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from jobs.enums import Status
from prospecting.errors import ProspectNotFound
from prospecting.models import Prospect
from scans import newest
from scans.api import answers, documents
from scans.api.scans import find_scan
from scans.enums import DROPPED, SignalType
from scans.errors import FindingsDeleted, SignalScanNotFound
from scans.models import Finding, SignalScan
from scans.queries import Showing, showings
from web.errors import ValidationFailed
from web.pagination import limit_of, position_of, sealed
from web.query import word_of
from web.serializers import page_of

REASONS = [verdict.value for verdict in DROPPED]
MOST_OF_A_TYPE = 100  # signals of one type shown for a prospect, the highest scores first


class Results(PartnerView):
    """GET /v1/accounts/{accountGroupId}/signals/scans/{scanId}/results"""

    missing: ClassVar = SignalScanNotFound
    permissions: ClassVar = {"GET": "signals:read"}
    query: ClassVar = {"GET": ("cursor", "limit")}
    refuses: ClassVar = {"GET": (FindingsDeleted,)}

    @extend_schema(responses={200: page_of(answers.ScanResult)})
    def get(self, request: PartnerRequest, **path: str) -> Response:
        """The signals kept, each once for every prospect it is of; none until the scan is completed."""
        limit, position = limit_of(request), position_of(request)
        scan = _whole(find_scan(request, path["scanId"]))
        shown: list[Showing] = []
        if scan.status == Status.COMPLETED:
            shown = showings(scan.pk, after=tuple(position) if position else None, limit=limit + 1)
        has_more, shown = len(shown) > limit, shown[:limit]
        cursor = sealed(request, [shown[-1].finding, shown[-1].place]) if has_more else None
        return Response({"items": _results(shown), "nextCursor": cursor, "hasMore": has_more})


class Dropped(PartnerView):
    """GET /v1/accounts/{accountGroupId}/signals/scans/{scanId}/dropped"""

    missing: ClassVar = SignalScanNotFound
    permissions: ClassVar = {"GET": "signals:read"}
    query: ClassVar = {"GET": ("cursor", "limit", "reason")}
    words: ClassVar = {"reason": REASONS}
    refuses: ClassVar = {"GET": (FindingsDeleted,)}

    @extend_schema(responses={200: page_of(answers.DroppedItem)})
    def get(self, request: PartnerRequest, **path: str) -> Response:
        """What matched and was not kept, by reason; none until the scan is completed."""
        limit, position = limit_of(request), position_of(request)
        reason = word_of(request, "reason", REASONS)
        scan = _whole(find_scan(request, path["scanId"]))
        rows = scan.findings.visible().dropped(reason, after=tuple(position) if position else None)
        found = list(rows.select_related("prospect")[: limit + 1])
        has_more, found = len(found) > limit, found[:limit]
        cursor = sealed(request, [found[-1].verdict, found[-1].pk]) if has_more else None
        return Response({"items": list(map(documents.dropped, found)), "nextCursor": cursor, "hasMore": has_more})


class ProspectSignals(PartnerView):
    """GET /v1/accounts/{accountGroupId}/prospects/{prospectId}/signals"""

    missing: ClassVar = ProspectNotFound
    permissions: ClassVar = {"GET": "prospects:read"}
    query: ClassVar = {"GET": ("minScore",)}

    @extend_schema(
        parameters=[OpenApiParameter("minScore", {"type": "integer", "minimum": 0, "maximum": 100})],
        responses={200: answers.ProspectSignals},
    )
    def get(self, request: PartnerRequest, **path: str) -> Response:
        """Of the newest completed scan by each specification; a signal that several kept stands once."""
        least = _least(request)
        prospect_id = path["prospectId"]
        if not Prospect.objects.for_group(request.group).filter(pk=prospect_id).exists():
            raise ProspectNotFound
        places = newest.places_of(prospect_id)
        rows = Finding.objects.at(places).kept().filter(score__gte=least).select_related("signal")
        status = "evaluated" if places else "pending"
        return Response({"prospectId": prospect_id, "status": status, "results": _grouped(rows)})


def _grouped(rows: Iterable[Finding]) -> list[dict[str, Any]]:
    """[{type, items}], the highest scores first; types without any are left out."""
    groups: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in SignalType.values}
    for finding in sorted(rows, key=lambda row: (row.score, row.pk), reverse=True):
        groups[finding.type].setdefault(str(finding.signal_id), documents.signal(finding))
    return [
        {"type": kind, "items": list(items.values())[:MOST_OF_A_TYPE]} for kind, items in groups.items() if items
    ]  # fmt: skip


def _whole(scan: SignalScan) -> SignalScan:
    """FindingsDeleted unless everything it found is still there."""
    if scan.findings_deleted_at:
        raise FindingsDeleted
    return scan


def _results(shown: list[Showing]) -> list[dict[str, Any]]:
    findings = Finding.objects.select_related("signal").in_bulk({showing.finding for showing in shown})
    people = Prospect.objects.in_bulk({showing.prospect for showing in shown})
    return [
        documents.result(findings[showing.finding], people[showing.prospect])
        for showing in shown
        if showing.finding in findings and showing.prospect in people  # not erased meanwhile
    ]


def _least(request: PartnerRequest) -> int:
    text = request.GET.get("minScore")
    if text is None:
        return 0
    if not re.fullmatch(r"[0-9]{1,3}", text) or int(text) > 100:
        raise ValidationFailed.at("minScore", "must be a whole number from 0 to 100")
    return int(text)

"""The score of a scan at a glance."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Count
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from compliance.api.answers import scans as answers
from compliance.api.documents import number
from compliance.api.filters import uuid_of
from compliance.enums import ReviewStatus, Severity
from compliance.errors import ScanNotFound
from compliance.models import ComplianceScan, Violation
from compliance.queries import OPEN
from web.errors import NotFound


class Score(PartnerView):
    """GET /api/compliance/score: of the named scan, else of the newest completed one."""

    permissions: ClassVar = {"GET": "compliance:read"}
    refuses: ClassVar = {"GET": (NotFound,)}
    query: ClassVar = {"GET": ("scan_id",)}

    @extend_schema(responses=answers.Score)
    def get(self, request: PartnerRequest) -> Response:
        scans = ComplianceScan.objects.for_group(request.group).shown().completed()
        if (scan_id := uuid_of(request, "scan_id")) is not None:
            scans = scans.filter(pk=scan_id)
        scan = scans.select_related("policy_version").order_by("-created_at", "-pk").first()
        if scan is None:
            raise ScanNotFound
        return Response(_document(scan))


def _document(scan: ComplianceScan) -> dict[str, Any]:
    false_positives = scan.review_counts.get(ReviewStatus.FALSE_POSITIVE, 0)
    kinds = {rule["rule_id"]: rule["kind"] for rule in scan.policy_version.rules}
    by_kind: dict[str, int] = {}
    still_open = 0
    by_rule = Violation.objects.of_scan(scan).order_by().values_list("rule_id")
    for rule_id, count, counted in by_rule.annotate(Count("id"), counted=Count("id", filter=OPEN)):
        by_kind[kinds[rule_id]] = by_kind.get(kinds[rule_id], 0) + count
        still_open += counted
    return {
        "scan_id": str(scan.pk),
        "score": number(scan.score),
        "total_violations": scan.violation_count,
        "open_violations": still_open,
        "resolved_violations": scan.resolved_count or 0,
        "false_positives": false_positives,
        "waived": scan.waived_count,
        "by_severity": {word: scan.severity_counts.get(word, 0) for word in Severity.values},
        "by_rule_type": by_kind,
    }

"""One decision on many violations over REST."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from compliance.actions.bulk_reviews import chosen_by_ids, review_many
from compliance.actions.reviews import newer_scan
from compliance.api.answers.violations import ReviewedMany
from compliance.api.documents import number
from compliance.api.violations import DELTAS
from compliance.enums import ReviewStatus, Severity
from compliance.errors import ScanNotFound
from compliance.models import ComplianceScan, Violation
from compliance.queries import ViolationQuerySet
from web.errors import NotFound, ValidationFailed
from web.serializers import StrictSerializer, Text, Uuid, Word

MOST_IDS = 10_000


class ViolationFilter(StrictSerializer):
    scan_id = Uuid()
    severity = Word(Severity.choices, required=False)
    status = Word(ReviewStatus.choices, required=False)
    rule_id = Text(max_length=100, required=False)
    account = Text(max_length=10_000, required=False, trim_whitespace=False)
    delta = Word([("new", "new"), ("unchanged", "unchanged")], required=False)


class BulkReviewRequest(StrictSerializer):
    ids = serializers.ListField(child=Uuid(), min_length=1, max_length=MOST_IDS, required=False)
    filter = ViolationFilter(required=False)
    status = Word(ReviewStatus.choices)
    review_note = Text(max_length=5_000, allow_blank=True, required=False)
    reviewer = Text(max_length=100, required=False)


class BulkReview(PartnerView):
    """POST /api/violations/review"""

    permissions: ClassVar = {"POST": "compliance:review"}
    refuses: ClassVar = {"POST": (NotFound,)}

    @extend_schema(request=BulkReviewRequest, responses=ReviewedMany)
    def post(self, request: PartnerRequest) -> Response:
        body = BulkReviewRequest.read(request.data)
        if ("ids" in body) == ("filter" in body):
            raise ValidationFailed("Send either ids or filter, exactly one of the two.")
        if "ids" in body:
            violations, scan = chosen_by_ids(request.group, body["ids"])
        else:
            violations, scan = _filtered(request, body["filter"])
        done = review_many(
            violations=violations, scan=scan, by=Requester.partner(request).signing_as(body.get("reviewer", "")),
            status=ReviewStatus(body["status"]), note=body.get("review_note"),
        )  # fmt: skip
        newer = newer_scan(scan)
        return Response(
            {
                "success": True,
                "scan_id": str(scan.pk),
                "reviewed": done.reviewed,
                "unchanged": done.unchanged,
                "proposed": done.proposed,
                "updated_score": number(done.score),
                "newer_scan_id": str(newer) if newer else None,
            }
        )


def _filtered(request: PartnerRequest, wanted: dict[str, Any]) -> tuple[ViolationQuerySet, ComplianceScan]:
    scans = ComplianceScan.objects.for_group(request.group).shown().completed()
    scan = scans.filter(pk=wanted["scan_id"]).first()
    if scan is None:
        raise ScanNotFound
    exact = {name: wanted[name] for name in ("severity", "status", "rule_id", "account") if name in wanted}
    of_delta = DELTAS[wanted["delta"]] if "delta" in wanted else Q()
    violations: ViolationQuerySet = Violation.objects.filter(of_delta, scan=scan, **exact)
    return violations, scan

"""Violations over REST: list, look at, decide."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.db.models import F, Q
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from compliance.actions.reviews import newer_scan, review_violation
from compliance.api import documents
from compliance.api.answers import listed
from compliance.api.answers import violations as answers
from compliance.api.filters import choice, uuid_of
from compliance.enums import ReviewStatus, Severity
from compliance.errors import ScanNotFound, ViolationNotFound
from compliance.models import ComplianceScan, PolicyVersion, Violation
from compliance.queries import ViolationQuerySet
from web.conditional import etag, require_match
from web.errors import NotFound, PreconditionFailed, ValidationFailed
from web.pagination import paginate
from web.serializers import StrictSerializer, Text, Word


class ReviewRequest(StrictSerializer):
    status = Word(ReviewStatus.choices)
    review_note = Text(max_length=5_000, allow_blank=True, required=False)
    reviewer = Text(max_length=100, required=False)


FILTERS = ("cursor", "limit", "scan_id", "severity", "status", "rule_id", "account", "delta", "waived")


class Violations(PartnerView):
    """GET /api/violations"""

    permissions: ClassVar = {"GET": "compliance:read"}
    refuses: ClassVar = {"GET": (NotFound,)}
    query: ClassVar = {"GET": FILTERS}
    words: ClassVar = {
        "severity": Severity.values,
        "status": ReviewStatus.values,
        "delta": ("new", "unchanged", "resolved"),
        "waived": ("true", "false"),
    }

    @extend_schema(responses=listed("violations", answers.ViolationItem))
    def get(self, request: PartnerRequest) -> Response:
        page = paginate(request, self._chosen(request).select_related("scan").defer("sample", "scan__rule_results"))
        rules = rules_of(violation.scan for violation in page.items)
        shown = (
            documents.violation_item(violation, rules[violation.scan_id][violation.rule_id], violation.scan)
            for violation in page.items
        )
        return Response(page.compliance("violations", shown))

    def _chosen(self, request: PartnerRequest) -> ViolationQuerySet:
        violations = self._of_scan(request, uuid_of(request, "scan_id"), choice(request, "delta", DELTAS))
        if (severity := choice(request, "severity", Severity.values)) is not None:
            violations = violations.filter(severity=severity)
        if (status := choice(request, "status", ReviewStatus.values)) is not None:
            violations = violations.filter(status=status)
        if (waived := choice(request, "waived", ("true", "false"))) is not None:
            violations = violations.filter(waiver__isnull=waived == "false")
        if (account := request.GET.get("account")) is not None:
            violations = violations.on_account(account)
        return violations.filter(rule_id=request.GET["rule_id"]) if "rule_id" in request.GET else violations

    def _of_scan(self, request: PartnerRequest, scan_id: uuid.UUID | None, delta: str | None) -> ViolationQuerySet:
        violations: ViolationQuerySet = Violation.objects.visible().for_group(request.group)
        if scan_id is None:
            if delta == "resolved":
                raise ValidationFailed.at("delta", "resolved needs scan_id: the scan in which they are gone")
            return violations.filter(DELTAS[delta]) if delta else violations
        scan = ComplianceScan.objects.for_group(request.group).shown().filter(pk=scan_id).first()
        if scan is None:
            raise ScanNotFound
        if delta == "resolved":
            return violations.resolved_by(scan)
        return violations.filter(DELTAS[delta] if delta else Q(), scan=scan)


DELTAS = {"new": Q(first_seen_scan_id=F("scan_id")), "unchanged": ~Q(first_seen_scan_id=F("scan_id")), "resolved": Q()}


class ViolationDetail(PartnerView):
    """GET and PATCH /api/violations/{id}"""

    missing: ClassVar = ViolationNotFound
    permissions: ClassVar = {"GET": "compliance:read", "PATCH": "compliance:review"}
    refuses: ClassVar = {"PATCH": (PreconditionFailed,)}

    @extend_schema(responses=answers.Violation)
    def get(self, request: PartnerRequest, violation_id: uuid.UUID) -> Response:
        violation = _find(request, violation_id)
        rule = rules_of([violation.scan])[violation.scan_id][violation.rule_id]
        document = documents.violation_document(violation, rule, violation.scan)
        return Response(document, headers={"ETag": etag(request, violation.pk, violation.version)})

    @extend_schema(request=ReviewRequest, responses=answers.Reviewed)
    def patch(self, request: PartnerRequest, violation_id: uuid.UUID) -> Response:
        wanted = ReviewRequest.read(request.data)
        violation = _find(request, violation_id)
        violation, score = review_violation(
            violation=violation, by=Requester.partner(request).signing_as(wanted.get("reviewer", "")),
            status=ReviewStatus(wanted["status"]), note=wanted.get("review_note"),
            check=lambda now: require_match(request, etag(request, now.pk, now.version)),
        )  # fmt: skip
        newer = newer_scan(violation.scan)
        answer = {
            "success": True,
            "violation": {
                "id": str(violation.pk),
                "status": violation.status,
                "reviewed_at": documents.time(violation.reviewed_at),
                "pending_decision": documents.pending_decision(violation),
            },
            "updated_score": documents.number(score),
            "newer_scan_id": str(newer) if newer else None,
        }
        return Response(answer, headers={"ETag": etag(request, violation.pk, violation.version)})


def rules_of(scans: Iterable[ComplianceScan]) -> Mapping[uuid.UUID, Mapping[str, dict[str, Any]]]:
    """{scan id: {rule_id: rule}} as they stood when the scans ran; one query."""
    version_of = {scan.pk: scan.policy_version_id for scan in scans}
    versions = PolicyVersion.objects.in_bulk(set(version_of.values()))
    by_version = {pk: {rule["rule_id"]: rule for rule in version.rules} for pk, version in versions.items()}
    return {scan_id: by_version[version_id] for scan_id, version_id in version_of.items()}


def _find(request: PartnerRequest, violation_id: uuid.UUID) -> Violation:
    violations = Violation.objects.visible().for_group(request.group).select_related("scan")
    violation: Violation | None = violations.filter(pk=violation_id).first()
    if violation is None:
        raise ViolationNotFound
    return violation

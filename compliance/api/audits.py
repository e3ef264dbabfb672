"""Audits over REST: plan, look at, change, close; their scans."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from compliance.actions.audits import change_audit, create_audit
from compliance.api import documents
from compliance.api.answers import listed
from compliance.api.answers.audits import AuditAnswer
from compliance.api.answers.scans import ScanItem
from compliance.api.filters import choice, uuid_of
from compliance.enums import AuditStatus
from compliance.errors import AuditNotFound
from compliance.models import Audit, ComplianceScan
from web.errors import NotFound, ValidationFailed
from web.pagination import paginate
from web.serializers import Flag, StrictSerializer, Text, Uuid


class NewAuditRequest(StrictSerializer):
    name = Text(max_length=200)
    description = Text(max_length=10_000, allow_blank=True, required=False)
    policy_id = Uuid(allow_null=True, required=False)
    period_start = serializers.DateField(allow_null=True, required=False)
    period_end = serializers.DateField(allow_null=True, required=False)


class AuditRequest(NewAuditRequest):
    closed = Flag(required=False)


class Audits(PartnerView):
    """GET and POST /api/audits"""

    permissions: ClassVar = {"GET": "compliance:read", "POST": "compliance:write"}
    refuses: ClassVar = {"POST": (NotFound,)}
    query: ClassVar = {"GET": ("cursor", "limit", "status", "policy_id")}
    words: ClassVar = {"status": AuditStatus.values}

    @extend_schema(responses=listed("audits", AuditAnswer))
    def get(self, request: PartnerRequest) -> Response:
        audits = Audit.objects.for_group(request.group).with_counts().with_status()
        if (status := choice(request, "status", AuditStatus.values)) is not None:
            audits = audits.filter(status=status)
        if (policy := uuid_of(request, "policy_id")) is not None:
            audits = audits.filter(policy_id=policy)
        page = paginate(request, audits)
        return Response(page.compliance("audits", map(audit_document, page.items)))

    @extend_schema(request=NewAuditRequest, responses={201: AuditAnswer})
    def post(self, request: PartnerRequest) -> Response:
        body = NewAuditRequest.read(request.data)
        audit = create_audit(group=request.group, by=Requester.partner(request), **body)
        return Response(audit_document(find_audit(request, audit.pk)), status=201)


class AuditDetail(PartnerView):
    """GET and PATCH /api/audits/{id}"""

    missing: ClassVar = AuditNotFound
    permissions: ClassVar = {"GET": "compliance:read", "PATCH": "compliance:write"}

    @extend_schema(responses=AuditAnswer)
    def get(self, request: PartnerRequest, audit_id: uuid.UUID) -> Response:
        return Response(audit_document(find_audit(request, audit_id)))

    @extend_schema(request=AuditRequest(partial=True), responses=AuditAnswer)
    def patch(self, request: PartnerRequest, audit_id: uuid.UUID) -> Response:
        body = AuditRequest.read(request.data, partial=True)
        if not body:
            raise ValidationFailed(f"Nothing to change: send at least one of {', '.join(AuditRequest().fields)}.")
        change_audit(audit=find_audit(request, audit_id), by=Requester.partner(request), **body)
        return Response(audit_document(find_audit(request, audit_id)))


class ScansOfAudit(PartnerView):
    """GET /api/audits/{id}/scans"""

    missing: ClassVar = AuditNotFound
    permissions: ClassVar = {"GET": "compliance:read"}
    query: ClassVar = {"GET": ("cursor", "limit")}

    @extend_schema(responses=listed("scans", ScanItem))
    def get(self, request: PartnerRequest, audit_id: uuid.UUID) -> Response:
        audit = find_audit(request, audit_id)
        page = paginate(request, ComplianceScan.objects.for_group(request.group).shown().filter(audit=audit))
        return Response(page.compliance("scans", map(documents.scan_item, page.items)))


def find_audit(request: PartnerRequest, audit_id: uuid.UUID) -> Audit:
    audits = Audit.objects.for_group(request.group).with_counts().with_status()
    audit: Audit | None = audits.filter(pk=audit_id).first()
    if audit is None:
        raise AuditNotFound
    return audit


def audit_document(audit: Any) -> dict[str, Any]:
    """`audit` with its status and its counts."""
    newest = audit.newest_scan_id
    return {
        "id": str(audit.pk),
        "name": audit.name,
        "description": audit.description,
        "policy_id": str(audit.policy_id) if audit.policy_id else None,
        "period_start": audit.period_start and audit.period_start.isoformat(),
        "period_end": audit.period_end and audit.period_end.isoformat(),
        "status": audit.status,
        "newest_scan_id": str(newest) if newest else None,
        "scan_count": audit.scan_count,
        "upload_count": audit.upload_count,
        "created_at": documents.time(audit.created_at),
        "updated_at": documents.time(audit.updated_at),
        "closed_at": documents.time(audit.closed_at),
    }

"""Dry runs and validation over REST: what rules would find, and how right they are."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from accounts.requester import Requester
from compliance.actions.dryruns import start_dry_run
from compliance.actions.validation import labels_document, ratios, validate_scan
from compliance.api import documents
from compliance.api.answers.dryruns import DryRunAnswer, Validation
from compliance.api.scans import find_scan
from compliance.errors import DryRunNotFound, PolicyNotFound
from compliance.models import DryRun
from jobs.following import follow
from web.errors import Conflict, NotFound, Unprocessable
from web.serializers import StrictSerializer, Text, Uuid


class DryRunRequest(StrictSerializer):
    upload_id = Uuid()
    mapping_id = Uuid()
    rules = serializers.ListField(child=serializers.JSONField(), required=False)
    label_column = Text(max_length=300, required=False)


class ValidateRequest(StrictSerializer):
    scan_id = Uuid()
    label_column = Text(max_length=300)


class StartDryRun(PartnerView):
    """POST /api/policies/{id}/dry-run"""

    missing: ClassVar = PolicyNotFound
    permissions: ClassVar = {"POST": "compliance:write"}
    refuses: ClassVar = {"POST": (Conflict, Unprocessable)}
    starts: ClassVar = ("POST",)

    @extend_schema(request=DryRunRequest, responses={200: DryRunAnswer, 202: DryRunAnswer})
    def post(self, request: PartnerRequest, policy_id: uuid.UUID) -> Response:
        body = DryRunRequest.read(request.data)
        with transaction.atomic():
            run = start_dry_run(
                group=request.group, by=Requester.partner(request), policy_id=policy_id, **body
            )  # fmt: skip
        location = f"/api/dry-runs/{run.pk}"
        return follow(request, run.pk, lambda: find_dry_run(request, run.pk), dry_run_document, location=location)


class DryRunDetail(PartnerView):
    """GET /api/dry-runs/{id}"""

    missing: ClassVar = DryRunNotFound
    permissions: ClassVar = {"GET": "compliance:read"}

    @extend_schema(responses=DryRunAnswer)
    def get(self, request: PartnerRequest, dry_run_id: uuid.UUID) -> Response:
        return Response(dry_run_document(find_dry_run(request, dry_run_id)))


class Validate(PartnerView):
    """POST /api/validate: nothing is changed."""

    permissions: ClassVar = {"POST": "compliance:read"}
    refuses: ClassVar = {"POST": (NotFound, Conflict)}

    @extend_schema(request=ValidateRequest, responses=Validation)
    def post(self, request: PartnerRequest) -> Response:
        body = ValidateRequest.read(request.data)
        scan = find_scan(request, body["scan_id"])
        found = validate_scan(scan=scan, label_column=body["label_column"])
        rules = [
            {
                "rule_id": rule["rule_id"],
                "name": rule["name"],
                **ratios(found.by_rule.get(rule["rule_id"], found.nothing)),
            }
            for rule in scan.policy_version.active_rules
        ]
        answer = {"scan_id": str(scan.pk), "label_column": body["label_column"], **labels_document(found)}
        return Response({**answer, "by_rule": rules})


def find_dry_run(request: PartnerRequest, dry_run_id: uuid.UUID) -> DryRun:
    run: DryRun | None = DryRun.objects.for_group(request.group).defer("rules").filter(pk=dry_run_id).first()
    if run is None:
        raise DryRunNotFound
    return run


def dry_run_document(run: DryRun) -> dict[str, Any]:
    return {
        "dry_run_id": str(run.pk),
        "status": documents.status(run),
        "policy_id": str(run.policy_id),
        "upload_id": str(run.upload_id),
        "mapping_id": str(run.mapping_id),
        "label_column": run.label_column or None,
        "progress": round(run.progress, 4),
        "created_at": documents.time(run.created_at),
        "completed_at": documents.time(run.completed_at),
        "error": run.error,
        "results": run.results,
    }

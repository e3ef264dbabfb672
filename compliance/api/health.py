"""The health of a policy's rules over REST."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response

from accounts.api import PartnerRequest, PartnerView
from compliance.actions.health import ENOUGH_REVIEWS, RuleHealth, policy_health
from compliance.api.answers.health import HealthAnswer
from compliance.api.policies import find_policy
from compliance.errors import PolicyNotFound
from web.errors import ValidationFailed

DEFAULT, MOST = 10, 100  # scans


class Health(PartnerView):
    """GET /api/policies/{id}/health"""

    missing: ClassVar = PolicyNotFound
    permissions: ClassVar = {"GET": "compliance:read"}
    query: ClassVar = {"GET": ("k",)}

    @extend_schema(
        parameters=[OpenApiParameter("k", {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT})],
        responses=HealthAnswer,
    )
    def get(self, request: PartnerRequest, policy_id: uuid.UUID) -> Response:
        policy = find_policy(request, policy_id)
        scans, rules = policy_health(policy=policy, scans=_scans(request.GET.get("k")))
        answer = {
            "policy_id": str(policy.pk), "scan_ids": [str(scan.pk) for scan in scans],
            "enough_reviews": ENOUGH_REVIEWS, "rules": [rule_document(rule) for rule in rules],
        }  # fmt: skip
        return Response(answer)


def rule_document(rule: RuleHealth) -> dict[str, Any]:
    precision = rule.precision
    return {
        "rule_id": rule.rule_id,
        "name": rule.name,
        "scans": rule.scans,
        "findings": rule.findings,
        "violations": rule.violations,
        "never_fires": rule.never_fires,
        "always_fires": rule.always_fires,
        "least_share": rule.least_share,
        "contained_in": list(rule.contained_in),
        "precision": {
            "approved": precision.approved, "false_positive": precision.false_positive, "value": precision.value,
            "low": precision.low, "high": precision.high, "not_enough_reviews": not precision.enough,
        },
    }  # fmt: skip


def _scans(text: str | None) -> int:
    if text is None:
        return DEFAULT
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MOST):
        raise ValidationFailed.at("k", f"must be a whole number of scans from 1 to {MOST}")
    return int(text)

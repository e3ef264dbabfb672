"""Answers about waivers."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from compliance.api.answers import Answer


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "In force",
            {
                "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "rule_id": "CTR_THRESHOLD", "account": None,
                "account_pattern": "PAYROLL-*", "signature": None, "policy_id": None,
                "reason": "Salaries, reported elsewhere", "owner": "M. Huber", "state": "active",
                "expires_at": "2027-06-30T00:00:00Z", "created_at": "2026-11-21T09:30:00Z",
                "created_by": "key reporting", "ended_at": None, "ended_by": None,
            },
            response_only=True,
        )
    ]
)  # fmt: skip
class Waiver(Answer):
    id = serializers.UUIDField()
    rule_id = serializers.CharField()
    account = serializers.CharField(allow_null=True)
    account_pattern = serializers.CharField(allow_null=True)
    signature = serializers.CharField(allow_null=True)
    policy_id = serializers.UUIDField(allow_null=True)
    reason = serializers.CharField()
    owner = serializers.CharField()
    state = serializers.ChoiceField(["active", "expired", "ended"])
    expires_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField()
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_by = serializers.CharField(allow_null=True)


class WaiverOnScan(Answer):
    """A waiver as a scan lists it; `violations` are those it keeps out of the score."""

    id = serializers.UUIDField()
    reason = serializers.CharField()
    owner = serializers.CharField()
    expires_at = serializers.DateTimeField()
    violations = serializers.IntegerField()

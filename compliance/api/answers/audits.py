"""Answers about audits."""

from __future__ import annotations

from rest_framework import serializers

from compliance.api.answers import Answer
from compliance.enums import AuditStatus


class AuditAnswer(Answer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    policy_id = serializers.UUIDField(allow_null=True)
    period_start = serializers.DateField(allow_null=True)
    period_end = serializers.DateField(allow_null=True)
    status = serializers.ChoiceField(
        AuditStatus.choices,
        help_text="planned: no scan yet; active: a scan runs, failed, or violations of the newest one are pending; "
        "completed: all are decided; closed: by PATCH.",
    )
    newest_scan_id = serializers.UUIDField(allow_null=True)
    scan_count = serializers.IntegerField()
    upload_count = serializers.IntegerField(help_text="Different uploads that its scans ran on.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)

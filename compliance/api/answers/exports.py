"""Answers of exports and findings."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from compliance.api.answers import Answer
from compliance.api.answers.scans import STATUSES, JobError
from compliance.api.answers.violations import LastDecision, PendingDecision
from compliance.enums import ExportFormat, ReviewStatus, Severity

_EXPORT_ID = "0b9c2f6e-0a51-4f6a-9a3c-5b9f3f2f6d10"
_SCAN_ID = "7c1f0d6a-3d1c-4c39-8a54-2f0a4d5e6b7c"


@extend_schema_serializer(
    examples=[OpenApiExample("queued", {"export_id": _EXPORT_ID, "status": "pending"}, status_codes=["202"])]
)
class ExportStarted(Answer):
    export_id = serializers.UUIDField()
    status = serializers.ChoiceField(STATUSES)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "completed",
            {
                "export_id": _EXPORT_ID, "scan_id": _SCAN_ID, "format": "pdf", "include_input": False,
                "status": "completed", "progress": 1, "error": None, "created_at": "2026-11-21T09:00:00Z",
                "completed_at": "2026-11-21T09:00:02Z", "expires_at": "2026-11-22T09:00:02Z",
                "file_name": f"scan-{_SCAN_ID}.pdf", "size": 84213, "sha256": "ab" * 32,
                "download_url": f"https://api.example.com/api/exports/{_EXPORT_ID}/file?token=...",
            },
        )
    ]
)  # fmt: skip
class ExportAnswer(Answer):
    export_id = serializers.UUIDField()
    scan_id = serializers.UUIDField()
    format = serializers.ChoiceField(ExportFormat.values)
    include_input = serializers.BooleanField()
    status = serializers.ChoiceField(STATUSES)
    progress = serializers.FloatField(min_value=0, max_value=1)
    error = JobError(allow_null=True)
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="When the file is removed.")
    file_name = serializers.CharField()
    size = serializers.IntegerField(allow_null=True, help_text="Bytes.")
    sha256 = serializers.CharField(allow_null=True)
    download_url = serializers.URLField(
        allow_null=True, help_text="Works without a key, for a while; null before, and once the file is removed."
    )


class EvidenceRecord(Answer):
    row = serializers.IntegerField(help_text="Ordinal among the records of its upload, from 1.")
    upload_id = serializers.UUIDField(help_text="The scanned upload, or one of its context.")
    values = serializers.DictField(
        child=serializers.CharField(allow_null=True, allow_blank=True), allow_null=True,
        help_text="Header -> text as it was read; null once the content of the upload is deleted.",
    )  # fmt: skip


class FindingItem(Answer):
    number = serializers.IntegerField(min_value=1, help_text="Place among the violation's findings, by time.")
    key = serializers.CharField(help_text="SHA-256: the same finding in another scan has the same key.")
    value = serializers.FloatField(allow_null=True)
    first_at = serializers.DateTimeField(allow_null=True)
    last_at = serializers.DateTimeField(allow_null=True)
    amount = serializers.FloatField(allow_null=True)
    record_count = serializers.IntegerField(help_text="Records that prove it.")
    evidence = EvidenceRecord(many=True)
    evidence_complete = serializers.BooleanField(help_text="False: more than 100 records; format=csv has them all.")


class FindingsAnswer(Answer):
    violation_id = serializers.UUIDField()
    input_deleted = serializers.BooleanField()
    findings = FindingItem(many=True)
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class ExportedDelta(Answer):
    new_count = serializers.IntegerField()
    resolved_count = serializers.IntegerField()
    unchanged_count = serializers.IntegerField()
    previous_scan_id = serializers.UUIDField()
    previous_violation_count = serializers.IntegerField()


class ExportedScan(Answer):
    id = serializers.UUIDField()
    audit_name = serializers.CharField(allow_null=True)
    policy_id = serializers.UUIDField()
    policy_name = serializers.CharField()
    policy_version = serializers.IntegerField()
    policy_hash = serializers.CharField()
    upload_id = serializers.UUIDField()
    upload_name = serializers.CharField()
    upload_sha256 = serializers.CharField()
    mapping_config = serializers.DictField(child=serializers.CharField())
    temporal_scale = serializers.CharField()
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField()
    record_count = serializers.IntegerField()
    violation_count = serializers.IntegerField()
    compliance_score = serializers.FloatField(min_value=0, max_value=100)
    score_method = serializers.CharField()
    coverage = serializers.FloatField(allow_null=True)
    engine = serializers.CharField(allow_blank=True)
    result_digest = serializers.CharField()
    delta = ExportedDelta(allow_null=True)


class ExportedRecord(Answer):
    row = serializers.IntegerField()
    values = serializers.DictField(child=serializers.CharField(allow_null=True, allow_blank=True))


class ExportedViolation(Answer):
    id = serializers.UUIDField()
    scan_id = serializers.UUIDField()
    rule_id = serializers.CharField()
    rule_name = serializers.CharField()
    severity = serializers.ChoiceField(Severity.choices)
    account = serializers.CharField()
    amount = serializers.FloatField(allow_null=True)
    transaction_type = serializers.CharField(allow_null=True)
    finding_count = serializers.IntegerField(min_value=1)
    first_at = serializers.DateTimeField(allow_null=True)
    last_at = serializers.DateTimeField(allow_null=True)
    threshold = serializers.FloatField(allow_null=True)
    actual_value = serializers.FloatField(allow_null=True)
    explanation = serializers.CharField()
    status = serializers.ChoiceField(ReviewStatus.choices)
    delta = serializers.ChoiceField(("new", "unchanged"))
    first_seen_scan_id = serializers.UUIDField()
    reviewed_at = serializers.DateTimeField(allow_null=True)
    reviewed_by = serializers.CharField(allow_null=True)
    review_note = serializers.CharField(allow_null=True)
    carried_over_from = serializers.UUIDField(allow_null=True)
    reopened_because = serializers.CharField(allow_null=True)
    last_decision = LastDecision(allow_null=True)
    pending_decision = PendingDecision(allow_null=True)
    waiver_id = serializers.UUIDField(allow_null=True)
    policy_section = serializers.CharField(allow_null=True)
    policy_excerpt = serializers.CharField(allow_null=True)
    evidence = ExportedRecord(many=True)


class ScanExport(Answer):
    scan = ExportedScan()
    violations = ExportedViolation(many=True)

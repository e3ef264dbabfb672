"""What the routes of data sources answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from compliance.api.answers import Answer
from compliance.api.answers.scans import STATUSES, JobError
from compliance.enums import SourceKind

_SOURCE = {
    "id": "9b2f6c1e-4d3a-4f5b-8c7d-6e5f4a3b2c1d", "name": "Core banking, nightly", "kind": "https_file",
    "config": {"url": "https://files.example.com/ledger.csv", "header": "Authorization"}, "has_secret": True,
    "mapping_config": {"account": "Account ID", "amount": "Amount"}, "temporal_scale": None,
    "created_at": "2026-11-21T08:00:00Z",
}  # fmt: skip
_IMPORT = {
    "id": "0d9c8b7a-6f5e-4d3c-9b2a-1f0e9d8c7b6a", "source_id": _SOURCE["id"], "status": "completed",
    "upload_id": "123e4567-e89b-42d3-a456-426614174000", "error": None, "created_at": "2026-11-21T08:00:00Z",
    "completed_at": "2026-11-21T08:00:02Z",
}  # fmt: skip


def _shown(example: Any) -> Any:
    return extend_schema_serializer(examples=[OpenApiExample("answer", example, response_only=True)])


@_shown(_SOURCE)
class SourceAnswer(Answer):
    """A data source. Its secret is never shown."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(SourceKind.values)
    config = serializers.DictField()
    has_secret = serializers.BooleanField()
    mapping_config = serializers.DictField(child=serializers.CharField())
    temporal_scale = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()


@_shown(_IMPORT)
class ImportAnswer(Answer):
    """One pull from a source; `upload_id` is the fresh upload once it is completed."""

    id = serializers.UUIDField()
    source_id = serializers.UUIDField()
    status = serializers.ChoiceField(STATUSES)
    upload_id = serializers.UUIDField(allow_null=True)
    error = JobError(allow_null=True)
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)

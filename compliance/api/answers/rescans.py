"""What POST /api/scan/rescan answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from compliance.api.answers.scans import STATUSES


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "unchanged",
            {"scan_id": "3f0e1a52-9c8d-4b7a-8e6f-1d2c3b4a5968", "status": "completed", "unchanged": True},
            response_only=True,
        )
    ]
)
class Rescanned(serializers.Serializer[Any]):
    """`unchanged`: nothing could come out differently, so this is the old scan and nothing was run."""

    scan_id = serializers.UUIDField()
    status = serializers.ChoiceField(STATUSES)
    unchanged = serializers.BooleanField()

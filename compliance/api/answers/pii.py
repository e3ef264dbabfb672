"""Answers about personal data in an upload."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from compliance.api.answers import Answer
from compliance.pii import Kind

KINDS = [str(kind) for kind in Kind]


class Found(Answer):
    kind = serializers.ChoiceField(KINDS)
    share = serializers.FloatField(min_value=0, max_value=1, help_text="Of the values looked at.")
    samples = serializers.ListField(child=serializers.CharField(), help_text="Up to three, masked.")
    detail = serializers.CharField(allow_null=True, help_text="Which national number.")


class PiiColumn(Answer):
    name = serializers.CharField()
    distinct = serializers.IntegerField(help_text="Values of the column; exact for small columns, else estimated.")
    looked_at = serializers.IntegerField(help_text="Distinct values looked at, from all over the file.")
    found = Found(many=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "customers",
            {
                "upload_id": "3f0e1a52-9c8d-4b7a-8e6f-1d2c3b4a5968",
                "checked_at": "2024-01-15T10:30:00Z",
                "personal_data": True,
                "kinds": ["email"],
                "columns": [
                    {
                        "name": "Contact",
                        "distinct": 4812,
                        "looked_at": 1000,
                        "found": [{"kind": "email", "share": 0.98, "samples": ["j***@e***.com"], "detail": None}],
                    }
                ],
            },
            response_only=True,
        )
    ]
)
class Pii(Answer):
    """Advisory: what looks like personal data, found on this machine by format, check digits and headers."""

    upload_id = serializers.UUIDField()
    checked_at = serializers.DateTimeField()
    personal_data = serializers.BooleanField()
    kinds = serializers.ListField(child=serializers.ChoiceField(KINDS))
    columns = PiiColumn(many=True)

"""What the routes of reference lists answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

_ITEM = {
    "id": "3f0e1a52-9c8d-4b7a-8e6f-1d2c3b4a5968", "name": "sanctioned-countries", "version": 2, "value_count": 3,
    "sha256": "9f2c" * 16, "created_at": "2026-01-15T10:30:00Z", "updated_at": "2026-02-01T08:00:00Z",
}  # fmt: skip
_VALUES = {
    **{name: value for name, value in _ITEM.items() if name != "updated_at"}, "created_by": "key:7",
    "values": ["IR", "KP", "SY"], "next_cursor": None, "has_more": False,
}  # fmt: skip


@extend_schema_serializer(examples=[OpenApiExample("a list", _ITEM, response_only=True)])
class ListAnswer(serializers.Serializer[Any]):
    """A list as its newest version stands; `updated_at` is when that was made."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.IntegerField(min_value=1)
    value_count = serializers.IntegerField(min_value=1)
    sha256 = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


@extend_schema_serializer(
    many=False,
    examples=[OpenApiExample("a page", {"lists": [_ITEM], "next_cursor": None, "has_more": False}, response_only=True)],
)
class ListPage(serializers.Serializer[Any]):
    lists = ListAnswer(many=True)
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


@extend_schema_serializer(many=False, examples=[OpenApiExample("values", _VALUES, response_only=True)])
class ListValues(serializers.Serializer[Any]):
    """One version; `created_at` and `created_by` are its own. `values` ascend, up to `limit` (1,000) a page."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.IntegerField(min_value=1)
    value_count = serializers.IntegerField(min_value=1)
    sha256 = serializers.CharField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField()
    values = serializers.ListField(child=serializers.CharField())
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()

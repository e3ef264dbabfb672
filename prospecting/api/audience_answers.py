"""What the routes of accounts, audiences and folders answer, as the OpenAPI document says it."""

from __future__ import annotations

from rest_framework import serializers

from prospecting.enums import AudienceType
from web.serializers import ObjectId, V1Answer


class Account(V1Answer):
    id = ObjectId()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()


class Audience(V1Answer):
    id = ObjectId()
    name = serializers.CharField()
    type = serializers.ChoiceField(AudienceType.choices)
    description = serializers.CharField(allow_null=True)
    folder_id = ObjectId(allow_null=True)
    prospect_count = serializers.IntegerField(min_value=0)
    created_at = serializers.DateTimeField()


class AudienceFolder(V1Answer):
    id = ObjectId()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()


class NavigationAudience(V1Answer):
    id = ObjectId()
    name = serializers.CharField()
    type = serializers.ChoiceField(AudienceType.choices)
    prospect_count = serializers.IntegerField(min_value=0)


class NavigationFolder(AudienceFolder):
    audiences = NavigationAudience(many=True)


class AudienceNavigation(V1Answer):
    folders = NavigationFolder(many=True, help_text="By name.")
    audiences = NavigationAudience(many=True, help_text="Those in no folder, the newest first.")
    has_more = serializers.BooleanField(help_text="There are more than those shown; GET /audiences has them all.")

"""Answers about the versions of a policy."""

from __future__ import annotations

from rest_framework import serializers

from compliance.api.answers import Answer


class VersionItem(Answer):
    version = serializers.IntegerField(min_value=1)
    content_hash = serializers.CharField(help_text="SHA-256 of the canonical rules.")
    rule_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField()


class VersionAnswer(VersionItem):
    policy_id = serializers.UUIDField()
    rules = serializers.ListField(child=serializers.DictField())


class FieldChange(Answer):
    path = serializers.CharField(help_text="Of the field within the rule, such as where.AND[0].value.")
    before = serializers.JSONField(allow_null=True, help_text="null where nothing stood.")
    after = serializers.JSONField(allow_null=True)


class ChangedRule(Answer):
    rule_id = serializers.CharField()
    name = serializers.CharField()
    changes = FieldChange(many=True)


class VersionDifference(Answer):
    """Rules are matched by rule_id; `reordered`: the same rules stand in another order."""

    policy_id = serializers.UUIDField()
    before = VersionItem()
    after = VersionItem()
    added = serializers.ListField(child=serializers.DictField())
    removed = serializers.ListField(child=serializers.DictField())
    changed = ChangedRule(many=True)
    reordered = serializers.BooleanField()

"""Answers about policies, their rules and the packs. A rule is described by /api/schemas/rule.json."""

from __future__ import annotations

from rest_framework import serializers

from compliance.api.answers import Answer
from compliance.enums import ScoreMethod


def rule() -> serializers.DictField:
    """A rule in canonical form."""
    return serializers.DictField()


class PolicyItem(Answer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    score_method = serializers.ChoiceField(ScoreMethod.choices)
    time_zone = serializers.CharField()
    compat = serializers.BooleanField()
    reopen_growth = serializers.FloatField(
        min_value=0, max_value=1, help_text="Share of new evidence from which a decided violation is pending again."
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    archived_at = serializers.DateTimeField(allow_null=True)


class Policy(PolicyItem):
    version = serializers.IntegerField()
    content_hash = serializers.CharField(help_text="SHA-256 of the canonical rules.")
    rules = serializers.ListField(child=rule(), help_text="Each as /api/schemas/rule.json says.")


class Rules(Answer):
    policy_id = serializers.UUIDField()
    version = serializers.IntegerField()
    rules = serializers.ListField(child=rule())


class Pack(Answer):
    type = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    categories = serializers.ListField(child=serializers.CharField(), help_text="What selected_categories may name.")
    category_rule_counts = serializers.DictField(child=serializers.IntegerField(), help_text="{category: rules}")
    rule_count = serializers.IntegerField()
    rules = serializers.ListField(child=rule())


class Packs(Answer):
    packs = Pack(many=True)

"""Answers about the health of rules."""

from __future__ import annotations

from rest_framework import serializers

from compliance.api.answers import Answer


class PrecisionAnswer(Answer):
    """Of the decisions on its violations in those scans; the interval is Wilson's, 95 %."""

    approved = serializers.IntegerField()
    false_positive = serializers.IntegerField()
    value = serializers.FloatField(allow_null=True, help_text="approved / (approved + false_positive)")
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    not_enough_reviews = serializers.BooleanField()


class RuleHealthAnswer(Answer):
    rule_id = serializers.CharField()
    name = serializers.CharField()
    scans = serializers.IntegerField(help_text="Those in which it could run.")
    findings = serializers.IntegerField()
    violations = serializers.IntegerField()
    never_fires = serializers.BooleanField(help_text="It could run, and found nothing in any of them.")
    always_fires = serializers.BooleanField(help_text="On at least half of the accounts it could judge, each time.")
    least_share = serializers.FloatField(
        allow_null=True, help_text="Of the accounts it could judge, in the scan where that is least."
    )
    contained_in = serializers.ListField(
        child=serializers.CharField(), help_text="Rules that, in the newest scan, found every account that it found."
    )
    precision = PrecisionAnswer()


class HealthAnswer(Answer):
    policy_id = serializers.UUIDField()
    scan_ids = serializers.ListField(child=serializers.UUIDField(), help_text="The scans looked at, newest first.")
    enough_reviews = serializers.IntegerField(help_text="Decisions below which a precision says little.")
    rules = RuleHealthAnswer(many=True)

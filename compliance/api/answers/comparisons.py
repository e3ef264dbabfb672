"""What GET /api/scan/{id}/compare/{other_id} answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from compliance.engine.split import Part
from compliance.enums import ReviewStatus, ScoreMethod, Severity

PARTS = {
    Part.RULE: "The rule was changed, added, removed, switched on or off.",
    Part.REVIEW: "A review or a waiver closed or opened a violation that stands in both scans.",
    Part.NEW: "Violations that were not there before.",
    Part.RESOLVED: "Violations that are gone.",
    Part.GROWN: "Violations with more findings than before.",
    Part.SHRUNK: "Violations with fewer findings than before.",
    Part.VOLUME: "The same weight over more or fewer records; by `rules`: rules that could run in one scan only.",
    Part.BOUNDS: "Rounding, and scores held at 0 or 100.",
}


class Side(serializers.Serializer[Any]):
    scan_id = serializers.UUIDField()
    created_at = serializers.DateTimeField()
    policy_id = serializers.UUIDField()
    policy_version = serializers.IntegerField()
    upload_id = serializers.UUIDField()
    record_count = serializers.IntegerField()
    violation_count = serializers.IntegerField()
    score = serializers.FloatField(min_value=0, max_value=100)


class ScoreParts(serializers.Serializer[Any]):
    """Points of the score; they sum to `score_change` exactly, read as decimals."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {part.value: serializers.FloatField(help_text=about) for part, about in PARTS.items()}


class ComparedRule(serializers.Serializer[Any]):
    """With `volume` (by `severity_weighted`) and `bounds`, the changes of all rules sum to the whole one."""

    rule_id = serializers.CharField()
    rule_changed = serializers.BooleanField(help_text="Anything but its name and descriptions; policy settings count.")
    new = serializers.IntegerField()
    resolved = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    score_change = serializers.FloatField()
    score_parts = serializers.DictField(child=serializers.FloatField(), help_text="Those that are not 0.")


class Standing(serializers.Serializer[Any]):
    violation_id = serializers.UUIDField()
    severity = serializers.ChoiceField(Severity.choices)
    finding_count = serializers.IntegerField()
    status = serializers.ChoiceField(ReviewStatus.choices)
    waived = serializers.BooleanField()
    amount = serializers.FloatField(allow_null=True)


class ComparedViolation(serializers.Serializer[Any]):
    delta = serializers.ChoiceField(("new", "resolved", "unchanged"))
    rule_id = serializers.CharField()
    account = serializers.CharField()
    rule_changed = serializers.BooleanField()
    before = Standing(allow_null=True)
    after = Standing(allow_null=True)


class Compared(serializers.Serializer[Any]):
    """`before` is the scan created earlier. `violations` is a page; the rest is the same on every page."""

    before = Side()
    after = Side()
    score_method = serializers.ChoiceField(ScoreMethod.choices)
    new_count = serializers.IntegerField()
    resolved_count = serializers.IntegerField()
    unchanged_count = serializers.IntegerField()
    score_change = serializers.FloatField()
    score_parts = ScoreParts()
    by_rule = ComparedRule(many=True)
    violations = ComparedViolation(many=True)
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()

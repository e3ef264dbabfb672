"""Answers about violations and their reviews."""

from __future__ import annotations

from rest_framework import serializers

from compliance.api.answers import Answer
from compliance.api.answers.policies import rule
from compliance.enums import ReviewStatus, Severity


class PendingDecision(Answer):
    """A first reviewer's decision on a CRITICAL violation; it counts when another person agrees."""

    status = serializers.ChoiceField(ReviewStatus.choices)
    by = serializers.CharField()
    at = serializers.DateTimeField()


class LastDecision(Answer):
    """One that no longer holds: too much of the evidence is new, or the violation was gone in between."""

    status = serializers.ChoiceField(ReviewStatus.choices)
    by = serializers.CharField()
    at = serializers.DateTimeField()
    scan = serializers.UUIDField(help_text="In which it was taken.")


class ViolationItem(Answer):
    id = serializers.UUIDField()
    scan_id = serializers.UUIDField()
    rule_id = serializers.CharField()
    rule_name = serializers.CharField()
    severity = serializers.ChoiceField(Severity.choices)
    account = serializers.CharField()
    amount = serializers.FloatField(allow_null=True, help_text="Sum over its findings.")
    transaction_type = serializers.CharField(allow_null=True)
    finding_count = serializers.IntegerField()
    first_at = serializers.DateTimeField(allow_null=True)
    last_at = serializers.DateTimeField(allow_null=True)
    threshold = serializers.FloatField(allow_null=True)
    actual_value = serializers.FloatField(allow_null=True)
    explanation = serializers.CharField()
    status = serializers.ChoiceField(ReviewStatus.choices)
    delta = serializers.ChoiceField(["new", "unchanged"])
    first_seen_scan_id = serializers.UUIDField()
    reviewed_at = serializers.DateTimeField(allow_null=True)
    carried_over_from = serializers.UUIDField(
        allow_null=True, help_text="The scan in which the decision was taken, when that was not this one."
    )
    reopened_because = serializers.CharField(allow_null=True)
    last_decision = LastDecision(allow_null=True)
    pending_decision = PendingDecision(allow_null=True)
    waiver_id = serializers.UUIDField(allow_null=True, help_text="The waiver that keeps it out of the score.")


class Evidence(Answer):
    row = serializers.IntegerField(help_text="Ordinal of the record in its upload, from 1.")
    upload_id = serializers.UUIDField(required=False, help_text="Only of a record of a context upload.")
    values = serializers.DictField(child=serializers.CharField(allow_null=True), help_text="{header: text}")


class Review(Answer):
    def get_fields(self) -> dict[str, serializers.Field]:  # type: ignore[type-arg]
        # Not as attributes: `from` is a word of Python.
        return {
            "from": serializers.ChoiceField(ReviewStatus.choices),
            "to": serializers.ChoiceField(ReviewStatus.choices),
            "note": serializers.CharField(allow_null=True),
            "reviewer": serializers.CharField(),
            "at": serializers.DateTimeField(),
            "is_proposal": serializers.BooleanField(help_text="It waits for a second person."),
        }


class Violation(ViolationItem):
    evidence = Evidence(many=True, help_text="Up to five records, earliest first.")
    policy_excerpt = serializers.CharField(allow_blank=True)
    policy_section = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    rule = rule()
    review_note = serializers.CharField(allow_null=True)
    reviewed_by = serializers.CharField(allow_null=True)
    reviews = Review(many=True)


class ReviewedViolation(Answer):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(ReviewStatus.choices)
    reviewed_at = serializers.DateTimeField(allow_null=True)
    pending_decision = PendingDecision(allow_null=True)


class Reviewed(Answer):
    success = serializers.BooleanField()
    violation = ReviewedViolation()
    updated_score = serializers.FloatField()
    newer_scan_id = serializers.UUIDField(allow_null=True, help_text="The policy's newest scan, after this one.")


class ReviewedMany(Answer):
    success = serializers.BooleanField()
    scan_id = serializers.UUIDField()
    reviewed = serializers.IntegerField(help_text="Those that were decided, proposed ones among them.")
    unchanged = serializers.IntegerField(help_text="Those that were decided just so already.")
    proposed = serializers.IntegerField(help_text="Those that wait for a second person.")
    updated_score = serializers.FloatField()
    newer_scan_id = serializers.UUIDField(allow_null=True, help_text="The policy's newest scan, after this one.")

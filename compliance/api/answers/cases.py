"""Answers about cases."""

from __future__ import annotations

from rest_framework import serializers

from compliance.api.answers import Answer
from compliance.enums import CasePriority, CaseStatus, ReviewStatus, Severity


class CaseViolation(Answer):
    violation_id = serializers.UUIDField()
    rule_id = serializers.CharField()
    severity = serializers.ChoiceField(Severity.choices)
    status = serializers.ChoiceField(ReviewStatus.choices)
    waived = serializers.BooleanField()
    finding_count = serializers.IntegerField()
    amount = serializers.FloatField(allow_null=True)
    first_at = serializers.DateTimeField(allow_null=True)
    last_at = serializers.DateTimeField(allow_null=True)


class AccountCase(Answer):
    account_id = serializers.CharField()
    violation_count = serializers.IntegerField()
    max_severity = serializers.ChoiceField(Severity.choices)
    top_rule = serializers.CharField(help_text="The gravest, then the one with the most findings.")
    total_amount = serializers.FloatField(allow_null=True)
    violations = CaseViolation(many=True, help_text="Up to 100; violation_count says how many there are.")


class AccountPage(Answer):
    """Gravest first: by worst severity, then by number of violations, then by account."""

    scan_id = serializers.UUIDField()
    cases = AccountCase(many=True)
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class CaseStep(Answer):
    at = serializers.DateTimeField()
    kind = serializers.ChoiceField(["opened", "status", "priority", "assignee", "note", "review"])
    who = serializers.CharField()
    text = serializers.CharField(allow_null=True)
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)
    violation_id = serializers.UUIDField(allow_null=True)


class CaseItem(Answer):
    id = serializers.UUIDField()
    policy_id = serializers.UUIDField()
    account = serializers.CharField()
    status = serializers.ChoiceField(CaseStatus.choices)
    priority = serializers.ChoiceField(CasePriority.choices)
    assignee = serializers.CharField(allow_null=True, help_text="User name of a member of staff.")
    opened_at = serializers.DateTimeField()
    opened_by = serializers.CharField()
    updated_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_by = serializers.CharField(allow_null=True)


class CaseAnswer(CaseItem):
    scan_id = serializers.UUIDField(allow_null=True, help_text="The newest completed scan of its policy.")
    violation_count = serializers.IntegerField()
    pending_count = serializers.IntegerField(help_text="Those that stand in the way of closing it.")
    violations = CaseViolation(many=True, help_text="The first 100, by rule.")
    timeline = CaseStep(many=True, help_text="Oldest first; of notes, steps and reviews the newest 200 each.")


class NoteAnswer(Answer):
    case_id = serializers.UUIDField()
    at = serializers.DateTimeField()
    who = serializers.CharField()
    text = serializers.CharField()

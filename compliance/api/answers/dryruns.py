"""Answers about dry runs and validation."""

from __future__ import annotations

from rest_framework import serializers

from compliance.api.answers import Answer
from compliance.api.answers.scans import STATUSES, JobError


def _share(about: str) -> serializers.FloatField:
    return serializers.FloatField(min_value=0, max_value=1, allow_null=True, help_text=about)


class Ratios(Answer):
    """Records: true and false positives and negatives. A ratio without anything to divide by is null."""

    tp = serializers.IntegerField()
    fp = serializers.IntegerField()
    fn = serializers.IntegerField()
    tn = serializers.IntegerField()
    precision = _share("tp / (tp + fp)")
    recall = _share("tp / (tp + fn)")
    f1 = _share("2 tp / (2 tp + fp + fn)")
    false_positive_rate = _share("fp / (fp + tn)")


class Labels(Answer):
    labelled = serializers.IntegerField(help_text="Records with a readable label; the others take no part.")
    unlabelled = serializers.IntegerField()
    positives = serializers.IntegerField()
    overall = Ratios(help_text="A record is flagged when any rule flags it.")


class TriedRule(Answer):
    rule_id = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(["completed", "not_applicable", "error"])
    reason = serializers.CharField(allow_null=True)
    findings = serializers.IntegerField()
    violations = serializers.IntegerField()
    evaluated = serializers.IntegerField()
    not_evaluated = serializers.IntegerField()
    accuracy = Ratios(allow_null=True, help_text="null without a label column.")


class TriedViolation(Answer):
    rule_id = serializers.CharField()
    account = serializers.CharField()
    finding_count = serializers.IntegerField()
    amount = serializers.FloatField(allow_null=True)
    actual_value = serializers.FloatField(allow_null=True)


class Signature(Answer):
    rule_id = serializers.CharField()
    account = serializers.CharField()


class MovedRule(Answer):
    rule_id = serializers.CharField()
    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    unchanged = serializers.IntegerField()


class TriedDifference(Answer):
    """Violations beside those that the policy's version gives on the same upload; up to 20 examples of each kind."""

    policy_version = serializers.IntegerField()
    added_count = serializers.IntegerField()
    removed_count = serializers.IntegerField()
    unchanged_count = serializers.IntegerField()
    by_rule = MovedRule(many=True)
    added = Signature(many=True)
    removed = Signature(many=True)


class DryRunResults(Answer):
    record_count = serializers.IntegerField()
    finding_count = serializers.IntegerField()
    violation_count = serializers.IntegerField()
    coverage = serializers.FloatField(help_text="Share of rule x record pairs that could be evaluated.")
    rules = TriedRule(many=True)
    difference = TriedDifference()
    labels = Labels(allow_null=True)
    sample = TriedViolation(many=True, help_text="Up to 5 of each rule, 200 in all.")


class DryRunAnswer(Answer):
    dry_run_id = serializers.UUIDField()
    status = serializers.ChoiceField(STATUSES)
    policy_id = serializers.UUIDField()
    upload_id = serializers.UUIDField()
    mapping_id = serializers.UUIDField()
    label_column = serializers.CharField(allow_null=True)
    progress = serializers.FloatField(min_value=0, max_value=1)
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    error = JobError(allow_null=True)
    results = DryRunResults(allow_null=True, help_text="null until completed.")


class ValidatedRule(Ratios):
    rule_id = serializers.CharField()
    name = serializers.CharField()


class Validation(Labels):
    scan_id = serializers.UUIDField()
    label_column = serializers.CharField()
    by_rule = ValidatedRule(many=True)

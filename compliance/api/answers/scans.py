"""Answers about scans."""

from __future__ import annotations

from rest_framework import serializers

from compliance.api.answers import Answer
from compliance.api.answers.waivers import WaiverOnScan
from compliance.enums import ScoreAction, ScoreMethod

STATUSES = ["pending", "running", "completed", "failed", "cancelled"]


class Started(Answer):
    scan_id = serializers.UUIDField()
    status = serializers.ChoiceField(STATUSES)


class ScoreStep(Answer):
    score = serializers.FloatField(min_value=0, max_value=100)
    timestamp = serializers.DateTimeField()
    action = serializers.ChoiceField(ScoreAction.choices)
    violation_id = serializers.UUIDField(allow_null=True)


class Delta(Answer):
    """new + unchanged = this scan's violations; resolved + unchanged = the previous scan's."""

    new_count = serializers.IntegerField()
    resolved_count = serializers.IntegerField()
    unchanged_count = serializers.IntegerField()
    previous_scan_id = serializers.UUIDField()
    previous_violation_count = serializers.IntegerField()


class JobError(Answer):
    code = serializers.CharField()
    message = serializers.CharField()


class RuleResult(Answer):
    rule_id = serializers.CharField()
    state = serializers.ChoiceField(["completed", "not_applicable", "error"])
    reason = serializers.CharField(allow_null=True)
    findings = serializers.IntegerField()
    violations = serializers.IntegerField()
    evaluated = serializers.IntegerField(help_text="Records the rule could judge.")
    not_evaluated = serializers.IntegerField(help_text="Records that lack what the rule needs.")
    seconds = serializers.FloatField(help_text="Of its stage.")
    stage = serializers.CharField()
    short_history = serializers.BooleanField(help_text="The rule looks back further than the data reaches.")


class Severities(Answer):
    CRITICAL = serializers.IntegerField()
    HIGH = serializers.IntegerField()
    MEDIUM = serializers.IntegerField()
    LOW = serializers.IntegerField()


class ReviewSummary(Answer):
    total = serializers.IntegerField()
    pending = serializers.IntegerField()
    approved = serializers.IntegerField()
    false_positive = serializers.IntegerField()
    disputed = serializers.IntegerField()
    waived = serializers.IntegerField(help_text="Of these, whatever their status: under a waiver.")
    by_severity = Severities()


class ScanItem(Answer):
    id = serializers.UUIDField()
    status = serializers.ChoiceField(STATUSES)
    policy_id = serializers.UUIDField()
    upload_id = serializers.UUIDField()
    mapping_id = serializers.UUIDField()
    audit_name = serializers.CharField(allow_null=True)
    record_count = serializers.IntegerField()
    violation_count = serializers.IntegerField(help_text="0 until the scan has completed.")
    compliance_score = serializers.FloatField(help_text="0 to 100; 0 until the scan has completed.")
    rules_processed = serializers.IntegerField()
    rules_total = serializers.IntegerField()
    progress = serializers.FloatField(min_value=0, max_value=1)
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)


class ListVersion(Answer):
    version = serializers.IntegerField(min_value=1)
    sha256 = serializers.CharField()


class Scan(Answer):
    """The status document: the documented fields, then ours."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(STATUSES)
    violation_count = serializers.IntegerField(help_text="0 until the scan has completed.")
    compliance_score = serializers.FloatField(help_text="0 to 100; 0 until the scan has completed.")
    rules_processed = serializers.IntegerField()
    rules_total = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    audit_name = serializers.CharField(allow_null=True)
    record_count = serializers.IntegerField()
    policy_id = serializers.UUIDField()
    upload_id = serializers.UUIDField()
    mapping_id = serializers.UUIDField()
    audit_id = serializers.UUIDField(allow_null=True)
    mapping_config = serializers.DictField(child=serializers.CharField())
    temporal_scale = serializers.CharField()
    score_history = ScoreStep(many=True)
    delta = Delta(allow_null=True)
    error = JobError(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    progress = serializers.FloatField(min_value=0, max_value=1)
    engine = serializers.CharField(allow_null=True)
    policy_version = serializers.IntegerField()
    result_digest = serializers.CharField(allow_null=True, help_text="Same inputs, same digest.")
    score_method = serializers.ChoiceField(ScoreMethod.choices)
    coverage = serializers.FloatField(
        allow_null=True, help_text="Share (0..1) of rule x record pairs that could be evaluated."
    )
    rule_results = RuleResult(many=True)
    reopen_growth = serializers.FloatField(min_value=0, max_value=1)
    review_summary = ReviewSummary(allow_null=True)
    input_deleted = serializers.BooleanField(help_text="Whether the content of its upload has been deleted.")
    findings_deleted_at = serializers.DateTimeField(
        allow_null=True, help_text="When its evidence was deleted; its violations, counts and history stay."
    )
    waivers = WaiverOnScan(many=True)
    context_upload_ids = serializers.ListField(
        child=serializers.UUIDField(), help_text="Earlier uploads whose records count in windows and history."
    )
    list_versions = serializers.DictField(
        child=ListVersion(), help_text="The reference lists its rules name, as they were when it was created."
    )


class PastScan(Answer):
    id = serializers.UUIDField()
    policy_id = serializers.UUIDField()
    score = serializers.FloatField()
    violation_count = serializers.IntegerField()
    new_violations = serializers.IntegerField()
    resolved_violations = serializers.IntegerField()
    unchanged_count = serializers.IntegerField()
    status = serializers.ChoiceField(["completed"])
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField()
    audit_name = serializers.CharField(allow_null=True)


class Score(Answer):
    scan_id = serializers.UUIDField()
    score = serializers.FloatField()
    total_violations = serializers.IntegerField()
    open_violations = serializers.IntegerField()
    resolved_violations = serializers.IntegerField()
    false_positives = serializers.IntegerField()
    waived = serializers.IntegerField()
    by_severity = Severities()
    by_rule_type = serializers.DictField(child=serializers.IntegerField(), help_text="{kind of rule: violations}")

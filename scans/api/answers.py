"""What the routes of signal scans answer, as the OpenAPI document says it. Nothing here reads or writes JSON."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.enums import Status
from scans.enums import DROPPED, ScanType, SignalType
from web.serializers import JobError, V1Answer


class SignalScanStarted(V1Answer):
    scan_id = serializers.CharField()
    status = serializers.ChoiceField(Status.values)
    created_at = serializers.DateTimeField()


class SignalScanCancel(V1Answer):
    scan_id = serializers.CharField()
    status = serializers.ChoiceField([Status.CANCELLED.value])


class SignalScanItem(V1Answer):
    scan_id = serializers.CharField()
    type = serializers.ChoiceField(ScanType.values)
    status = serializers.ChoiceField(Status.values)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class Counts(V1Answer):
    """prospects = evaluated + failed + remaining; found = kept + duplicate + belowScore + stale + excluded. Until a
    scan begins, prospects is what its audience held at the start.
    """

    prospects = serializers.IntegerField(min_value=0)
    evaluated = serializers.IntegerField(min_value=0)
    failed = serializers.IntegerField(min_value=0, help_text="All their sources failed.")
    remaining = serializers.IntegerField(min_value=0)
    found = serializers.IntegerField(min_value=0, help_text="Documents that matched, whatever became of them.")
    kept = serializers.IntegerField(min_value=0)
    duplicate = serializers.IntegerField(min_value=0, help_text="The same event, told again.")
    below_score = serializers.IntegerField(min_value=0)
    stale = serializers.IntegerField(min_value=0)
    excluded = serializers.IntegerField(min_value=0)


class SignalScanStatus(SignalScanItem):
    """From `progress` on: additions of ours, always there."""

    error = JobError(allow_null=True)
    progress = serializers.FloatField(min_value=0, max_value=1, required=False)
    counts = Counts(required=False)
    signal_specification_id = serializers.CharField(required=False)
    audience_id = serializers.CharField(required=False)
    started_at = serializers.DateTimeField(allow_null=True, required=False)
    completed_at = serializers.DateTimeField(allow_null=True, required=False)
    findings_deleted_at = serializers.DateTimeField(
        allow_null=True, required=False, help_text="When what it found was deleted because of its age."
    )  # fmt: skip


class FoundItem(V1Answer):
    """What matched. From postLink on: only with the types they belong to, and where known."""

    score = serializers.IntegerField(min_value=0, max_value=100)
    reasoning = serializers.CharField(allow_blank=True)
    summary = serializers.CharField(allow_blank=True)
    title = serializers.CharField(allow_null=True)
    posted_at = serializers.DateTimeField(allow_null=True)
    company_name = serializers.CharField(allow_null=True)
    sources = serializers.ListField(child=serializers.CharField(), help_text="Every address it was seen at.")
    post_link = serializers.CharField(required=False)
    total_likes = serializers.IntegerField(required=False)
    total_comments = serializers.IntegerField(required=False)
    reply_summary = serializers.CharField(required=False)
    commented_at = serializers.DateTimeField(required=False)
    comment_link = serializers.CharField(required=False)
    job_url = serializers.CharField(required=False)
    news_url = serializers.CharField(required=False)
    previous_title = serializers.CharField(required=False)
    previous_company = serializers.CharField(required=False)


class SignalItem(FoundItem):
    signal_id = serializers.CharField(help_text="The same in every scan that sees it.")
    first_seen_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()


class Person(V1Answer):
    prospect_id = serializers.CharField()
    name = serializers.CharField(allow_null=True)
    title = serializers.CharField(allow_null=True)
    public_identifier = serializers.CharField(allow_null=True)
    linkedin_url = serializers.CharField(allow_null=True)


class ScanResult(SignalItem):
    type = serializers.ChoiceField(SignalType.values)
    prospect = Person()


class DroppedItem(FoundItem):
    reason = serializers.ChoiceField([verdict.value for verdict in DROPPED])
    type = serializers.ChoiceField(SignalType.values)
    signal_id = serializers.CharField(allow_null=True, help_text="Of a duplicate: the signal that tells of the same.")
    prospect = Person(allow_null=True, help_text="Null: it is of the company.")


class SignalGroup(V1Answer):
    type = serializers.ChoiceField(SignalType.values)
    items = SignalItem(many=True)


class ProspectSignals(V1Answer):
    """`pending` until a completed scan has looked at the prospect."""

    prospect_id = serializers.CharField()
    status = serializers.ChoiceField(["pending", "evaluated"])
    results = SignalGroup(many=True)


KEYWORD = {
    "oneOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {"term": {"type": "string"}, "weight": {"type": "number"}},
            "required": ["term", "weight"],
        },
    ]
}


@extend_schema_field(KEYWORD)
class Keyword(serializers.JSONField):
    pass


class SpecificationItem(V1Answer):
    source = serializers.ChoiceField(SignalType.values)  # type: ignore[assignment]
    keywords = serializers.ListField(child=Keyword())
    exclude_keywords = serializers.ListField(child=Keyword())
    min_score = serializers.IntegerField(required=False, min_value=0, max_value=100)
    max_age_days = serializers.IntegerField(required=False, min_value=1)


class Specification(V1Answer):
    id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    specifications = SpecificationItem(many=True)
    sources = serializers.ListField(child=serializers.ChoiceField(SignalType.values))
    created_at = serializers.DateTimeField()


class Cadence(V1Answer):
    cron = serializers.CharField()
    time_zone = serializers.CharField()


class MonitorShown(V1Answer):
    """`nextRunAt` is null while paused; `note` says why the last due time started no scan, if it started none."""

    id = serializers.CharField()
    signal_specification_id = serializers.CharField()
    audience_id = serializers.CharField()
    cadence = Cadence()
    is_active = serializers.BooleanField()
    next_run_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class RejectedActivity(V1Answer):
    index = serializers.IntegerField(min_value=0, help_text="Its place in what was sent, from 0.")
    reason = serializers.CharField()


class ActivitiesTaken(V1Answer):
    accepted = serializers.IntegerField(min_value=0)
    duplicates = serializers.IntegerField(min_value=0)
    rejected = RejectedActivity(many=True)

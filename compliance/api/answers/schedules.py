"""What the routes of schedules answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from compliance.api.answers import Answer
from compliance.api.answers.scans import JobError
from compliance.enums import LIVE_RUNS, CatchUp, Overlap, RunState

_RUN = {
    "id": "6b7c8d9e-0f1a-4b2c-9d3e-4f5a6b7c8d9e", "schedule_id": "2c3d4e5f-6a7b-4c8d-9e0f-1a2b3c4d5e6f",
    "due_at": "2026-11-21T01:30:00Z", "state": "scanned", "outcome": "scanned", "message": None, "error": None,
    "import_id": "0d9c8b7a-6f5e-4d3c-9b2a-1f0e9d8c7b6a", "upload_id": "123e4567-e89b-42d3-a456-426614174000",
    "scan_id": "3f0e1a52-9c8d-4b7a-8e6f-1d2c3b4a5968", "created_at": "2026-11-21T01:30:03Z",
    "started_at": "2026-11-21T01:30:03Z", "ended_at": "2026-11-21T01:30:09Z",
}  # fmt: skip
_SCHEDULE = {
    "id": _RUN["schedule_id"], "name": "Ledger, nightly", "policy_id": "550e8400-e29b-41d4-a716-446655440000",
    "source_id": "9b2f6c1e-4d3a-4f5b-8c7d-6e5f4a3b2c1d", "cron": "30 2 * * *", "every_minutes": None,
    "time_zone": "Europe/Vienna", "in_words": "Every day at 02:30, Europe/Vienna", "is_active": True,
    "overlap": "skip", "catch_up": "none", "jitter": 0, "next_run_at": "2026-11-22T01:30:00Z", "last_run": _RUN,
    "created_at": "2026-11-20T08:00:00Z", "updated_at": "2026-11-20T08:00:00Z",
}  # fmt: skip


def _shown(example: Any) -> Any:
    return extend_schema_serializer(examples=[OpenApiExample("answer", example, response_only=True)])


@_shown(_RUN)
class RunAnswer(Answer):
    """One run of a schedule. `outcome` is null while it goes on; of an unchanged run `scan_id` is the last scan."""

    id = serializers.UUIDField()
    schedule_id = serializers.UUIDField()
    due_at = serializers.DateTimeField()
    state = serializers.ChoiceField(RunState.values)
    outcome = serializers.ChoiceField([state for state in RunState.values if state not in LIVE_RUNS], allow_null=True)
    message = serializers.CharField(allow_null=True)
    error = JobError(allow_null=True)
    import_id = serializers.UUIDField(allow_null=True)
    upload_id = serializers.UUIDField(allow_null=True)
    scan_id = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


@_shown(_SCHEDULE)
class ScheduleAnswer(Answer):
    """A schedule: exactly one of `cron` and `every_minutes` is set; `next_run_at` is null while it is paused."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    policy_id = serializers.UUIDField()
    source_id = serializers.UUIDField()
    cron = serializers.CharField(allow_null=True)
    every_minutes = serializers.IntegerField(min_value=1, allow_null=True)
    time_zone = serializers.CharField()
    in_words = serializers.CharField()
    is_active = serializers.BooleanField()
    overlap = serializers.ChoiceField(Overlap.choices)
    catch_up = serializers.ChoiceField(CatchUp.choices)
    jitter = serializers.IntegerField(min_value=0, max_value=3600)
    next_run_at = serializers.DateTimeField(allow_null=True)
    last_run = RunAnswer(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

"""What the routes of prospecting jobs answer, as the OpenAPI document says it."""

from __future__ import annotations

from rest_framework import serializers

from jobs.enums import Status
from prospecting.api.job_documents import TYPE
from web.serializers import JobError, ObjectId, V1Answer


class ProspectingJobStarted(V1Answer):
    job_id = ObjectId()
    status = serializers.ChoiceField(Status.choices)
    created_at = serializers.DateTimeField()


class ProspectingJobItem(V1Answer):
    job_id = ObjectId()
    type = serializers.ChoiceField([TYPE])
    status = serializers.ChoiceField(Status.choices)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class StageCounts(V1Answer):
    total = serializers.IntegerField(min_value=0, allow_null=True, help_text="Null until known.")
    done = serializers.IntegerField(min_value=0)
    failed = serializers.IntegerField(min_value=0)
    skipped = serializers.IntegerField(min_value=0, help_text="Import: duplicates and people not to be stored.")


class Stage(V1Answer):
    status = serializers.ChoiceField(Status.choices)
    progress = serializers.FloatField(min_value=0, max_value=1, help_text="1 exactly when the stage is completed.")
    counts = StageCounts(required=False)


class Stages(V1Answer):
    """`import` is no name Python allows."""

    enrichment = Stage()

    def get_fields(self) -> dict[str, serializers.Field]:  # type: ignore[type-arg]
        return {"import": Stage(), **super().get_fields()}


class ProspectingJobStatus(ProspectingJobItem):
    """`audienceId`, `creditsSpent` and the counts of the stages are additions of ours, always there."""

    stages = Stages()
    error = JobError(allow_null=True, help_text="Exactly when the job failed.")
    audience_id = ObjectId(required=False)
    credits_spent = serializers.IntegerField(min_value=0, required=False)


class ProspectingJobCancel(V1Answer):
    job_id = ObjectId()
    status = serializers.ChoiceField([Status.CANCELLED.value])


class RowFault(V1Answer):
    line = serializers.IntegerField(min_value=1, help_text="The row of the file, or the place in the list, from 1.")
    field = serializers.CharField(allow_blank=True, help_text="Empty: the row as a whole.")
    reason = serializers.CharField()
    imported = serializers.BooleanField(help_text="Whether the row was imported, without this value.")
    row = serializers.DictField(child=serializers.CharField(allow_blank=True), help_text="As it was sent.")

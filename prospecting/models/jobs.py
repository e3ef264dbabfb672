"""Prospecting jobs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from jobs.models import Job
from prospecting.enums import JobSource
from prospecting.models.audiences import Audience
from prospecting.queries import ProspectingJobQuerySet
from web.identifiers import new_object_id


class ProspectingJob(Job):
    """People brought in (stage import) and filled up (stage enrichment).

    `params` holds what the source needs: {"urls"}, {"records"}, {"file_id", "mapping"}, {"search_url"}, ...
    Of each stage: total (null until known), done, failed and skipped inputs; `checkpoint` is where the import goes on
    after a lost worker. The audience keeps its id here when it is deleted.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_object_id, editable=False)
    source = models.CharField(max_length=20, choices=JobSource.choices)
    params = models.JSONField(default=dict)
    audience = models.ForeignKey(Audience, models.DO_NOTHING, db_constraint=False, related_name="jobs")
    max_results = models.PositiveIntegerField(null=True, blank=True)
    search_emails = models.BooleanField(default=False)
    test = models.BooleanField(default=False, help_text="Asked for with a test key: providers are the sandbox.")
    import_total = models.PositiveIntegerField(null=True, blank=True)
    import_done = models.PositiveIntegerField(default=0, help_text="Inputs consumed well.")
    import_failed = models.PositiveIntegerField(default=0)
    import_skipped = models.PositiveIntegerField(default=0, help_text="Duplicates, suppressed, without consent.")
    enrichment_total = models.PositiveIntegerField(null=True, blank=True, help_text="Fixed when the import ends.")
    enrichment_done = models.PositiveIntegerField(default=0)
    enrichment_failed = models.PositiveIntegerField(default=0)
    enrichment_skipped = models.PositiveIntegerField(default=0)
    checkpoint = models.JSONField(default=dict, blank=True)
    credits_reserved = models.PositiveIntegerField(default=0)
    credits_spent = models.PositiveIntegerField(default=0)

    objects: ClassVar[Any] = ProspectingJobQuerySet.as_manager()

    class Meta(Job.Meta):
        constraints = [
            *Job.Meta.constraints,
            models.CheckConstraint(condition=Q(source__in=JobSource.values), name="a_prospecting_job_has_a_source"),
        ]
        indexes = [
            *Job.Meta.indexes,
            models.Index(fields=["group", "-created_at", "-id"], name="prospecting_newest_first"),
            # Read by "which audiences are being filled".
            models.Index(
                fields=["audience"], name="prospecting_filling", condition=Q(status__in=["queued", "running"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()} {self.id}"

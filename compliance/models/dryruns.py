"""Dry runs: rules tried on an upload, of which no violation is kept."""

from __future__ import annotations

import uuid

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from compliance.models.policies import Policy, PolicyVersion
from compliance.models.uploads import Mapping, Upload
from jobs.enums import Status
from jobs.models import Job


class DryRun(Job):
    """One trial of `rules` (canonical) beside a policy's version as it was; what it ran on is frozen here.

    `results` is bounded JSON, made when it completes; the row is forgotten DRY_RUN_DAYS later.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="dry_runs")
    policy_version = models.ForeignKey(
        PolicyVersion, models.PROTECT, related_name="+", help_text="What the rules are compared with."
    )
    upload = models.ForeignKey(Upload, models.PROTECT, related_name="dry_runs")
    mapping = models.ForeignKey(Mapping, models.PROTECT, related_name="+")
    rules = models.JSONField(help_text="The rules that are tried.")
    time_zone = models.CharField(max_length=64, default="UTC")
    compat = models.BooleanField(default=False)
    list_versions = models.JSONField(default=dict, help_text="The reference lists its rules name, as they were.")
    label_column = models.CharField(max_length=300, blank=True, help_text="The column that says what is right.")
    results = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)

    class Meta(Job.Meta):
        permissions = [("run_dryrun", "Can try rules on an upload")]
        constraints = [
            *Job.Meta.constraints,
            models.CheckConstraint(
                condition=Q(status=Status.COMPLETED, results__isnull=False)
                | (~Q(status=Status.COMPLETED) & Q(results__isnull=True)),
                name="a_dry_run_has_results_exactly_when_completed",
            ),
        ]
        indexes = [*Job.Meta.indexes, models.Index("group", "created_at", "id", name="dry_run_list")]

    def __str__(self) -> str:
        return f"{self.policy} tried on {self.upload}"

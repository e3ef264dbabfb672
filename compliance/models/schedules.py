"""Schedules, which scan a source again and again, and what became of every run."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.enums import LIVE_RUNS, CatchUp, Overlap, RunState
from compliance.models.policies import Policy, check_time_zone
from compliance.models.scans import ComplianceScan
from compliance.models.sources import Source, SourceImport
from compliance.queries import RunQuerySet, ScheduleQuerySet
from jobs.schedule_times import Times


class Schedule(models.Model):
    """When to pull a source and run a policy over it. `next_run_at` is what the dispatcher looks at and moves."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="schedules")
    source = models.ForeignKey(Source, models.PROTECT, related_name="schedules")
    cron = models.CharField(
        max_length=100, blank=True, help_text="Minute, hour, day of month, month, day of week: 30 2 * * *"
    )
    every_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Instead of cron: every so many minutes, from when it was made."
    )
    time_zone = models.CharField(
        max_length=64, default="UTC", validators=[check_time_zone], help_text="Of the times in cron."
    )
    is_active = models.BooleanField(default=True)
    overlap = models.CharField(
        max_length=20, choices=Overlap.choices, default=Overlap.SKIP,
        help_text="When a run is due while the one before goes on.",
    )  # fmt: skip
    catch_up = models.CharField(
        max_length=10, choices=CatchUp.choices, default=CatchUp.NONE,
        help_text="When due times were missed because nothing was running.",
    )  # fmt: skip
    jitter = models.PositiveSmallIntegerField(
        default=0, help_text="Seconds; each schedule starts up to so much later, always by the same amount."
    )
    next_run_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    created_by_key = models.ForeignKey("accounts.ApiKey", models.SET_NULL, null=True, blank=True, related_name="+")
    created_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        permissions = [("run_schedule", "Can run a schedule now")]
        constraints = [
            models.CheckConstraint(
                condition=(~Q(cron="") & Q(every_minutes__isnull=True)) | (Q(cron="") & Q(every_minutes__isnull=False)),
                name="a_schedule_has_either_cron_or_an_interval",
            ),
            models.CheckConstraint(
                condition=Q(every_minutes__isnull=True) | Q(every_minutes__gte=1),
                name="an_interval_is_a_minute_or_more",
            ),
            models.CheckConstraint(
                condition=Q(is_active=True, next_run_at__isnull=False, deleted_at__isnull=True)
                | Q(is_active=False, next_run_at__isnull=True),
                name="a_schedule_has_a_next_run_exactly_while_active",
            ),
            models.CheckConstraint(
                condition=Q(overlap__in=Overlap.values, catch_up__in=CatchUp.values),
                name="a_schedule_knows_what_to_do_when_it_overlaps_or_is_late",
            ),
        ]
        indexes = [
            models.Index("group", "created_at", "id", name="schedule_list"),
            # Read by the dispatcher.
            models.Index("next_run_at", name="schedule_due", condition=Q(is_active=True)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def times(self) -> Times:
        """When it is due, as a pure value."""
        return Times(
            cron=self.cron, every_minutes=self.every_minutes, time_zone=self.time_zone, anchor=self.created_at,
            jitter=self.jitter, salt=str(self.pk),
        )  # fmt: skip


class ScheduleRun(models.Model):
    """One due time, or one "run now", and what became of it.

    waiting -> importing -> scanning -> one of the outcomes; an import or scan that ends moves it on
    (compliance.actions.runs). `notify_after` stands while somebody may still have to be told.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    schedule = models.ForeignKey(Schedule, models.PROTECT, related_name="runs")
    due_at = models.DateTimeField()
    asked_by = models.CharField(max_length=200, blank=True, help_text="Who ran it by hand; empty: it was due.")
    state = models.CharField(max_length=20, choices=RunState.choices, default=RunState.WAITING)
    message = models.TextField(blank=True)
    error_code = models.CharField(max_length=50, blank=True)
    source_import = models.OneToOneField(
        SourceImport, models.PROTECT, null=True, blank=True, related_name="schedule_run", verbose_name="import"
    )
    scan = models.ForeignKey(ComplianceScan, models.PROTECT, null=True, blank=True, related_name="schedule_runs")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    notify_after = models.DateTimeField(null=True, blank=True)
    notify_attempts = models.PositiveSmallIntegerField(default=0)

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "schedule", "due_at", condition=Q(asked_by=""), name="a_due_time_is_dispatched_once"
            ),
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="a_run_has_a_known_state"),
            models.CheckConstraint(
                condition=Q(state__in=LIVE_RUNS, ended_at__isnull=True)
                | (~Q(state__in=LIVE_RUNS) & Q(ended_at__isnull=False)),
                name="a_run_has_an_end_exactly_when_over",
            ),
            models.CheckConstraint(
                condition=(Q(state=RunState.FAILED) & ~Q(error_code=""))
                | (~Q(state=RunState.FAILED) & Q(error_code="")),
                name="a_run_has_an_error_exactly_when_failed",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=(RunState.SCANNING, RunState.SCANNED)) | Q(scan__isnull=False),
                name="a_run_that_scans_has_a_scan",
            ),
        ]
        indexes = [
            models.Index("schedule", "created_at", "id", name="run_list"),
            # Read by the sweep that moves runs on.
            models.Index("schedule", name="runs_going_on", condition=Q(state__in=LIVE_RUNS)),
            # Read by the sweep that tells people.
            models.Index("notify_after", name="runs_to_tell", condition=Q(notify_after__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.schedule}, {self.due_at:%Y-%m-%d %H:%M} UTC"

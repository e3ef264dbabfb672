"""Monitors: scans of an audience, again and again."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from jobs.schedule_times import Times
from prospecting.models import Audience
from scans.models.specifications import SignalSpecification
from scans.queries import MonitorQuerySet
from web.identifiers import new_object_id


class Monitor(models.Model):
    """When to scan an audience with a specification. `next_run_at` is what the dispatcher looks at and moves.

    `note` says what became of the last due time when that was no scan.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_object_id, editable=False)
    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    specification = models.ForeignKey(SignalSpecification, models.PROTECT, related_name="monitors")
    audience = models.ForeignKey(Audience, models.CASCADE, related_name="monitors")
    cron = models.CharField(max_length=100, help_text="Minute, hour, day of month, month, day of week: 30 7 * * 1-5")
    time_zone = models.CharField(max_length=64, default="UTC", help_text="Of the times in cron.")
    is_active = models.BooleanField(default=True)
    test = models.BooleanField(default=False, help_text="Made with a test key: providers are the sandbox.")
    next_run_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    created_by_key = models.ForeignKey("accounts.ApiKey", models.SET_NULL, null=True, blank=True, related_name="+")
    created_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = MonitorQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(cron="") & ~Q(time_zone=""), name="a_monitor_has_a_cadence"),
            models.CheckConstraint(
                condition=Q(is_active=True, next_run_at__isnull=False) | Q(is_active=False, next_run_at__isnull=True),
                name="a_monitor_has_a_next_run_exactly_while_active",
            ),
        ]
        indexes = [
            models.Index(fields=["group", "-created_at", "-id"], name="monitor_newest_first"),
            # Read by the dispatcher.
            models.Index("next_run_at", name="monitor_due", condition=Q(is_active=True)),
        ]

    def __str__(self) -> str:
        return f"Monitor {self.id}"

    @property
    def times(self) -> Times:
        """When it is due, as a pure value."""
        return Times(cron=self.cron, every_minutes=None, time_zone=self.time_zone, anchor=self.created_at)

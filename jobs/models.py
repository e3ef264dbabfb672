"""The row is the truth of a job; the broker only wakes workers."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from jobs.enums import FINAL, LIVE, Status
from jobs.queries import JobQuerySet


class Job(models.Model):
    """What every kind of job has. Only jobs.lifecycle changes these fields.

    `visible_attempt` is the attempt whose results readers may see; `leftovers` says that rows of other attempts may
    still have to be swept. `version` and `updated_at` move when a field that partners see moves, never for a lease.
    """

    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    progress = models.FloatField(default=0, help_text="Share of the work done, 0 to 1.")
    version = models.PositiveIntegerField(default=1)
    trace_id = models.CharField(max_length=32, blank=True, help_text="Of the request that asked for it.")
    requested_by_key = models.ForeignKey("accounts.ApiKey", models.SET_NULL, null=True, blank=True, related_name="+")
    requested_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    publish_after = models.DateTimeField(null=True, blank=True, help_text="When a queued job is published again.")
    publish_count = models.PositiveIntegerField(default=0)
    held = models.BooleanField(default=False, help_text="Waits for a slot of its account group, jobs.slots.")
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=200, blank=True, help_text="The worker that holds or held the lease.")
    attempts = models.SmallIntegerField(default=0)
    visible_attempt = models.SmallIntegerField(null=True, blank=True)
    leftovers = models.BooleanField(default=False)

    error_code = models.CharField(max_length=50, blank=True)
    error_message = models.TextField(blank=True)
    traceback = models.TextField(blank=True, help_text="For staff only.")

    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True, help_text="When it reached a final state.")

    objects: ClassVar[Any] = JobQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=Status.values), name="%(app_label)s_%(class)s_status_is_one_of_the_five"
            ),
            models.CheckConstraint(
                condition=Q(status=Status.RUNNING, lease_token__isnull=False, lease_until__isnull=False)
                | (~Q(status=Status.RUNNING) & Q(lease_token__isnull=True, lease_until__isnull=True)),
                name="%(app_label)s_%(class)s_has_a_lease_exactly_while_running",
            ),
            models.CheckConstraint(
                condition=Q(status__in=FINAL, completed_at__isnull=False)
                | Q(status__in=LIVE, completed_at__isnull=True),
                name="%(app_label)s_%(class)s_has_an_end_exactly_when_final",
            ),
            models.CheckConstraint(
                condition=(Q(status=Status.FAILED) & ~Q(error_code="") & ~Q(error_message=""))
                | (~Q(status=Status.FAILED) & Q(error_code="", error_message="")),
                name="%(app_label)s_%(class)s_has_an_error_exactly_when_failed",
            ),
            models.CheckConstraint(
                condition=Q(visible_attempt__isnull=True) | Q(status=Status.COMPLETED),
                name="%(app_label)s_%(class)s_shows_results_only_when_completed",
            ),
            models.CheckConstraint(
                condition=Q(progress__gte=0, progress__lte=1), name="%(app_label)s_%(class)s_progress_is_a_share"
            ),
            models.CheckConstraint(condition=Q(attempts__gte=0), name="%(app_label)s_%(class)s_attempts_are_counted"),
        ]
        indexes = [
            # Read by lifecycle.sweep.
            models.Index("publish_after", name="%(class)s_to_publish", condition=Q(status=Status.QUEUED)),
            # Read by lifecycle.reap and jobs.slots.
            models.Index("group", "lease_until", name="%(class)s_leases", condition=Q(status=Status.RUNNING)),
            # Read by jobs.slots.
            models.Index("group", name="%(class)s_held", condition=Q(held=True)),
            # Read by lifecycle.sweep.
            models.Index("updated_at", name="%(class)s_leftovers", condition=Q(leftovers=True)),
        ]

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def error(self) -> dict[str, str] | None:
        """What partners read: null unless failed."""
        return {"code": self.error_code, "message": self.error_message} if self.error_code else None


class JobEvent(models.Model):
    """One transition of one job. Append-only: a trigger refuses changes.

    `number` counts the public events of an account group without gaps (transitions into a final state); null for
    the others.
    """

    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    job_id = models.CharField(max_length=36)
    at = models.DateTimeField(db_default=Now())
    from_status = models.CharField(max_length=10, choices=Status.choices, blank=True)
    to_status = models.CharField(max_length=10, choices=Status.choices)
    attempt = models.SmallIntegerField(default=0)
    actor = models.CharField(max_length=200, help_text="Who or what did it: a key, a user, a worker, the reaper.")
    note = models.CharField(max_length=200, blank=True)
    number = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index("kind", "job_id", "id", name="event_timeline")]
        constraints = [
            models.UniqueConstraint("group", "number", name="a_public_event_has_a_number_of_its_own"),
            models.CheckConstraint(
                condition=Q(to_status__in=FINAL, number__isnull=False) | Q(to_status__in=LIVE, number__isnull=True),
                name="exactly_final_transitions_are_public",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.job_id}: {self.from_status or 'start'} -> {self.to_status}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("Events are append-only.")
        super().save(*args, **kwargs)


class EventCounter(models.Model):
    """The last public event number of an account group; its row lock makes the numbers gap-free and ordered."""

    group = models.OneToOneField("accounts.AccountGroup", models.PROTECT, primary_key=True, related_name="+")
    last = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.group_id}: {self.last}"

"""Audits: what scans of a period belong together, and whether everything they found is decided."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from compliance.models.policies import Policy
from compliance.queries import AuditQuerySet


class Audit(models.Model):
    """A named piece of audit work. Its status is worked out from its scans (`AuditQuerySet.with_status`), not kept.

    With a policy, only scans of that policy belong to it. Closed, it takes no further scans.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    policy = models.ForeignKey(
        Policy, models.PROTECT, null=True, blank=True, related_name="audits", help_text="Empty: scans of any policy."
    )
    period_start = models.DateField(null=True, blank=True, help_text="The first day that is audited.")
    period_end = models.DateField(null=True, blank=True, help_text="The last day that is audited.")
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=200)
    updated_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=200, blank=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="an_audit_has_a_name"),
            models.CheckConstraint(
                condition=Q(period_start__isnull=True)
                | Q(period_end__isnull=True)
                | Q(period_start__lte=F("period_end")),
                name="the_period_of_an_audit_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by="") | (Q(closed_at__isnull=False) & ~Q(closed_by="")),
                name="a_closed_audit_says_when_and_by_whom",
            ),
        ]
        indexes = [models.Index("group", "created_at", "id", name="audit_list")]

    def __str__(self) -> str:
        return self.name

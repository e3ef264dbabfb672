"""Policies and their immutable versions."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.enums import ScoreMethod
from compliance.queries import PolicyQuerySet
from jobs.schedule_times import is_time_zone


def check_time_zone(name: str) -> None:
    if not is_time_zone(name):
        raise ValidationError(f"'{name}' is no time zone; write one like Europe/Vienna or UTC.")


class Policy(models.Model):
    """A named set of rules. Its rules live in versions; the newest one is what a new scan runs."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    score_method = models.CharField(max_length=20, choices=ScoreMethod.choices, default=ScoreMethod.SEVERITY_WEIGHTED)
    time_zone = models.CharField(
        max_length=64, default="UTC", validators=[check_time_zone], help_text="Of times written without a zone."
    )
    compat = models.BooleanField(default=False, help_text="Tumbling windows everywhere.")
    reopen_growth = models.DecimalField(
        max_digits=5, decimal_places=4, default=Decimal("0.5"),
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="A decision is taken over to the next scan while at most this share of the evidence is new, 0 to 1.",
    )  # fmt: skip
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "policies"
        indexes = [models.Index("group", "created_at", "id", name="policy_list")]
        constraints = [
            models.CheckConstraint(
                condition=Q(reopen_growth__gte=0, reopen_growth__lte=1), name="the_growth_that_reopens_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def current(self) -> PolicyVersion:
        """The newest version: what a new scan runs."""
        return self.versions.order_by("-number")[0]


class PolicyVersion(models.Model):
    """The rules of a policy as they were at one time, in canonical form. A trigger refuses every change."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    rules = models.JSONField()
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of the canonical rules.")
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=200, help_text="Who saved it: a key, a user, a command.")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint("policy", "number", name="a_policy_has_each_version_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="versions_count_from_one"),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"

    @property
    def active_rules(self) -> list[dict[str, Any]]:
        return [rule for rule in self.rules if rule.get("is_active", True)]

"""Waivers: violations that somebody answers for, until a day."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from compliance.models.policies import Policy
from compliance.queries import WaiverQuerySet


class Waiver(models.Model):
    """Violations of one rule that do not count while it holds: of one account, or of those a pattern matches.

    `account` is compared exactly, or as a pattern in which `*` stands for any text and `?` for one character; case
    matters. Without a policy it holds for every policy of the group. It is ended, never deleted: `ended_by` is who
    ended it, or EXPIRY.
    """

    EXPIRY = "its expiry"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    policy = models.ForeignKey(
        Policy, models.PROTECT, null=True, blank=True, related_name="waivers", help_text="Empty: every policy."
    )
    rule_id = models.CharField(max_length=100, db_collation="C")
    account = models.TextField(db_collation="C", help_text="The account, or a pattern of accounts.")
    is_pattern = models.BooleanField(default=False, help_text="`*` stands for any text, `?` for one character.")
    reason = models.TextField(help_text="Why these violations may stand.")
    owner = models.CharField(max_length=200, help_text="Who answers for it.")
    expires_at = models.DateTimeField(help_text="From then on the violations count again.")
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=200, blank=True)

    objects = WaiverQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="a_waiver_holds_for_a_time"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by="") | (Q(ended_at__isnull=False) & ~Q(ended_by="")),
                name="an_ended_waiver_says_when_and_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(rule_id="") & ~Q(account="") & ~Q(reason="") & ~Q(owner=""),
                name="a_waiver_says_what_why_and_who",
            ),
        ]
        indexes = [
            models.Index("group", "created_at", "id", name="waiver_list"),
            # Read by the task that ends what has expired, and by every scan that completes.
            models.Index("expires_at", name="waiver_running", condition=Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id}:{self.account}"

    def state(self, at: datetime) -> str:
        """active, expired (also when nobody has noticed yet) or ended."""
        if self.ended_at is not None and self.ended_by != self.EXPIRY:
            return "ended"
        return "active" if self.ended_at is None and self.expires_at > at else "expired"

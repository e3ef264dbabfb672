"""Cases: the violations of one account, given to somebody to decide."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import MD5, Now

from compliance.enums import CaseAction, CasePriority, CaseStatus
from compliance.models.policies import Policy
from compliance.queries import CaseQuerySet


class Case(models.Model):
    """What one account did against one policy. Its violations are those of the policy's newest completed scan.

    It is bound to the account, not to rows of one scan, so it survives a scan being run again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="cases")
    account = models.TextField(db_collation="C")
    priority = models.CharField(max_length=10, choices=CasePriority.choices, default=CasePriority.MEDIUM)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=10, choices=CaseStatus.choices, default=CaseStatus.OPEN)
    opened_at = models.DateTimeField(db_default=Now())
    opened_by = models.CharField(max_length=200)
    updated_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=200, blank=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        permissions = [("work_case", "Can open, change and close cases, and write notes")]
        constraints = [
            # By its hash: an account may be longer than an index entry.
            models.UniqueConstraint(
                F("policy"), MD5("account"), condition=~Q(status=CaseStatus.CLOSED),
                name="an_account_has_one_open_case_in_a_policy",
            ),
            models.CheckConstraint(condition=~Q(account=""), name="a_case_is_about_an_account"),
            models.CheckConstraint(condition=Q(status__in=CaseStatus.values), name="a_case_has_a_known_status"),
            models.CheckConstraint(condition=Q(priority__in=CasePriority.values), name="a_case_has_a_known_priority"),
            models.CheckConstraint(
                condition=(Q(status=CaseStatus.CLOSED, closed_at__isnull=False) & ~Q(closed_by=""))
                | (~Q(status=CaseStatus.CLOSED) & Q(closed_at__isnull=True, closed_by="")),
                name="a_closed_case_says_when_and_by_whom",
            ),
        ]  # fmt: skip
        indexes = [models.Index("group", "opened_at", "id", name="case_list")]

    def __str__(self) -> str:
        return f"{self.account} ({self.policy})"


class CaseNote(models.Model):
    """What somebody wrote down. Append-only (a trigger)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="notes")
    at = models.DateTimeField(db_default=Now())
    author = models.CharField(max_length=200)
    text = models.TextField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="a_note_says_something")]

    def __str__(self) -> str:
        return f"note by {self.author}"


class CaseEvent(models.Model):
    """One step in the life of a case: what it was, what it became, who did it. Append-only (a trigger)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="events")
    at = models.DateTimeField(db_default=Now())
    action = models.CharField(max_length=10, choices=CaseAction.choices)
    actor = models.CharField(max_length=200)
    before = models.CharField(max_length=200, blank=True)
    after = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.action}: {self.before or '-'} -> {self.after or '-'}"

"""Violations, the unit people review, and what they decided."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import MD5, Now

from compliance.enums import ReviewStatus, Severity
from compliance.models.scans import ComplianceScan, ScoreEvent
from compliance.models.waivers import Waiver
from compliance.queries import ACCOUNT_BEGINNING, ViolationQuerySet


class Violation(models.Model):
    """All findings of one rule on one account in one scan. Written by COPY under (scan, attempt).

    `sample` is a bounded list of evidence records `{"row", "values"}`; every finding with all its rows is in the
    scan's findings file. `first_seen_scan_id` is the scan since which it has been there without a gap.
    `carried_over_from` is the scan in which the present decision was taken, when that was not this one;
    `last_decision` `{"status", "by", "at", "scan"}` one that no longer holds. The `proposed_` fields are a first
    reviewer's decision that waits for a second person: `proposed_in` the scan whose evidence was looked at,
    `proposed_credential` and `proposed_person` who must not be that second one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scan = models.ForeignKey(ComplianceScan, models.PROTECT, related_name="violations", db_index=False)
    attempt = models.SmallIntegerField()
    rule_id = models.CharField(max_length=100, db_collation="C")
    account = models.TextField(db_collation="C")
    severity = models.CharField(max_length=8, choices=Severity.choices)
    finding_count = models.PositiveIntegerField()
    first_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)
    amount = models.DecimalField(max_digits=38, decimal_places=4, null=True, blank=True)
    actual_value = models.DecimalField(max_digits=38, decimal_places=6, null=True, blank=True)
    transaction_type = models.TextField(blank=True)
    sample = models.JSONField()
    first_seen_scan_id = models.UUIDField()
    status = models.CharField(max_length=14, choices=ReviewStatus.choices, default=ReviewStatus.PENDING)
    review_note = models.TextField(blank=True)
    reviewed_by = models.CharField(max_length=200, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    carried_over_from = models.UUIDField(null=True, blank=True)
    reopened_because = models.TextField(blank=True, default="", db_default="")
    last_decision = models.JSONField(null=True, blank=True)
    proposed_status = models.CharField(
        max_length=14, choices=ReviewStatus.choices, blank=True, default="", db_default=""
    )
    proposed_by = models.CharField(max_length=200, blank=True, default="", db_default="")
    proposed_at = models.DateTimeField(null=True, blank=True)
    proposed_in = models.UUIDField(null=True, blank=True)
    proposed_credential = models.CharField(max_length=200, blank=True, default="", db_default="")
    proposed_person = models.CharField(max_length=200, blank=True, default="", db_default="")
    waiver = models.ForeignKey(Waiver, models.PROTECT, null=True, blank=True, related_name="violations", db_index=False)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    objects = ViolationQuerySet.as_manager()

    class Meta:
        permissions = [("review_violation", "Can review violations")]
        constraints = [
            # By its hash: an account may be longer than an index entry. Queries name the hash and the account.
            models.UniqueConstraint(
                F("scan"), F("attempt"), F("rule_id"), MD5("account"), name="a_signature_stands_once_in_a_scan"
            ),
            models.CheckConstraint(
                condition=Q(status=ReviewStatus.PENDING) | (Q(reviewed_at__isnull=False) & ~Q(reviewed_by="")),
                name="a_reviewed_violation_says_by_whom_and_when",
            ),
            models.CheckConstraint(condition=Q(finding_count__gte=1), name="a_violation_has_a_finding"),
            models.CheckConstraint(
                condition=Q(carried_over_from__isnull=True) | ~Q(status=ReviewStatus.PENDING),
                name="only_a_decision_is_carried_over",
            ),
            models.CheckConstraint(
                condition=Q(reopened_because="") | Q(status=ReviewStatus.PENDING, last_decision__isnull=False),
                name="a_reopened_violation_is_pending_and_tells_its_last_decision",
            ),
            models.CheckConstraint(
                condition=Q(proposed_status="", proposed_by="", proposed_at__isnull=True, proposed_in__isnull=True,
                            proposed_credential="", proposed_person="")
                | Q(proposed_status=ReviewStatus.FALSE_POSITIVE, severity=Severity.CRITICAL,
                    proposed_at__isnull=False, proposed_in__isnull=False)
                & ~Q(proposed_by="") & ~Q(proposed_credential="") & ~Q(status=ReviewStatus.FALSE_POSITIVE),
                name="a_proposal_calls_an_open_critical_violation_false",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index("scan", "created_at", "id", name="violation_list"),
            # Read by carry-over: what was decided on a signature that was gone and returns.
            models.Index(
                F("rule_id"), MD5("account"), name="violation_decided", condition=~Q(status=ReviewStatus.PENDING)
            ),
            # Read by lists over all scans.
            models.Index("created_at", "id", name="violation_newest"),
            # Read by ViolationQuerySet.on_account and .on_accounts_like.
            models.Index(ACCOUNT_BEGINNING, F("id"), name="violation_by_account_name"),
            # Read by waivers that end and by the list of the waivers of a scan.
            models.Index("scan", "waiver", name="violation_waived", condition=Q(waiver__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.signature

    @property
    def signature(self) -> str:
        return f"{self.rule_id}:{self.account}"

    @property
    def is_new(self) -> bool:
        """Not there in the previous scan (or there was none)."""
        return self.first_seen_scan_id == self.scan_id


class Review(models.Model):
    """One decision on one violation, with the step of the score history that counted it. Append-only (a trigger).

    `is_proposal`: the first of two people calls a CRITICAL violation false; its status stays as it was.
    """

    violation = models.ForeignKey(Violation, models.PROTECT, related_name="reviews")
    event = models.ForeignKey(ScoreEvent, models.PROTECT, related_name="reviews")
    at = models.DateTimeField(db_default=Now())
    from_status = models.CharField(max_length=14, choices=ReviewStatus.choices)
    to_status = models.CharField(max_length=14, choices=ReviewStatus.choices)
    note = models.TextField(blank=True)
    reviewer = models.CharField(max_length=200)
    is_proposal = models.BooleanField(default=False)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_proposal=False) | Q(from_status=F("to_status")), name="a_proposal_changes_no_status"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_status} -> {self.to_status} by {self.reviewer}"

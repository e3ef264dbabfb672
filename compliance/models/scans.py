"""Compliance scans and the history of their scores."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from compliance.chain import StepContent
from compliance.enums import ScoreAction, ScoreMethod
from compliance.models.audits import Audit
from compliance.models.policies import Policy, PolicyVersion
from compliance.models.uploads import Mapping, Upload
from compliance.queries import ScanQuerySet
from jobs.enums import Status
from jobs.models import Job


class ComplianceScan(Job):
    """One run of a policy version over an upload. What it ran on is frozen here; results come when it completes.

    `open_weight` is the W of the score: the sum over open violations of weight x findings. The four delta counts are
    set together, when there was a previous scan.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="scans")
    policy_version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="+")
    upload = models.ForeignKey(Upload, models.PROTECT, related_name="scans")
    mapping = models.ForeignKey(Mapping, models.PROTECT, related_name="+")
    mapping_config = models.JSONField()
    mapping_overrides = models.JSONField(default=dict, blank=True, help_text="How ambiguous columns are read.")
    temporal_scale = models.CharField(max_length=20)
    audit = models.ForeignKey(Audit, models.PROTECT, null=True, blank=True, related_name="scans", db_index=False)
    audit_name = models.CharField(max_length=200, blank=True)
    score_method = models.CharField(max_length=20, choices=ScoreMethod.choices)
    time_zone = models.CharField(max_length=64, default="UTC")
    compat = models.BooleanField(default=False)
    context_uploads = models.JSONField(
        default=list, help_text="Ids of earlier uploads whose records count in windows and history, in order."
    )
    list_versions = models.JSONField(
        default=dict, help_text="{list: {version, sha256}} of the reference lists its rules name."
    )
    reopen_growth = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal("0.5"))
    record_count = models.BigIntegerField()
    rules_total = models.PositiveIntegerField()
    rules_processed = models.PositiveIntegerField(default=0)

    engine = models.CharField(max_length=60, blank=True, help_text="Name and version.")
    result_digest = models.CharField(max_length=64, blank=True, help_text="Same inputs, same digest.")
    findings = models.CharField(max_length=300, blank=True, help_text="Storage name of the findings file.")
    evidence = models.CharField(
        max_length=300, blank=True, help_text="Storage name of the file of evidence hashes, which carry-over compares."
    )
    rule_results = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    coverage = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    score = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    open_weight = models.BigIntegerField(default=0)
    violation_count = models.PositiveIntegerField(default=0)
    review_counts = models.JSONField(default=dict, help_text="Violations by review status.")
    severity_counts = models.JSONField(default=dict, help_text="Violations by severity.")
    waived_count = models.PositiveIntegerField(default=0, help_text="Violations under a waiver, whatever their status.")

    previous_scan = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="next_scans")
    new_count = models.PositiveIntegerField(null=True, blank=True)
    resolved_count = models.PositiveIntegerField(null=True, blank=True)
    unchanged_count = models.PositiveIntegerField(null=True, blank=True)
    previous_violation_count = models.PositiveIntegerField(null=True, blank=True)

    findings_deleted_at = models.DateTimeField(
        null=True, blank=True, help_text="When its evidence was deleted, as its time was over; the violations stay."
    )
    hidden_at = models.DateTimeField(null=True, blank=True, help_text="When it was deleted; the row stays.")
    hidden_by = models.CharField(max_length=200, blank=True)

    objects: ClassVar[Any] = ScanQuerySet.as_manager()

    class Meta(Job.Meta):
        permissions = [
            ("cancel_compliancescan", "Can cancel a compliance scan"),
            ("run_compliancescan", "Can run a compliance scan"),
            ("export_compliancescan", "Can export a compliance scan"),
        ]
        constraints = [
            *Job.Meta.constraints,
            models.CheckConstraint(
                condition=(Q(status=Status.COMPLETED, score__isnull=False) & ~Q(result_digest=""))
                | (~Q(status=Status.COMPLETED) & Q(score__isnull=True, result_digest="")),
                name="a_scan_has_a_score_exactly_when_completed",
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=100), name="scores_run_from_0_to_100"
            ),
            models.CheckConstraint(
                condition=Q(rules_processed__lte=F("rules_total"))
                & (~Q(status=Status.COMPLETED) | Q(rules_processed=F("rules_total"))),
                name="a_completed_scan_has_processed_every_rule",
            ),
            models.CheckConstraint(
                condition=Q(
                    previous_scan__isnull=True, new_count__isnull=True, resolved_count__isnull=True,
                    unchanged_count__isnull=True, previous_violation_count__isnull=True,
                )
                | Q(
                    previous_scan__isnull=False,
                    violation_count=F("new_count") + F("unchanged_count"),
                    previous_violation_count=F("resolved_count") + F("unchanged_count"),
                ),
                name="the_delta_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(findings_deleted_at__isnull=True) | Q(findings="", evidence=""),
                name="deleted_evidence_is_gone",
            ),
            models.CheckConstraint(
                condition=Q(waived_count__lte=F("violation_count")), name="no_more_are_waived_than_were_found"
            ),
            models.CheckConstraint(
                condition=Q(reopen_growth__gte=0, reopen_growth__lte=1), name="the_frozen_growth_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(hidden_at__isnull=True, hidden_by="") | (Q(hidden_at__isnull=False) & ~Q(hidden_by="")),
                name="a_deleted_scan_says_who_and_when",
            ),
        ]  # fmt: skip
        indexes = [
            *Job.Meta.indexes,
            models.Index("group", "created_at", "id", name="scan_list"),
            # Read by lists over all account groups.
            models.Index("created_at", "id", name="scan_newest"),
            # Read by the search of the staff page, by the beginning of the name.
            models.Index(fields=["audit_name"], opclasses=["varchar_pattern_ops"], name="scan_by_audit_name"),
            # Read by the home of the staff site.
            models.Index("status", "completed_at", name="scan_ended"),
            # Read by AuditQuerySet.
            models.Index("audit", "created_at", "id", name="scan_of_audit", condition=Q(audit__isnull=False)),
            # Read by ScanQuerySet.previous_of and the history route.
            models.Index("policy", "created_at", "id", name="scan_history", condition=Q(status=Status.COMPLETED)),
        ]

    def __str__(self) -> str:
        return self.audit_name or f"{self.policy} on {self.upload}"

    @property
    def open_audit_id(self) -> uuid.UUID | None:
        """The audit that a scan like this one may still join."""
        return self.audit_id if self.audit and self.audit.closed_at is None else None

    def score_at(self, at: datetime) -> Decimal | None:
        """As it stood then, after the newest step of its history; decisions taken later move it."""
        step = self.score_events.filter(at__lte=at).order_by("-sequence").first()
        return step.score if step else self.score

    @property
    def delta(self) -> dict[str, Any] | None:
        """The five documented keys; null without a previous scan."""
        if self.previous_scan_id is None:
            return None
        return {
            "new_count": self.new_count,
            "resolved_count": self.resolved_count,
            "unchanged_count": self.unchanged_count,
            "previous_scan_id": str(self.previous_scan_id),
            "previous_violation_count": self.previous_violation_count,
        }


class ScoreEvent(models.Model):
    """One step of a scan's score history, oldest first. Append-only (a trigger), and chained by hash.

    `hash` is SHA-256 over the previous event's hash (for the first: the scan's result digest) and this event's content.
    """

    scan = models.ForeignKey(ComplianceScan, models.PROTECT, related_name="score_events")
    sequence = models.PositiveIntegerField()
    score = models.DecimalField(max_digits=5, decimal_places=2)
    at = models.DateTimeField()
    action = models.CharField(max_length=20, choices=ScoreAction.choices)
    violation_id = models.UUIDField(null=True, blank=True)
    waiver_id = models.UUIDField(null=True, blank=True)
    actor = models.CharField(max_length=200)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["scan", "sequence"]
        constraints = [models.UniqueConstraint("scan", "sequence", name="a_score_history_has_each_step_once")]

    def __str__(self) -> str:
        return f"{self.action}: {self.score}"

    @property
    def content(self) -> StepContent:
        """What its hash covers beside the hash before, in the form compliance.chain reads."""
        return {
            "scan": str(self.scan_id),
            "sequence": self.sequence,
            "action": self.action,
            "score": f"{self.score:.2f}",
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": self.actor,
            "violation": str(self.violation_id) if self.violation_id else None,
            "waiver": str(self.waiver_id) if self.waiver_id else None,
        }

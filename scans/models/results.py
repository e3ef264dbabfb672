"""What scans found: findings of each scan, and the signals that stay the same from scan to scan."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.queries import GroupQuerySet
from prospecting.models import Company, Prospect
from scans.enums import OF_A_SIGNAL, SignalType, Verdict
from scans.models.scans import SignalScan
from scans.queries import FindingQuerySet
from web.identifiers import new_object_id


class Signal(models.Model):
    """One event at one company or of one prospect, wherever and whenever it was read (scans.matching.identity).

    `trace` is what tells whether a later document is of the same event; SignalKey holds the documents that were.
    `first_seen` and `last_seen` are the times of the completed scans that kept it; null until one has.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_object_id, editable=False)
    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+", db_index=False)
    company = models.ForeignKey(Company, models.CASCADE, null=True, blank=True, related_name="+", db_index=False)
    prospect = models.ForeignKey(Prospect, models.CASCADE, null=True, blank=True, related_name="+", db_index=False)
    type = models.CharField(max_length=20, choices=SignalType.choices)
    identity = models.CharField(max_length=32)
    trace = models.BinaryField()
    posted_at = models.DateTimeField(null=True, blank=True)
    first_seen = models.DateTimeField(null=True, blank=True)
    last_seen = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = GroupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("group", "identity", name="a_signal_has_an_identity_of_its_own"),
            models.CheckConstraint(condition=Q(type__in=SignalType.values), name="a_signal_has_a_known_type"),
            models.CheckConstraint(
                condition=Q(company__isnull=True, prospect__isnull=False)
                | Q(company__isnull=False, prospect__isnull=True),
                name="a_signal_is_of_a_company_or_of_a_prospect",
            ),
            models.CheckConstraint(
                condition=Q(first_seen__isnull=True, last_seen__isnull=True) | Q(first_seen__lte=F("last_seen")),
                name="a_signal_is_first_seen_before_it_is_last_seen",
            ),
        ]
        indexes = [
            # Read by "which earlier signals may this event be".
            models.Index("company", "posted_at", name="signals_of_a_company", condition=Q(company__isnull=False)),
            models.Index("prospect", "posted_at", name="signals_of_a_prospect", condition=Q(prospect__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()} {self.id}"


class SignalKey(models.Model):
    """A document that told of a signal, by scans.matching.identity.signal_key."""

    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=32)
    signal = models.ForeignKey(Signal, models.CASCADE, related_name="keys")

    class Meta:
        constraints = [models.UniqueConstraint("group", "key", name="a_document_tells_of_one_signal")]

    def __str__(self) -> str:
        return self.key


class Finding(models.Model):
    """A document that matched, in one scan, and what became of it.

    It belongs to a company or to a prospect. `item` is the index of the specification's item that matched best;
    `sources` are the addresses at which the event was seen; `extra` what its type adds (jobUrl, totalLikes, ...), as
    partners read it. A kept finding is a signal's showing in this scan; its duplicates name the same signal.
    """

    scan = models.ForeignKey(SignalScan, models.CASCADE, related_name="findings", db_index=False)
    company = models.ForeignKey(Company, models.CASCADE, null=True, blank=True, related_name="+", db_index=False)
    prospect = models.ForeignKey(Prospect, models.CASCADE, null=True, blank=True, related_name="+", db_index=False)
    type = models.CharField(max_length=20, choices=SignalType.choices)
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    item = models.PositiveSmallIntegerField()
    score = models.PositiveSmallIntegerField()
    reasoning = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    title = models.TextField(blank=True)
    posted_at = models.DateTimeField(null=True, blank=True)
    company_name = models.CharField(max_length=300, blank=True)
    sources = models.JSONField(default=list)
    extra = models.JSONField(default=dict, blank=True)
    signal = models.ForeignKey(
        Signal, models.CASCADE, null=True, blank=True, related_name="findings", db_index=False
    )  # fmt: skip

    objects = FindingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(company__isnull=True, prospect__isnull=False)
                | Q(company__isnull=False, prospect__isnull=True),
                name="a_finding_is_of_a_company_or_of_a_prospect",
            ),
            models.CheckConstraint(
                condition=Q(type__in=SignalType.values, verdict__in=Verdict.values),
                name="a_finding_has_a_known_type_and_verdict",
            ),
            models.CheckConstraint(condition=Q(score__lte=100), name="a_finding_scores_at_most_100"),
            models.CheckConstraint(
                condition=Q(verdict__in=OF_A_SIGNAL, signal__isnull=False)
                | (~Q(verdict__in=OF_A_SIGNAL) & Q(signal__isnull=True)),
                name="a_finding_has_a_signal_exactly_when_kept_or_folded_into_one",
            ),
        ]
        indexes = [
            # Read by the list of a scan's results, and by the admin for each verdict.
            models.Index("scan", "verdict", "id", name="findings_by_verdict"),
            # Read by the signals of a prospect.
            models.Index("company", "scan", name="findings_of_a_company", condition=Q(company__isnull=False)),
            models.Index("prospect", "scan", name="findings_of_a_prospect", condition=Q(prospect__isnull=False)),
            models.Index("signal", name="showings_of_a_signal", condition=Q(signal__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.get_type_display()} {self.pk}"

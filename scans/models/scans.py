"""Signal scans."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q, Value

from jobs.enums import LIVE, Status
from jobs.models import Job
from prospecting.models import Audience
from scans.enums import ScanType
from scans.models.monitors import Monitor
from scans.models.specifications import SignalSpecification
from scans.queries import SignalScanQuerySet
from web.identifiers import new_object_id


class SignalScan(Job):
    """A look for recent events at the companies of an audience's prospects.

    `items` is the copy of the specification it started with, `scale` that of the half-lives and weights that were set
    (the fields of scans.matching.score.Scale); `prospect_ids` the subset asked for, null: all. The ids
    of specification and audience stay when these are deleted. Ages are measured at `created_at`.

    The counts follow from the rows of its subjects (scans.models.subjects), which stay when a worker is lost: the next
    attempt goes on where the last one stopped. Until `drawn_up`, when these rows are made, `prospects_total` is what
    the audience said at the start.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_object_id, editable=False)
    type = models.CharField(max_length=12, choices=ScanType.choices, default=ScanType.PROSPECTING)
    specification = models.ForeignKey(SignalSpecification, models.DO_NOTHING, db_constraint=False, related_name="scans")
    audience = models.ForeignKey(Audience, models.DO_NOTHING, db_constraint=False, related_name="scans")
    items = models.JSONField(default=list)
    scale = models.JSONField(default=dict, db_default=Value({}, models.JSONField()))
    prospect_ids = models.JSONField(null=True, blank=True)
    test = models.BooleanField(default=False, help_text="Asked for with a test key: providers are the sandbox.")
    monitor = models.ForeignKey(Monitor, models.SET_NULL, null=True, blank=True, related_name="scans")
    drawn_up = models.BooleanField(default=False, help_text="What it looks at is written down.")
    prospects_total = models.PositiveIntegerField(default=0)
    prospects_evaluated = models.PositiveIntegerField(default=0)
    prospects_failed = models.PositiveIntegerField(default=0, help_text="All their sources failed.")
    kept = models.PositiveIntegerField(default=0)
    duplicate = models.PositiveIntegerField(default=0)
    below_score = models.PositiveIntegerField(default=0)
    stale = models.PositiveIntegerField(default=0)
    excluded = models.PositiveIntegerField(default=0)
    findings_deleted_at = models.DateTimeField(
        null=True, blank=True, help_text="From then on only what still shows of prospects is left of what it found."
    )

    objects: ClassVar[Any] = SignalScanQuerySet.as_manager()

    class Meta(Job.Meta):
        constraints = [
            *Job.Meta.constraints,
            models.CheckConstraint(condition=Q(type__in=ScanType.values), name="a_signal_scan_has_a_known_type"),
            models.CheckConstraint(
                condition=Q(prospects_total__gte=F("prospects_evaluated") + F("prospects_failed")),
                name="a_signal_scan_looks_at_no_more_prospects_than_it_has",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.COMPLETED)
                | Q(prospects_total=F("prospects_evaluated") + F("prospects_failed")),
                name="a_completed_signal_scan_leaves_no_prospect",
            ),
            models.CheckConstraint(
                condition=Q(findings_deleted_at__isnull=True) | Q(status=Status.COMPLETED),
                name="a_signal_scan_keeps_its_findings_until_it_is_completed",
            ),
            models.UniqueConstraint("monitor", condition=Q(status__in=LIVE), name="a_monitor_has_one_live_scan"),
            models.CheckConstraint(
                condition=Q(monitor__isnull=True) | Q(type=ScanType.MONITORING),
                name="a_scan_of_a_monitor_says_so",
            ),
        ]
        indexes = [
            *Job.Meta.indexes,
            models.Index(fields=["group", "-created_at", "-id"], name="signalscan_newest_first"),
            # Read by "may this specification (audience) be deleted".
            models.Index(fields=["specification"], name="specification_in_use", condition=Q(status__in=LIVE)),
            models.Index(fields=["audience"], name="audience_scanned", condition=Q(status__in=LIVE)),
        ]

    def __str__(self) -> str:
        return f"Signal scan {self.id}"

    @property
    def found(self) -> int:
        """Documents that matched, whatever became of them."""
        return self.kept + self.duplicate + self.below_score + self.stale + self.excluded

    @property
    def prospects_remaining(self) -> int:
        return self.prospects_total - self.prospects_evaluated - self.prospects_failed

    @property
    def types(self) -> frozenset[str]:
        """The types of signal it looks for."""
        return frozenset(item["source"] for item in self.items)

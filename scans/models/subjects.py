"""What one scan looks at, and how far it is with each: the rows a lost worker's successor goes on from."""

from __future__ import annotations

from django.db import models
from django.db.models import Q, Value

from prospecting.models import Company, Prospect
from scans.enums import SubjectState
from scans.models.scans import SignalScan


class Subject(models.Model):
    """Its counts are of its own findings, by verdict; `faults` names the sources that could not be read, for staff:
    [{"source", "code", "message"}].
    """

    state = models.CharField(max_length=10, choices=SubjectState.choices, default=SubjectState.WAITING)
    documents = models.PositiveIntegerField(default=0, db_default=0, help_text="Looked at, matching or not.")
    kept = models.PositiveIntegerField(default=0, db_default=0)
    duplicate = models.PositiveIntegerField(default=0, db_default=0)
    below_score = models.PositiveIntegerField(default=0, db_default=0)
    stale = models.PositiveIntegerField(default=0, db_default=0)
    excluded = models.PositiveIntegerField(default=0, db_default=0)
    faults = models.JSONField(default=list, db_default=Value([], models.JSONField()), blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=SubjectState.values), name="%(app_label)s_%(class)s_has_a_known_state"
            ),
            models.CheckConstraint(
                condition=Q(state=SubjectState.EVALUATED)
                | Q(documents=0, kept=0, duplicate=0, below_score=0, stale=0, excluded=0),
                name="%(app_label)s_%(class)s_finds_nothing_unless_evaluated",
            ),
        ]


class ScanCompany(Subject):
    """A company at which prospects of the scan work. Its sources are read once, however many they are."""

    scan = models.ForeignKey(SignalScan, models.CASCADE, related_name="companies", db_index=False)
    company = models.ForeignKey(Company, models.CASCADE, related_name="+")

    class Meta(Subject.Meta):
        constraints = [
            *Subject.Meta.constraints,
            models.UniqueConstraint("scan", "company", name="a_company_is_in_a_scan_once"),
        ]
        indexes = [
            # Read by the worker.
            models.Index("scan", "id", name="companies_to_look_at", condition=Q(state=SubjectState.WAITING)),
        ]

    def __str__(self) -> str:
        return f"{self.company_id} in {self.scan_id}"


class ScanProspect(Subject):
    """A prospect of the scan, and where they worked when it began. The state is of their own sources alone.

    Two that turn out to be one person keep their rows, both of that person (scans.same_person).
    """

    scan = models.ForeignKey(SignalScan, models.CASCADE, related_name="prospects", db_index=False)
    prospect = models.ForeignKey(Prospect, models.CASCADE, related_name="+", db_index=False)
    company = models.ForeignKey(Company, models.SET_NULL, null=True, related_name="+")

    class Meta(Subject.Meta):
        constraints = [
            *Subject.Meta.constraints,
            models.UniqueConstraint(
                "scan", "prospect", condition=Q(state=SubjectState.WAITING), name="a_prospect_waits_in_a_scan_once"
            ),
        ]
        indexes = [
            # Read by the worker.
            models.Index("scan", "id", name="prospects_to_look_at", condition=Q(state=SubjectState.WAITING)),
            # Read by "whom does a finding of a company show for".
            models.Index("scan", "company", "id", name="scanned_at_company"),
            # Read by "which scans looked at this prospect".
            models.Index("prospect", "scan", name="scans_of_a_prospect"),
        ]

    def __str__(self) -> str:
        return f"{self.prospect_id} in {self.scan_id}"

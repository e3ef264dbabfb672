"""Prospecting jobs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q

from jobs.enums import Status
from jobs.models import Job
from prospecting.checkpoint import Checkpoint
from prospecting.enums import JobSource
from prospecting.models.audiences import Audience
from prospecting.models.prospects import Prospect
from prospecting.queries import ProspectingJobQuerySet
from prospecting.stages import Counts, Stages
from web.identifiers import new_object_id

_IMPORTED = F("import_done") + F("import_failed") + F("import_skipped")
_ENRICHED = F("enrichment_done") + F("enrichment_failed") + F("enrichment_skipped")


class ProspectingJob(Job):
    """People brought in (stage import) and filled up (stage enrichment).

    `params` holds what the source needs: {"urls"}, {"records"}, {"file_id", "mapping"}, {"search_url"}, ...
    Of each stage: total (null until known), done, failed and skipped inputs, which follow `checkpoint`. The audience
    keeps its id here when it is deleted.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_object_id, editable=False)
    source = models.CharField(max_length=20, choices=JobSource.choices)
    params = models.JSONField(default=dict)
    audience = models.ForeignKey(Audience, models.DO_NOTHING, db_constraint=False, related_name="jobs")
    max_results = models.PositiveIntegerField(null=True, blank=True)
    search_emails = models.BooleanField(default=False)
    test = models.BooleanField(default=False, help_text="Asked for with a test key: providers are the sandbox.")
    import_total = models.PositiveIntegerField(null=True, blank=True)
    import_done = models.PositiveIntegerField(default=0, help_text="Prospects newly imported.")
    import_failed = models.PositiveIntegerField(default=0, help_text="Rows set aside with a reason.")
    import_skipped = models.PositiveIntegerField(default=0, help_text="Duplicates, suppressed, without consent.")
    enrichment_total = models.PositiveIntegerField(null=True, blank=True, help_text="Fixed when the import ends.")
    enrichment_done = models.PositiveIntegerField(default=0)
    enrichment_failed = models.PositiveIntegerField(default=0)
    enrichment_skipped = models.PositiveIntegerField(default=0)
    emails_found = models.PositiveIntegerField(default=0, help_text="Of prospects newly imported.")
    checkpoint = models.JSONField(default=dict, blank=True, help_text="Where it goes on after a lost worker.")
    credits_reserved = models.PositiveIntegerField(default=0)
    credits_spent = models.PositiveIntegerField(default=0)

    objects: ClassVar[Any] = ProspectingJobQuerySet.as_manager()

    class Meta(Job.Meta):
        constraints = [
            *Job.Meta.constraints,
            models.CheckConstraint(condition=Q(source__in=JobSource.values), name="a_prospecting_job_has_a_source"),
            models.CheckConstraint(
                condition=Q(import_total__isnull=True) | Q(import_total__gte=_IMPORTED),
                name="a_prospecting_job_imports_no_more_than_its_total",
            ),
            models.CheckConstraint(
                condition=Q(enrichment_total__isnull=False, import_total=_IMPORTED, enrichment_total__gte=_ENRICHED)
                | Q(
                    enrichment_total__isnull=True,
                    enrichment_done=0,
                    enrichment_failed=0,
                    enrichment_skipped=0,
                    emails_found=0,
                ),
                name="a_prospecting_job_enriches_after_its_import",
            ),  # fmt: skip
            models.CheckConstraint(
                condition=~Q(status=Status.COMPLETED)
                | Q(enrichment_total__isnull=False, enrichment_total=_ENRICHED, import_total=_IMPORTED),
                name="a_completed_prospecting_job_has_consumed_everything",
            ),
            models.CheckConstraint(
                condition=Q(credits_spent=F("import_done") + F("emails_found")),
                name="a_prospecting_job_pays_for_new_people_and_found_emails",
            ),
            models.CheckConstraint(
                condition=Q(credits_spent__lte=F("credits_reserved")),
                name="a_prospecting_job_spends_no_more_than_it_reserved",
            ),
            models.CheckConstraint(
                condition=Q(search_emails=True) | Q(emails_found=0),
                name="a_prospecting_job_finds_emails_only_when_asked",
            ),
        ]
        indexes = [
            *Job.Meta.indexes,
            models.Index(fields=["group", "-created_at", "-id"], name="prospecting_newest_first"),
            # Read by "which audiences are being filled".
            models.Index(
                fields=["audience"], name="prospecting_filling", condition=Q(status__in=["queued", "running"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()} {self.id}"

    @property
    def stages(self) -> Stages:
        """As partners see them."""
        import_ = Counts(
            self.import_total, self.import_done, self.import_failed, self.import_skipped, expected=self.max_results
        )
        enrichment = Counts(
            self.enrichment_total, self.enrichment_done, self.enrichment_failed, self.enrichment_skipped
        )
        return Stages.of(Status(self.status), import_, enrichment)

    def columns_at(self, place: Checkpoint) -> dict[str, Any]:
        """What the columns that partners see must be when the job stands there."""
        return place.public(expected=self.max_results)


class JobProspect(models.Model):
    """A prospect that a job brought into its audience: what its enrichment works through, in the order of ids."""

    job = models.ForeignKey(ProspectingJob, models.CASCADE, db_index=False, related_name="brought")
    prospect = models.ForeignKey(Prospect, models.CASCADE, db_index=False, related_name="+")
    is_new = models.BooleanField(help_text="The group did not know this person before.")
    enrichment_failed = models.BooleanField(db_default=False, default=False, help_text="Some step of it failed.")

    class Meta:
        constraints = [models.UniqueConstraint("job", "prospect", name="a_job_brings_a_prospect_once")]
        indexes = [models.Index(fields=["prospect"], name="jobs_that_brought_prospect")]

    def __str__(self) -> str:
        return f"{self.prospect_id} by {self.job_id}"

"""What importing people needs and leaves: files, rows that failed, pairs that staff must judge."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.queries import GroupQuerySet
from prospecting.enums import LeadFileKind, MergeReason, MergeStatus
from prospecting.models.jobs import ProspectingJob
from prospecting.models.prospects import Prospect
from web.identifiers import new_object_id


class LeadFile(models.Model):
    """A received file of leads. The row stays when its content is deleted: failed rows show its headers."""

    id = models.CharField(primary_key=True, max_length=24, default=new_object_id, editable=False)
    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    name = models.CharField(max_length=255, help_text="The file's name as it was sent.")
    kind = models.CharField(max_length=4, choices=LeadFileKind.choices)
    encoding = models.CharField(max_length=20, blank=True, help_text="Of a CSV file, as found.")
    sha256 = models.CharField(max_length=64, help_text="Of the bytes received.")
    size = models.BigIntegerField(help_text="Bytes received.")
    row_count = models.PositiveIntegerField(help_text="Rows below the header, those that cannot be read included.")
    headers = models.JSONField(default=list)
    suggested_mapping = models.JSONField(default=dict, blank=True, help_text="{header: field}")
    content = models.CharField(max_length=300, blank=True, help_text="Storage name of the bytes received.")
    created_at = models.DateTimeField(db_default=Now())
    created_by_key = models.ForeignKey("accounts.ApiKey", models.SET_NULL, null=True, blank=True, related_name="+")
    created_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="When its content was deleted.")

    objects = GroupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=LeadFileKind.values), name="a_lead_file_has_a_known_kind"),
            models.CheckConstraint(
                condition=(Q(content="") & Q(deleted_at__isnull=False)) | (~Q(content="") & Q(deleted_at__isnull=True)),
                name="a_lead_file_has_content_until_it_is_deleted",
            ),
        ]
        indexes = [
            # Read by the deletion of old files.
            models.Index("created_at", name="lead_files_with_content", condition=~Q(content="")),
        ]

    def __str__(self) -> str:
        return self.name


class RowError(models.Model):
    """A value, or a whole row (`lost`), that an import could not take. `raw`: {header: value} as sent."""

    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    job = models.ForeignKey(ProspectingJob, models.CASCADE, related_name="row_errors")
    line = models.PositiveIntegerField(help_text="The row of the file, or the place in the list, from 1.")
    field = models.CharField(max_length=60, blank=True, help_text="Empty: the row as a whole.")
    reason = models.CharField(max_length=500)
    lost = models.BooleanField(help_text="The row was not imported; else only this value was left out.")
    raw = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    objects = GroupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("job", "line", "field", name="a_value_of_a_row_fails_once_in_its_job"),
            models.CheckConstraint(condition=~Q(reason=""), name="a_row_error_has_a_reason"),
        ]
        # Read by the deletion of old ones: they hold what was sent of people.
        indexes = [models.Index("created_at", name="row_errors_by_age")]

    def __str__(self) -> str:
        return f"line {self.line}, {self.field or 'row'}: {self.reason}"


class KnownAs(models.Model):
    """A further identity of a prospect: a second address, or what a merged row was known by.

    `value`: an e-mail address, a public identifier, or the company's id and the folded name, parted by `|`.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        PROFILE = "profile", "Profile"
        NAME = "name", "Name at a company"

    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    prospect = models.ForeignKey(Prospect, models.CASCADE, related_name="known_as")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    value = models.CharField(max_length=430)

    objects = GroupQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "known as"
        constraints = [
            models.UniqueConstraint("group", "kind", "value", name="a_further_identity_names_one_person"),
            models.CheckConstraint(condition=~Q(value=""), name="a_further_identity_is_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class MergeCandidate(models.Model):
    """Two prospects that may be one person. Staff decide; the pair is asked about once.

    `prospect` has the smaller id. When they are merged the candidate goes with the row that goes.
    """

    id = models.CharField(primary_key=True, max_length=24, default=new_object_id, editable=False)
    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    prospect = models.ForeignKey(Prospect, models.CASCADE, related_name="+")
    other = models.ForeignKey(Prospect, models.CASCADE, related_name="+")
    reason = models.CharField(max_length=20, choices=MergeReason.choices)
    score = models.PositiveSmallIntegerField(help_text="How alike the names are, 0 to 100.")
    status = models.CharField(max_length=10, choices=MergeStatus.choices, default=MergeStatus.OPEN)
    job_id = models.CharField(max_length=24, blank=True, help_text="The import that found it.")
    line = models.PositiveIntegerField(default=0, help_text="The row that named both, or the later of the two.")
    created_at = models.DateTimeField(db_default=Now())
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=200, blank=True)

    objects = GroupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("prospect", "other", name="a_pair_is_asked_about_once"),
            models.CheckConstraint(condition=Q(prospect__lt=F("other")), name="a_pair_has_one_order"),
            models.CheckConstraint(condition=Q(score__lte=100), name="a_likeness_is_at_most_100"),
            models.CheckConstraint(condition=Q(reason__in=MergeReason.values), name="a_pair_has_a_known_reason"),
            models.CheckConstraint(
                condition=Q(status=MergeStatus.OPEN, decided_at__isnull=True, decided_by="")
                | (Q(status=MergeStatus.KEPT_APART, decided_at__isnull=False) & ~Q(decided_by="")),
                name="a_decided_pair_says_when_and_by_whom",
            ),
        ]
        indexes = [models.Index(fields=["group", "status", "-created_at"], name="merge_queue")]

    def __str__(self) -> str:
        return f"{self.prospect} / {self.other}"

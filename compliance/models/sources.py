"""Data sources: where files of records are pulled from, and each time one was."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.enums import SourceKind
from compliance.models.uploads import Upload
from compliance.queries import SourceQuerySet
from jobs.enums import Status
from jobs.models import Job
from jobs.queries import JobQuerySet
from web.sealed import SecretField


class Source(models.Model):
    """A place files come from. `config` is checked by compliance.sources; the secret opens the place."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=SourceKind.choices)
    config = models.JSONField(help_text="Where the records are; what it holds depends on the kind.")
    secret = SecretField(help_text="Password or header, sealed; it is never shown again.")
    mapping_config = models.JSONField(
        default=dict, blank=True, help_text="{field: column}, confirmed on every file. Empty: as suggested."
    )
    temporal_scale = models.CharField(max_length=20, blank=True, help_text="Of `step`; empty: as found in the file.")
    created_at = models.DateTimeField(db_default=Now())
    created_by_key = models.ForeignKey("accounts.ApiKey", models.SET_NULL, null=True, blank=True, related_name="+")
    created_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = SourceQuerySet.as_manager()

    class Meta:
        verbose_name = "data source"
        permissions = [("import_source", "Can import from a data source")]
        constraints = [
            models.UniqueConstraint(
                "group", "name", condition=Q(deleted_at__isnull=True), name="a_group_has_one_source_of_a_name"
            ),
            models.CheckConstraint(condition=Q(kind__in=SourceKind.values), name="a_source_has_a_known_kind"),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True) | Q(secret=""), name="a_deleted_source_keeps_no_secret"
            ),
        ]
        indexes = [models.Index("group", "created_at", "id", name="source_list")]

    def __str__(self) -> str:
        return self.name


class SourceImport(Job):
    """One pull from a source: a worker fetches the file and receives it as any other upload."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.ForeignKey(Source, models.PROTECT, related_name="imports")
    upload = models.ForeignKey(Upload, models.PROTECT, null=True, blank=True, related_name="+")

    objects: ClassVar[Any] = JobQuerySet.as_manager()

    class Meta(Job.Meta):
        verbose_name = "import"
        constraints = [
            *Job.Meta.constraints,
            models.CheckConstraint(
                condition=Q(status=Status.COMPLETED, upload__isnull=False)
                | (~Q(status=Status.COMPLETED) & Q(upload__isnull=True)),
                name="an_import_has_an_upload_exactly_when_completed",
            ),
        ]
        indexes = [*Job.Meta.indexes, models.Index("source", "created_at", "id", name="import_list")]

    def __str__(self) -> str:
        return f"import from {self.source}"

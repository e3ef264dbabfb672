"""Uploaded files of records and how their columns are named in rules."""

from __future__ import annotations

import uuid
from collections.abc import Mapping as Mapping_
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.columns import Column
from compliance.enums import UploadStatus
from compliance.queries import UploadQuerySet
from compliance.uploads.mapping import columns_read_as
from compliance.uploads.profile import Profile
from jobs.models import Job


class Upload(models.Model):
    """One received file: the bytes as they came, the records read from it (Parquet) and what is known of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.ForeignKey("accounts.AccountGroup", models.PROTECT, related_name="+")
    name = models.CharField(max_length=255, help_text="The file's name as it was sent.")
    status = models.CharField(max_length=10, choices=UploadStatus.choices, default=UploadStatus.READY)
    sha256 = models.CharField(max_length=64, help_text="Of the bytes received.")
    size = models.BigIntegerField(help_text="Bytes received.")
    row_count = models.BigIntegerField(default=0, help_text="Records read.")
    rejected_rows = models.BigIntegerField(default=0, help_text="Rows set aside, each with line number and reason.")
    profile = models.JSONField(default=dict, blank=True, help_text="Columns, encoding, warnings, suggested mapping.")
    sample_rows = models.JSONField(default=list, help_text="The first five records.")
    original = models.CharField(max_length=300, help_text="Storage name of the bytes received.", blank=True)
    records = models.CharField(max_length=300, help_text="Storage name of the Parquet file.", blank=True)
    rejects = models.CharField(max_length=300, help_text="Storage name of the rejected rows.", blank=True)
    created_at = models.DateTimeField(db_default=Now())
    created_by_key = models.ForeignKey("accounts.ApiKey", models.SET_NULL, null=True, blank=True, related_name="+")
    created_by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True, help_text="Why it could not be read.")

    objects = UploadQuerySet.as_manager()

    class Meta:
        indexes = [models.Index("group", "created_at", "id", name="upload_list")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=(UploadStatus.FAILED, UploadStatus.DELETED), original="", records="", rejects="")
                | (Q(status=UploadStatus.PROCESSING, records="", rejects="") & ~Q(original=""))
                | (Q(status=UploadStatus.READY) & ~Q(records="") & ~Q(original="")),
                name="an_upload_has_content_until_it_is_deleted",
            ),
            models.CheckConstraint(
                condition=Q(status=UploadStatus.DELETED, deleted_at__isnull=False)
                | (~Q(status=UploadStatus.DELETED) & Q(deleted_at__isnull=True)),
                name="an_upload_has_a_time_of_deletion_exactly_when_deleted",
            ),
            models.CheckConstraint(
                condition=(Q(status=UploadStatus.FAILED) & ~Q(failure=""))
                | Q(status=UploadStatus.DELETED)
                | Q(status__in=(UploadStatus.PROCESSING, UploadStatus.READY), failure=""),
                name="an_upload_that_failed_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=(UploadStatus.PROCESSING, UploadStatus.FAILED)) | Q(row_count=0, profile={}),
                name="nothing_is_known_of_an_upload_that_was_not_read",
            ),
            models.CheckConstraint(
                condition=Q(row_count__gte=0, rejected_rows__gte=0), name="upload_counts_are_counts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.row_count:,} records)"

    def facts(self) -> Profile:
        """The profile as its type; only of an upload that has been read."""
        return Profile.from_dict(self.profile)

    def columns(self, overrides: Mapping_[str, Any]) -> tuple[Column, ...]:
        """Its columns as rules see them under the overrides of a mapping. MappingRefused if they are none of these."""
        return columns_read_as(self.facts().columns, overrides)


class UploadReading(Job):
    """The reading of one large upload, outside its request."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    upload = models.OneToOneField(Upload, models.PROTECT, related_name="reading")

    class Meta(Job.Meta):
        pass

    def __str__(self) -> str:
        return f"reading of {self.upload.name}"


class Mapping(models.Model):
    """`{field: column}` of one upload, confirmed; never changed afterwards.

    `overrides` is {column: {"decimal_mark": "." or ",", "day_first": bool}} for columns that read in two ways.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    upload = models.ForeignKey(Upload, models.PROTECT, related_name="mappings")
    config = models.JSONField()
    overrides = models.JSONField(default=dict, blank=True)
    ready_to_scan = models.BooleanField(
        default=False, help_text="Every mapped column has values that read as its field."
    )
    temporal_scale = models.CharField(max_length=20, default="hourly")
    created_at = models.DateTimeField(db_default=Now())

    objects = models.Manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return ", ".join(f"{field}={column}" for field, column in self.config.items())

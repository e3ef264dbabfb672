"""Exports that a worker makes: one file each, kept for a while."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from compliance.enums import ExportFormat
from compliance.models.scans import ComplianceScan
from compliance.queries import ExportQuerySet
from jobs.enums import Status
from jobs.models import Job


class Export(Job):
    """A file about one scan as it stood at `scan_version`. The row stays when the file is removed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scan = models.ForeignKey(ComplianceScan, models.PROTECT, related_name="exports")
    format = models.CharField(max_length=10, choices=ExportFormat.choices)
    include_input = models.BooleanField(default=False, help_text="Bundles: with the file that was uploaded.")
    scan_version = models.PositiveIntegerField(help_text="Version of the scan that the file shows.")
    file = models.CharField(max_length=300, blank=True, help_text="Storage name.")
    size = models.BigIntegerField(null=True, blank=True, help_text="Bytes.")
    sha256 = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="When the file is removed.")
    removed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = ExportQuerySet.as_manager()

    class Meta(Job.Meta):
        constraints = [
            *Job.Meta.constraints,
            models.CheckConstraint(
                condition=(
                    Q(status=Status.COMPLETED, size__gte=0, expires_at__isnull=False)
                    & ~Q(sha256="")
                    & (Q(removed_at__isnull=True) & ~Q(file="") | Q(removed_at__isnull=False, file=""))
                )
                | (
                    ~Q(status=Status.COMPLETED)
                    & Q(size__isnull=True, expires_at__isnull=True, removed_at__isnull=True, sha256="", file="")
                ),
                name="a_completed_export_has_a_file_until_it_is_removed",
            ),
            models.CheckConstraint(
                condition=Q(include_input=False) | Q(format=ExportFormat.BUNDLE), name="only_a_bundle_holds_the_input"
            ),
        ]
        indexes = [
            *Job.Meta.indexes,
            models.Index("group", "created_at", "id", name="export_list"),
            # Read by ExportQuerySet.same_as and by a scan's page.
            models.Index("scan", "format", "created_at", name="export_of_scan"),
            # Read by ExportQuerySet.expired.
            models.Index("expires_at", name="export_expiry", condition=Q(removed_at=None, expires_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_format_display()} of {self.scan}"

    @property
    def file_name(self) -> str:
        """What a download is called."""
        suffix = {ExportFormat.OSCAL: "oscal.json", ExportFormat.BUNDLE: "zip"}
        return f"scan-{self.scan_id}.{suffix.get(ExportFormat(self.format), self.format)}"

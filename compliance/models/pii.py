"""What was found when an upload's columns were looked through for personal data."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Now

from compliance.models.uploads import Upload


class PiiCheck(models.Model):
    """Made once an upload, when first asked for; goes with the upload's content. Holds masked values only."""

    upload = models.OneToOneField(Upload, models.CASCADE, primary_key=True, related_name="pii_check")
    columns = models.JSONField(help_text="Per column how many values were looked at and what was found, masked.")
    created_at = models.DateTimeField(db_default=Now())

    objects = models.Manager()

    def __str__(self) -> str:
        return ", ".join(self.kinds) or "no personal data found"

    @property
    def kinds(self) -> list[str]:
        """Every kind found in any column, in the order of the alphabet."""
        return sorted({found["kind"] for column in self.columns for found in column["found"]})

    @property
    def concerned(self) -> list[dict[str, Any]]:
        """The columns in which something was found."""
        return [column for column in self.columns if column["found"]]

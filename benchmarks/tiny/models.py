from __future__ import annotations

from django.db import models

from jobs.models import Job


class TinyJob(Job):
    """Does nothing."""


class TinyRow(models.Model):
    """What the smallest task updates."""

    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.pk)

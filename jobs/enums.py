"""The states of a job, with their groups."""

from django.db import models


class Status(models.TextChoices):
    QUEUED = "queued"  # the row exists; a worker will claim it
    RUNNING = "running"  # one worker holds its lease
    COMPLETED = "completed"  # results are visible
    FAILED = "failed"  # it has an error code and message
    CANCELLED = "cancelled"  # somebody wished so


LIVE = (Status.QUEUED, Status.RUNNING)
FINAL = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)
WITHOUT_RESULTS = (Status.FAILED, Status.CANCELLED)

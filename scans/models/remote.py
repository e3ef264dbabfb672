"""Scans for posts and comments that a provider runs for a signal scan of ours."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from scans.enums import RemoteStatus
from scans.models.scans import SignalScan


class RemoteScan(models.Model):
    """`number` counts those of one scan from 0: each looks at some of its people."""

    scan = models.ForeignKey(SignalScan, models.CASCADE, related_name="remote_scans")
    number = models.PositiveIntegerField()
    provider = models.CharField(max_length=40)
    external_id = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=RemoteStatus.choices, default=RemoteStatus.RUNNING)
    started_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint("scan", "number", name="a_remote_scan_has_a_number_of_its_own"),
            models.CheckConstraint(condition=Q(status__in=RemoteStatus.values), name="a_remote_scan_has_a_status"),
            models.CheckConstraint(condition=~Q(external_id=""), name="a_remote_scan_has_an_id_at_its_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.external_id}"

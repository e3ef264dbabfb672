"""What scans found long ago goes, except where it still is the newest that is known of a prospect (scans.newest).

The scans stay with their counts, and so do signals with their identity and dates. Every step is a transaction of its
own, so a run that was interrupted is made good by the next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from accounts.models import AccountGroup
from accounts.requester import Requester
from scans.models import ScanCompany, ScanProspect, SignalScan
from scans.newest import people_shown_by

AT_ONCE = 5_000  # rows deleted in one transaction


@dataclass(frozen=True)
class Due:
    """A scan of which rows go: `findings`, and `subjects` (companies and prospects it looked at)."""

    scan: SignalScan
    findings: int
    subjects: int


def due(group: AccountGroup) -> Iterator[Due]:
    """Exactly what `apply` would delete now, oldest first."""
    with_rows = Q()
    for model in (ScanProspect, ScanCompany):
        with_rows |= Q(Exists(model.objects.filter(scan=OuterRef("pk"))))
    old = SignalScan.objects.for_group(group).past(settings.SIGNAL_FINDING_DAYS).filter(with_rows)
    for scan in old.order_by("completed_at", "pk"):
        findings, *subjects = (rows.count() for rows in _outdated(scan))
        if findings or any(subjects):
            yield Due(scan, findings, sum(subjects))


def apply(group: AccountGroup, *, by: Requester) -> list[Due]:
    """Delete what is due; returns what was deleted."""
    gone = []
    for each in due(group):
        _say_so(each.scan, by)
        for rows in _outdated(each.scan):
            _delete(rows)
        gone.append(each)
    return gone


def apply_everywhere() -> None:
    """Delete what is due of every account group."""
    for group in AccountGroup.objects.order_by("pk"):
        apply(group, by=Requester.command("retention", group))


def _outdated(scan: SignalScan) -> tuple[QuerySet[Any], ...]:
    """Findings, prospects and companies of the scan that show for nobody; to be deleted in this order, as the rows
    that tell what shows go last.
    """
    shown = ScanProspect.objects.filter(scan=scan, prospect__in=people_shown_by(scan))
    at_theirs = shown.filter(company=OuterRef("company"))
    of_theirs = shown.filter(Q(company=OuterRef("company")) | Q(prospect=OuterRef("prospect")))
    people = shown.values("prospect")
    return (
        scan.findings.filter(~Exists(of_theirs)),
        scan.prospects.exclude(prospect__in=people),
        scan.companies.filter(~Exists(at_theirs)),
    )


def _say_so(scan: SignalScan, by: Requester) -> None:
    """Before anything goes, so that nobody reads half of a scan's results."""
    with transaction.atomic():
        rows = SignalScan.objects.filter(pk=scan.pk, findings_deleted_at=None)
        if rows.update(findings_deleted_at=Now(), version=F("version") + 1, updated_at=Now()):
            by.audit("signal_scan.findings_deleted", scan)


def _delete(rows: QuerySet[Any]) -> None:
    last = 0
    while some := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        rows.model._base_manager.filter(pk__in=some).delete()
        last = some[-1]

"""Which scans' findings show for a prospect: the newest completed one by each specification that could read anything
of theirs. One in which all their sources failed tells nothing of them.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from jobs.enums import Status
from scans.enums import SubjectState
from scans.models import ScanCompany, ScanProspect, SignalScan


def places_of(prospect_id: str) -> list[tuple[str, str, str | None]]:
    """Each (scan, prospect, company worked at) that shows for a prospect."""
    rows = _telling().filter(prospect=prospect_id)
    newest = rows.order_by("scan__specification_id", "-scan__created_at", "-scan_id").distinct("scan__specification_id")
    theirs = ScanProspect.objects.filter(prospect=prospect_id, scan__in=newest.values("scan"))
    return list(theirs.values_list("scan_id", "prospect_id", "company_id"))


def people_shown_by(scan: SignalScan) -> list[str]:
    """The ids of the prospects for whom a completed scan shows; fewer with time, never more."""
    later = Q(scan__created_at__gt=scan.created_at) | Q(scan__created_at=scan.created_at, scan_id__gt=scan.pk)
    newer = _telling().filter(later, prospect=OuterRef("prospect"), scan__specification_id=scan.specification_id)
    rows = _telling().filter(~Exists(newer), scan=scan)
    return list(rows.order_by().values_list("prospect_id", flat=True).distinct())


def _telling() -> QuerySet[ScanProspect]:
    at_company = ScanCompany.objects.filter(scan=OuterRef("scan"), company=OuterRef("company"))
    states: dict[str, Any] = {
        "own": F("state"),
        "theirs": Coalesce(Subquery(at_company.values("state")), Value(SubjectState.NO_SOURCE)),
    }
    read = Q(own=SubjectState.EVALUATED) | Q(theirs=SubjectState.EVALUATED)
    failed = Q(own=SubjectState.FAILED) | Q(theirs=SubjectState.FAILED)
    rows = ScanProspect.objects.filter(scan__status=Status.COMPLETED)
    return rows.annotate(**states).filter(read | ~failed)

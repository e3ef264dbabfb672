"""Which scans' findings show for a prospect: the newest completed one by each specification that could read anything
of theirs. One in which all their sources failed tells nothing of them.
"""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from jobs.enums import Status
from scans.enums import SubjectState
from scans.models import ScanCompany, ScanProspect


def places_of(prospect_id: str) -> list[tuple[str, str, str | None]]:
    """Each (scan, prospect, company worked at) that shows for a prospect."""
    rows = _telling().filter(prospect=prospect_id)
    newest = rows.order_by("scan__specification_id", "-scan__created_at", "-scan_id")
    return list(newest.distinct("scan__specification_id").values_list("scan_id", "prospect_id", "company_id"))


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

"""Which rows of signal scans a caller may see or a job needs. Nothing outside reads `.objects` unscoped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from accounts.queries import GroupQuerySet
from jobs.enums import Status
from jobs.queries import JobQuerySet
from scans.enums import Verdict


class SignalScanQuerySet(JobQuerySet):
    def completed(self) -> Self:
        return self.filter(status=Status.COMPLETED)


class MonitorQuerySet(GroupQuerySet):
    def due(self) -> Self:
        return self.filter(is_active=True, next_run_at__lte=Now())


class FindingQuerySet(GroupQuerySet):
    def for_group(self, group: Any) -> Self:
        return self.filter(scan__group=group)

    def visible(self) -> Self:
        """Of completed scans; the others are still being written, or were given up."""
        return self.filter(scan__status=Status.COMPLETED)

    def kept(self) -> Self:
        return self.filter(verdict=Verdict.KEPT)

    def at(self, places: list[tuple[str, str, str | None]]) -> Self:
        """Of each (scan, prospect, company): the prospect's own, and those of the company they worked at."""
        wanted = Q(pk__in=())
        for scan, prospect, company in places:
            wanted |= Q(scan=scan, prospect=prospect)
            if company is not None:
                wanted |= Q(scan=scan, company=company)
        return self.filter(wanted)


# One page of (finding, prospect), newest finding first: a company's finding once for each who works there.
_SHOWINGS = """
SELECT f.id, p.id, p.prospect_id
  FROM scans_finding f
  JOIN scans_scanprospect p
    ON p.scan_id = f.scan_id AND (p.company_id = f.company_id OR p.prospect_id = f.prospect_id)
 WHERE f.scan_id = %(scan)s AND f.verdict = 'kept' AND f.id <= %(finding)s AND (f.id, p.id) < (%(finding)s, %(place)s)
 ORDER BY f.id DESC, p.id DESC
 LIMIT %(limit)s
"""
_BEYOND = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Showing:
    """A kept finding of a scan, as it shows for one prospect. (`finding`, `place`) is its position in the list."""

    finding: int
    place: int
    prospect: str


def showings(scan_id: str, *, after: tuple[int, int] | None, limit: int) -> list[Showing]:
    """The next `limit` of a scan's results behind the position `after`; None: from the first."""
    finding, place = after or (_BEYOND, _BEYOND)
    with connection.cursor() as cursor:
        cursor.execute(_SHOWINGS, {"scan": scan_id, "finding": finding, "place": place, "limit": limit})
        return [Showing(*row) for row in cursor.fetchall()]

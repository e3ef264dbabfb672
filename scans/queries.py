"""Which rows of signal scans a caller may see or a job needs. Nothing outside reads `.objects` unscoped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import connection
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Now

from accounts.queries import GroupQuerySet
from jobs.enums import Status
from jobs.queries import JobQuerySet
from scans.enums import SubjectState, Verdict


class SignalScanQuerySet(JobQuerySet):
    def completed(self) -> Self:
        return self.filter(status=Status.COMPLETED)

    def past(self, days: int) -> Self:
        """Completed more than `days` days ago."""
        return self.completed().filter(completed_at__lt=Now() - timedelta(days=days))


class MonitorQuerySet(GroupQuerySet):
    def due(self) -> Self:
        return self.filter(is_active=True, next_run_at__lte=Now())

    def failing(self) -> Self:
        """Active ones whose newest scan has failed."""
        scans: Any = self.model._meta.get_field("scans").related_model
        newest = scans.objects.filter(monitor=OuterRef("pk")).order_by("-created_at", "-pk")
        return self.alias(last=Subquery(newest.values("status")[:1])).filter(is_active=True, last=Status.FAILED)


class FindingQuerySet(GroupQuerySet):
    def for_group(self, group: Any) -> Self:
        return self.filter(scan__group=group)

    def visible(self) -> Self:
        """Of completed scans; the others are still being written, or were given up."""
        return self.filter(scan__status=Status.COMPLETED)

    def kept(self) -> Self:
        return self.filter(verdict=Verdict.KEPT)

    def dropped(self, reason: str | None = None, *, after: tuple[str, int] | None = None) -> Self:
        """By reason, each from the newest, as their index has them; `after` (reason, id) of one of them."""
        rows = self.exclude(verdict=Verdict.KEPT) if reason is None else self.filter(verdict=reason)
        if after:
            verdict, pk = after
            rows = rows.filter(Q(verdict__lt=verdict) | Q(verdict=verdict, pk__lt=pk), verdict__lte=verdict)
        return rows.order_by("-verdict", "-pk")

    def at(self, places: list[tuple[str, str, str | None]]) -> Self:
        """Of each (scan, prospect, company): the prospect's own, and those of the company they worked at."""
        wanted = Q(pk__in=())
        for scan, prospect, company in places:
            wanted |= Q(scan=scan, prospect=prospect)
            if company is not None:
                wanted |= Q(scan=scan, company=company)
        return self.filter(wanted)


# One page of (finding, prospect), newest finding first: a company's finding once for each who works there, and once
# for a person who is in the scan twice (scans.same_person).
_SHOWINGS = """
SELECT f.id, p.id, p.prospect_id
  FROM scans_finding f
  JOIN scans_scanprospect p
    ON p.scan_id = f.scan_id AND (p.company_id = f.company_id OR p.prospect_id = f.prospect_id)
 WHERE f.scan_id = %(scan)s AND f.verdict = 'kept' AND f.id <= %(finding)s AND (f.id, p.id) < (%(finding)s, %(place)s)
   AND NOT EXISTS (SELECT FROM scans_scanprospect same
                    WHERE same.scan_id = p.scan_id AND same.prospect_id = p.prospect_id AND same.id < p.id
                      AND (same.company_id = f.company_id OR same.prospect_id = f.prospect_id))
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


_DRAW_PROSPECTS = """
INSERT INTO scans_scanprospect (scan_id, prospect_id, company_id, state)
SELECT %(scan)s, id, company_id, %(state)s
  FROM (SELECT m.id AS place, p.id, p.company_id
          FROM prospecting_audiencemember m JOIN prospecting_prospect p ON p.id = m.prospect_id
         WHERE m.audience_id = %(audience)s AND p.group_id = %(group)s
           AND (%(some)s::text[] IS NULL OR p.id = ANY(%(some)s))
         ORDER BY p.id FOR KEY SHARE OF p) AS people
 ORDER BY place
"""
_DRAW_COMPANIES = """
INSERT INTO scans_scancompany (scan_id, company_id, state)
SELECT %(scan)s, company_id, 'waiting' FROM scans_scanprospect
 WHERE scan_id = %(scan)s AND company_id IS NOT NULL GROUP BY company_id ORDER BY min(id)
"""


def draw_up(scan: Any, *, own: bool, companies: bool) -> int:
    """Write down what a scan looks at; returns how many prospects. `own`: their own sources count; `companies`: so do
    those of the companies they work at. Who is being erased or merged in that moment is waited for.
    """
    values = {
        "scan": scan.pk, "audience": scan.audience_id, "group": scan.group_id, "some": scan.prospect_ids,
        "state": SubjectState.WAITING if own else SubjectState.NO_SOURCE,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_DRAW_PROSPECTS, values)
        prospects: int = cursor.rowcount
        if companies:
            cursor.execute(_DRAW_COMPANIES, values)
    return prospects


# A prospect is done when their own sources and their company's are; failed when some failed and none could be read.
_PROSPECTS_DONE = """
SELECT count(*) FILTER (WHERE NOT failed), count(*) FILTER (WHERE failed)
  FROM (SELECT 'failed' IN (p.state, coalesce(c.state, '')) AND 'evaluated' NOT IN (p.state, coalesce(c.state, ''))
               AS failed
          FROM scans_scanprospect p
          LEFT JOIN scans_scancompany c ON c.scan_id = p.scan_id AND c.company_id = p.company_id
         WHERE p.scan_id = %(scan)s AND 'waiting' NOT IN (p.state, coalesce(c.state, ''))) AS done
"""
_SUBJECTS = """
SELECT coalesce(sum(kept), 0), coalesce(sum(duplicate), 0), coalesce(sum(below_score), 0), coalesce(sum(stale), 0),
       coalesce(sum(excluded), 0), count(*) FILTER (WHERE state <> 'waiting'), count(*)
  FROM (SELECT kept, duplicate, below_score, stale, excluded, state FROM scans_scancompany WHERE scan_id = %(scan)s
        UNION ALL
        SELECT kept, duplicate, below_score, stale, excluded, state FROM scans_scanprospect
         WHERE scan_id = %(scan)s AND state <> 'no_source') AS subjects
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts of a scan, from its rows. `done` of `subjects` (companies and prospects) have been looked at."""

    evaluated: int
    failed: int
    kept: int
    duplicate: int
    below_score: int
    stale: int
    excluded: int
    done: int
    subjects: int

    @property
    def fields(self) -> dict[str, int]:
        """As the row of the scan has them."""
        return {
            "prospects_evaluated": self.evaluated, "prospects_failed": self.failed, "kept": self.kept,
            "duplicate": self.duplicate, "below_score": self.below_score, "stale": self.stale,
            "excluded": self.excluded,
        }  # fmt: skip


def tally(scan_id: str) -> Tally:
    with connection.cursor() as cursor:
        cursor.execute(_PROSPECTS_DONE, {"scan": scan_id})
        prospects = cursor.fetchone()
        cursor.execute(_SUBJECTS, {"scan": scan_id})
        return Tally(*map(int, (*prospects, *cursor.fetchone())))


_SEEN = """
UPDATE scans_signal s
   SET first_seen = least(s.first_seen, %(at)s), last_seen = greatest(s.last_seen, %(at)s)
  FROM scans_finding f
 WHERE f.scan_id = %(scan)s AND f.verdict = 'kept' AND s.id = f.signal_id
"""


def see_signals(scan_id: str, at: datetime) -> None:
    """The signals a scan kept were seen at that time."""
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, {"scan": scan_id, "at": at})


def hold_signals(group_id: str) -> None:
    """One writer of a group's signals until the transaction ends, so that two scans know one event as one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('signals'), hashtext(%s))", [group_id])

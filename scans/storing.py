"""Writing down what was found of some companies or prospects, all of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import fields
from operator import attrgetter

from django.db import connection

from jobs import lifecycle
from jobs.lifecycle import Lease
from scans.copying import copy_rows
from scans.enums import SubjectState, Verdict
from scans.evaluating import Evaluated, NewFinding
from scans.models import Finding, ScanProspect
from scans.queries import hold_signals
from scans.recognising import recognise

_COUNTED = ("kept", "duplicate", "below_score", "stale", "excluded")
_COLUMNS = tuple(column.name for column in fields(NewFinding))
_row_of: Callable[[NewFinding], tuple[object, ...]] = attrgetter(*_COLUMNS)
_JSON = [_COLUMNS.index(name) for name in ("sources", "extra")]
_DONE = """
UPDATE {table} SET state = %s, documents = %s, kept = %s, duplicate = %s, below_score = %s, stale = %s, excluded = %s,
       faults = %s
 WHERE scan_id = %s AND {column} = %s AND state = 'waiting'
"""
_COMPANY = _DONE.format(table="scans_scancompany", column="company_id")
_PROSPECT = _DONE.format(table="scans_scanprospect", column="prospect_id")


def store(lease: Lease, evaluated: Sequence[Evaluated]) -> None:
    """In one transaction under the lease: the findings, their signals, and that these subjects are done.

    Whoever was erased since they were read is passed over, and who was merged with somebody looked at (same_person).
    """
    with lifecycle.fence(lease) as job:
        hold_signals(job.group_id)
        still = standing("prospecting_company", [each.read.subject.company_id for each in evaluated])
        people = standing("prospecting_prospect", [each.read.subject.prospect_id for each in evaluated])
        still |= _to_look_at(lease.job_id, people)
        there = [
            each
            for each in evaluated
            if (each.read.subject.company_id or each.read.subject.prospect_id) in still
        ]  # fmt: skip
        recognise(job.group_id, there)
        copy_rows(Finding, _COLUMNS, (_finding(finding) for each in there for finding in each.findings))
        _settle(lease.job_id, there)


def standing(table: str, ids: Collection[str | None]) -> set[str]:
    """Those that are still there, kept from being deleted until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM {table} WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE",  # noqa: S608  a table of ours
            [[each for each in ids if each]],
        )
        return {row[0] for row in cursor.fetchall()}


def _to_look_at(scan_id: str, people: Collection[str]) -> set[str]:
    waiting = ScanProspect.objects.filter(scan=scan_id, prospect__in=people, state=SubjectState.WAITING)
    return set(waiting.values_list("prospect_id", flat=True))


def _finding(finding: NewFinding) -> list[object]:
    row = list(_row_of(finding))
    for place in _JSON:
        row[place] = json.dumps(row[place])
    return row


def _settle(scan_id: str, evaluated: Sequence[Evaluated]) -> None:
    with connection.cursor() as cursor:
        for statement, column in ((_COMPANY, "company_id"), (_PROSPECT, "prospect_id")):
            rows = [
                (*_row(each), scan_id, of) for each in evaluated if (of := getattr(each.read.subject, column))
            ]  # fmt: skip
            if rows:
                cursor.executemany(statement, rows)


def _row(each: Evaluated) -> tuple[object, ...]:
    """state, documents, the counts by verdict, faults"""
    counts, read = each.counts, each.read
    faults = [{"source": f"{one.kind} {one.address}"[:500], "code": one.code, "message": one.message}
              for one in read.failures]  # fmt: skip
    looked_at = len(read.documents) if each.read.state == "evaluated" else 0
    return (read.state.value, looked_at, *(counts[Verdict(name).value] for name in _COUNTED), json.dumps(faults))

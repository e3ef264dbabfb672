"""One decision on many violations of one scan, in a handful of statements whatever their number."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance import staging
from compliance.actions.history import append_event
from compliance.actions.reviews import locked_scan, wants_second_reviewer
from compliance.actions.scoring import count_anew
from compliance.enums import ReviewStatus, ScoreAction
from compliance.errors import ViolationsNotFound
from compliance.models import ComplianceScan, Review, ScoreEvent, Violation
from compliance.queries import ViolationQuerySet
from web.errors import ValidationFailed

_V, _REVIEW = Violation._meta.db_table, Review._meta.db_table
NAMED = 20  # ids that a refusal names
# `waits`: a second person must agree; `idle`: decided just so already. The reviews name the step of the history that
# counts them, which comes after them: its id is taken beforehand.
_DECIDE = f"""
    WITH chosen AS (
        SELECT id, status AS was,
            %(second)s AND severity = 'CRITICAL' AND status <> %(status)s AND NOT (
                proposed_status = %(status)s AND proposed_credential <> %(credential)s
                AND proposed_person <> '' AND %(person)s <> '' AND proposed_person <> %(person)s) AS waits,
            status = %(status)s AND carried_over_from IS NULL AND proposed_status = '' AND reopened_because = ''
                AND (%(note)s::text IS NULL OR review_note = %(note)s::text) AS idle
        FROM {_V} WHERE {{which}}
    ), changed AS (
        UPDATE {_V} found SET
            status = CASE WHEN waits THEN found.status ELSE %(status)s END,
            review_note = coalesce(%(note)s::text, found.review_note),
            reviewed_by = CASE WHEN waits THEN found.reviewed_by WHEN %(reopens)s THEN '' ELSE %(reviewer)s END,
            reviewed_at = CASE WHEN waits THEN found.reviewed_at WHEN NOT %(reopens)s THEN %(at)s::timestamptz END,
            carried_over_from = CASE WHEN waits THEN found.carried_over_from END,
            reopened_because = CASE WHEN waits THEN found.reopened_because ELSE '' END,
            proposed_status = CASE WHEN waits THEN %(status)s ELSE '' END,
            proposed_by = CASE WHEN waits THEN %(reviewer)s ELSE '' END,
            proposed_at = CASE WHEN waits THEN %(at)s::timestamptz END,
            proposed_in = CASE WHEN waits THEN found.scan_id END,
            proposed_credential = CASE WHEN waits THEN %(credential)s ELSE '' END,
            proposed_person = CASE WHEN waits THEN %(person)s ELSE '' END,
            version = found.version + 1
        FROM chosen WHERE chosen.id = found.id AND NOT chosen.idle
        RETURNING found.id, chosen.was, found.status, chosen.waits
    ), written AS (
        INSERT INTO {_REVIEW} (violation_id, event_id, at, from_status, to_status, note, reviewer, is_proposal)
        SELECT id, %(event)s, %(at)s, was, status, coalesce(%(note)s::text, ''), %(reviewer)s, waits
        FROM changed ORDER BY id
    )
    SELECT (SELECT count(*) FROM chosen), count(*), count(*) FILTER (WHERE waits) FROM changed
"""  # noqa: S608


@dataclass(frozen=True)
class Reviewed:
    """What came of it: `proposed` of the `reviewed` wait for a second person; `unchanged` were decided so already."""

    reviewed: int
    unchanged: int
    proposed: int
    score: Decimal


def review_many(
    *, violations: ViolationQuerySet, scan: ComplianceScan, by: Requester, status: ReviewStatus,
    note: str | None = None,
) -> Reviewed:  # fmt: skip
    """Set the status of those `violations` that belong to `scan`, and count them as one step of its history.

    Nothing changes where all are decided just so already. `note` None keeps the old ones.
    """
    with transaction.atomic():
        scan = locked_scan(scan.pk)
        chosen = violations.of_scan(scan)
        event_id, at = _next_event(), staging.now()
        total, reviewed, proposed = _write(chosen, by, status, note, scan, event_id, at)
        score: Any = scan.score
        if reviewed:
            score = count_anew(scan)
            append_event(
                scan=scan, action=ScoreAction.BULK_REVIEW, score=score, actor=by.reviewer, at=at, event_id=event_id
            )
            by.audit("violations.reviewed", scan, after={"status": status, "reviewed": reviewed, "note": note})
        return Reviewed(reviewed, total - reviewed, proposed, score)


def chosen_by_ids(
    group: AccountGroup, ids: Collection[uuid.UUID]
) -> tuple[ViolationQuerySet, ComplianceScan]:  # fmt: skip
    """The violations with these ids and their scan. ViolationsNotFound names those that are not there.

    ValidationFailed names the scans when there is more than one.
    """
    seen = Violation.objects.visible().for_group(group).filter(pk__in=set(ids))
    scan_of = dict(seen.values_list("pk", "scan_id"))
    if missing := [str(known) for known in dict.fromkeys(ids) if known not in scan_of]:
        raise ViolationsNotFound(f"There are no violations with these ids: {_listed(missing)}.")
    scans = sorted({str(scan) for scan in scan_of.values()})
    if len(scans) > 1:
        raise ValidationFailed.at("ids", f"must be violations of one scan; these are of {_listed(scans)}")
    return seen, ComplianceScan.objects.get(pk=scans[0])


def _write(
    chosen: ViolationQuerySet, by: Requester, status: ReviewStatus, note: str | None, scan: ComplianceScan,
    event_id: int, at: datetime,
) -> tuple[int, int, int]:  # fmt: skip
    second = status == ReviewStatus.FALSE_POSITIVE and wants_second_reviewer(scan.group_id)
    which, values = chosen.order_by().values("pk").query.sql_with_params()
    facts: dict[str, Any] = {
        "status": status.value, "note": note, "second": second, "reopens": status == ReviewStatus.PENDING,
        "credential": by.name, "person": by.person, "reviewer": by.reviewer, "at": at, "event": event_id,
    }  # fmt: skip
    names = {f"which{place}": value for place, value in enumerate(values)}
    inner = which % tuple(f"%({name})s" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(_DECIDE.format(which=f"id IN ({inner})"), {**facts, **names})
        total, reviewed, proposed = cursor.fetchone()
    return total, reviewed, proposed


def _next_event() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [ScoreEvent._meta.db_table])
        return int(cursor.fetchone()[0])


def _listed(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED:,} more" if len(names) > NAMED else "")

"""Which violations are under a waiver, as the waivers in force say now; one place for scans and for waivers."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Count, Q

from compliance.models import ComplianceScan, Violation, Waiver
from compliance.planning import without_nested_loops

_V, _WAIVER = Violation._meta.db_table, Waiver._meta.db_table
# As LIKE reads a pattern: what it knows itself is escaped, then `*` and `?` become its own.
_PATTERN = (
    r"""replace(replace(replace(replace(replace(account, '\', '\\'), '%%', '\%%'), '_', '\_'), '*', '%%'), '?', '_')"""
)
_IN_FORCE = f"""
    SELECT id, rule_id, account, is_pattern, {_PATTERN} AS pattern, created_at FROM {_WAIVER}
    WHERE group_id = %(group)s AND (policy_id IS NULL OR policy_id = %(policy)s)
        AND ended_at IS NULL AND expires_at > statement_timestamp()
"""  # noqa: S608
# A violation keeps its waiver while that is in force; else the oldest one that matches covers it.
_COVER = f"""
    WITH in_force AS MATERIALIZED ({_IN_FORCE}),
    covered AS (
        SELECT DISTINCT ON (found.id) found.id, in_force.id AS waiver_id
        FROM {_V} found JOIN in_force ON in_force.rule_id = found.rule_id
            AND CASE WHEN in_force.is_pattern THEN found.account LIKE in_force.pattern
                     ELSE found.account = in_force.account END
        WHERE found.scan_id = %(scan)s AND found.attempt = %(attempt)s
        ORDER BY found.id, in_force.id IS NOT DISTINCT FROM found.waiver_id DESC, in_force.created_at, in_force.id
    ), moved AS (
        SELECT found.id, found.waiver_id AS was, covered.waiver_id AS now
        FROM {_V} found LEFT JOIN covered USING (id)
        WHERE found.scan_id = %(scan)s AND found.attempt = %(attempt)s
            AND found.waiver_id IS DISTINCT FROM covered.waiver_id
    ), changed AS (
        UPDATE {_V} found SET waiver_id = moved.now, version = found.version + 1
        FROM moved WHERE moved.id = found.id AND found.scan_id = %(scan)s AND found.attempt = %(attempt)s
        RETURNING moved.was, moved.now
    )
    SELECT was, now, count(*) FROM changed GROUP BY was, now
"""  # noqa: S608


@dataclass(frozen=True)
class Moved:
    """How many violations each waiver lost and gained."""

    lost: Counter[uuid.UUID] = field(default_factory=Counter)
    gained: Counter[uuid.UUID] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.lost or self.gained)


def cover(scan: ComplianceScan, attempt: int | None) -> Moved:
    """Put the violations of this attempt under the waivers in force now, and take the others out."""
    moved = Moved()
    facts: dict[str, Any] = {"group": scan.group_id, "policy": scan.policy_id, "scan": scan.pk, "attempt": attempt}
    with connection.cursor() as cursor, without_nested_loops(cursor):
        cursor.execute(_COVER, facts)
        for was, now, count in cursor.fetchall():
            if was:
                moved.lost[was] += count
            if now:
                moved.gained[now] += count
    return moved


def waived_in(scan: ComplianceScan, attempt: int | None) -> Moved:
    """What the waivers cover in this attempt, all of it as gained."""
    rows = Violation.objects.filter(Q(attempt=attempt), scan=scan, waiver__isnull=False).order_by()
    return Moved(gained=Counter(dict(rows.values_list("waiver_id").annotate(Count("id")))))


def in_force(scan: ComplianceScan) -> frozenset[uuid.UUID]:
    """The waivers that `cover` would look at now."""
    of_policy = Waiver.objects.in_force().for_group(scan.group).filter(policy__in=[scan.policy_id])
    everywhere = Waiver.objects.in_force().for_group(scan.group).filter(policy__isnull=True)
    return frozenset((of_policy | everywhere).values_list("pk", flat=True))


def hold(group_id: str, *, alone: bool) -> None:
    """Until the commit no waiver of the group begins or ends elsewhere; `alone`: and no scan completes.

    Taken before the row of any scan, or two transactions could wait for each other for ever.
    """
    lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {lock}(hashtext('compliance waivers'), hashtext(%s::text))", [str(group_id)])

"""Carry-over: what was decided on a violation holds in the next scan, until too much of its evidence is new.

A decision is anchored in the scan in which it was taken, and stays so while it is carried from scan to scan: what is
compared is the evidence of now with what the reviewer saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.db import connection

from compliance import files
from compliance.engine.duck import EngineSettings
from compliance.engine.growth import DECIDED, shared_evidence
from compliance.models import ComplianceScan, Review, ScoreEvent, Violation
from compliance.planning import without_nested_loops

_V, _REVIEW, _EVENT = (model._meta.db_table for model in (Violation, Review, ScoreEvent))
_SCAN = ComplianceScan._meta.db_table

_SAME = "before.rule_id = now.rule_id AND md5(before.account) = md5(now.account) AND before.account = now.account"
# What of the previous scan is taken over: all that says more than a violation nobody has looked at, or, later,
# what has been decided since a step of its history.
_EVERYTHING = (
    "(before.status <> 'pending' OR before.last_decision IS NOT NULL OR before.review_note <> '' "
    "OR before.proposed_status <> '')"
)
_SINCE = (
    f"before.id IN (SELECT review.violation_id FROM {_REVIEW} review JOIN {_EVENT} step ON step.id = review.event_id "  # noqa: S608
    "WHERE step.scan_id = %(before)s AND step.sequence > %(mark)s)"
)
_ANCHORS = f"""
    SELECT DISTINCT before.rule_id, before.account, anchor.scan::text
    FROM {_V} before JOIN {_V} now ON {_SAME} AND now.scan_id = %(now)s AND now.attempt = %(attempt)s
    CROSS JOIN LATERAL (VALUES
        (CASE WHEN before.status <> 'pending' THEN coalesce(before.carried_over_from, before.scan_id) END),
        (before.proposed_in)
    ) AS anchor (scan)
    WHERE before.scan_id = %(before)s AND before.attempt = %(before_attempt)s AND anchor.scan IS NOT NULL
"""  # noqa: S608
_TAKE_OVER = f"""
    WITH shared AS MATERIALIZED (
        SELECT * FROM unnest(%(rules)s::text[], %(accounts)s::text[], %(scans)s::uuid[], %(records)s::bigint[],
                             %(known)s::bigint[]) AS shared (rule_id, account, scan, records, known)
    ), judged AS (
        SELECT before.*, coalesce(before.carried_over_from, before.scan_id) AS anchor, own.records, own.known,
            before.status = 'pending' OR coalesce(own.records - own.known <= own.records * %(most)s, false) AS kept,
            coalesce(other.records - other.known <= other.records * %(most)s, false) AS proposal_kept
        FROM {_V} before
        LEFT JOIN shared own ON own.rule_id = before.rule_id AND own.account = before.account
            AND own.scan = coalesce(before.carried_over_from, before.scan_id)
        LEFT JOIN shared other ON other.rule_id = before.rule_id AND other.account = before.account
            AND other.scan = before.proposed_in
        WHERE before.scan_id = %(before)s AND before.attempt = %(before_attempt)s AND {{scope}}
    )
    UPDATE {_V} now SET
        status = CASE WHEN before.kept THEN before.status ELSE 'pending' END,
        review_note = before.review_note,
        reviewed_by = CASE WHEN before.kept THEN before.reviewed_by ELSE '' END,
        reviewed_at = CASE WHEN before.kept THEN before.reviewed_at END,
        carried_over_from = CASE WHEN before.kept AND before.status <> 'pending' THEN before.anchor END,
        last_decision = CASE WHEN before.kept THEN before.last_decision ELSE {{decision}} END,
        reopened_because = CASE
            WHEN before.kept THEN before.reopened_because
            WHEN before.records IS NULL THEN
                'The evidence on which it was decided is no longer kept, so that nobody can tell how much is new.'
            ELSE format('%%s of %%s evidence records (%%s %%%%) were not there when it was decided; the policy reopens '
                'above %%s %%%%.', before.records - before.known, before.records,
                round(100.0 * (before.records - before.known) / before.records, 1), trim_scale(100 * %(most)s)) END,
        proposed_status = CASE WHEN {{proposed}} THEN before.proposed_status ELSE '' END,
        proposed_by = CASE WHEN {{proposed}} THEN before.proposed_by ELSE '' END,
        proposed_at = CASE WHEN {{proposed}} THEN before.proposed_at END,
        proposed_in = CASE WHEN {{proposed}} THEN before.proposed_in END,
        proposed_credential = CASE WHEN {{proposed}} THEN before.proposed_credential ELSE '' END,
        proposed_person = CASE WHEN {{proposed}} THEN before.proposed_person ELSE '' END
    FROM judged before
    WHERE now.scan_id = %(now)s AND now.attempt = %(attempt)s AND {_SAME}
"""  # noqa: S608
_DECISION = """jsonb_build_object('status', before.status, 'by', before.reviewed_by, 'scan',
    coalesce(before.carried_over_from, before.scan_id), 'at',
    to_char(before.reviewed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))"""
_PROPOSED = "before.proposal_kept AND now.severity = 'CRITICAL'"
_REMEMBER = f"""
    UPDATE {_V} now SET last_decision = latest.decision FROM (
        SELECT DISTINCT ON (now.id) now.id, {_DECISION} AS decision
        FROM {_V} now
        JOIN {_V} before ON {_SAME} AND before.status <> 'pending'
        JOIN {_SCAN} earlier ON earlier.id = before.scan_id AND earlier.visible_attempt = before.attempt
        WHERE now.scan_id = %(now)s AND now.attempt = %(attempt)s AND now.first_seen_scan_id = now.scan_id
            AND earlier.policy_id = %(policy)s AND earlier.group_id = %(group)s
            AND (earlier.created_at, earlier.id) < (%(created_at)s, %(now)s)
        ORDER BY now.id, earlier.created_at DESC, earlier.id DESC
    ) latest
    WHERE now.id = latest.id
"""  # noqa: S608


@dataclass
class Carrying:
    """Takes decisions over into the staged violations of a running scan. Whoever writes holds the fence.

    `evidence`: the run's evidence file; `scratch`: where files of other scans are copied to.
    """

    scan: ComplianceScan
    attempt: int
    evidence: Path
    scratch: Path
    engine: EngineSettings

    def take_over(self, previous: ComplianceScan) -> int:
        """All that is decided in the previous scan, and what was decided on signatures that return.

        Returns the step of the previous scan's history up to which this is certainly complete.
        """
        mark = last_step(previous)  # first: what is decided meanwhile is taken over once more
        self._write(previous, _EVERYTHING, {})
        with connection.cursor() as cursor:
            cursor.execute(_REMEMBER, self._facts(previous))
        return mark

    def catch_up(self, previous: ComplianceScan, mark: int) -> int:
        """What has been decided there since step `mark`; returns the step it is complete up to now."""
        if (now := last_step(previous)) != mark:
            self._write(previous, _SINCE, {"mark": mark})
        return now

    def _write(self, previous: ComplianceScan, scope: str, more: Mapping[str, Any]) -> None:
        facts = {**self._facts(previous), **more}
        with connection.cursor() as cursor, without_nested_loops(cursor):
            cursor.execute(f"{_ANCHORS} AND {scope}", facts)
            shared = self._shared(cursor.fetchall())
            facts |= dict(zip(("rules", "accounts", "scans", "records", "known"), shared, strict=True))
            cursor.execute(_TAKE_OVER.format(scope=scope, decision=_DECISION, proposed=_PROPOSED), facts)

    def _shared(self, decided: list[tuple[str, str, str]]) -> list[list[Any]]:
        columns = [list(column) for column in zip(*decided, strict=True)] or [[], [], []]
        table = pa.table(columns, schema=DECIDED)
        found = shared_evidence(
            table, now=self.evidence, before=self._evidence_of(set(columns[2])), scratch=self.scratch,
            settings=self.engine,
        )  # fmt: skip
        return [column.to_pylist() for column in found.columns]

    def _evidence_of(self, scans: set[str]) -> dict[str, Path]:
        """The evidence files of scans as local paths; without those that are no longer kept."""
        found = {}
        for scan in ComplianceScan.objects.filter(pk__in=scans).exclude(evidence="").only("evidence"):
            folder = self.scratch / str(scan.pk)
            folder.mkdir(exist_ok=True)
            path = folder / Path(scan.evidence).name
            try:
                found[str(scan.pk)] = path if path.exists() else files.fetch(scan.evidence, folder)
            except FileNotFoundError:
                continue
        return {scan: path for scan, path in found.items() if path.exists()}

    def _facts(self, previous: ComplianceScan) -> dict[str, Any]:
        return {
            "now": self.scan.pk, "attempt": self.attempt, "before": previous.pk,
            "before_attempt": previous.visible_attempt, "most": self.scan.reopen_growth,
            "policy": self.scan.policy_id, "group": self.scan.group_id, "created_at": self.scan.created_at,
        }  # fmt: skip


def last_step(scan: ComplianceScan) -> int:
    """The number of the newest step of its history; 0 without one."""
    step: int | None = scan.score_events.order_by("-sequence").values_list("sequence", flat=True).first()
    return step or 0

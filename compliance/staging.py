"""Writing the violations of a running scan: fenced batches under (scan, attempt) that nobody sees before the switch."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as arrow_csv
from django.db import connection, transaction

from compliance import files
from compliance.engine.copying import COLUMNS, KNOWN, Lines, copy_lines
from compliance.engine.duck import EngineSettings
from compliance.engine.outcome import Outcome
from compliance.models import ComplianceScan, Violation
from jobs import lifecycle
from jobs.lifecycle import Lease


def now() -> datetime:
    """The database's clock, inside a transaction, too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def discard(scan_id: str, keep_attempt: int | None) -> None:
    """Delete violations and files of every attempt but one (None: of all). Nobody has seen them."""
    staged = Violation.objects.filter(scan_id=uuid.UUID(scan_id))
    if keep_attempt is not None:
        staged = staged.exclude(attempt=keep_attempt)
    staged._raw_delete(staged.db)  # no collector: unseen violations have no reviews
    scan = ComplianceScan.objects.only("group_id", "findings", "evidence").get(pk=scan_id)
    folder, work = files.findings_folder(scan.group_id, scan_id), files.work_folder(scan.group_id, scan_id)
    transaction.on_commit(lambda: files.remove_all_but(folder, scan.findings, scan.evidence), robust=True)
    transaction.on_commit(lambda: files.remove_folder(work), robust=True)


def stage(
    lease: Lease, scan: ComplianceScan, outcome: Outcome, severities: dict[str, str],
    previous: ComplianceScan | None, *, scratch: Path, settings: EngineSettings, batch_rows: int,
    written: Callable[[int], None],
) -> None:  # fmt: skip
    """Write all violations of `outcome`, pending, each batch in one fenced transaction; LeaseLost if it is not ours.

    Those whose signature stood in `previous`, too, are there since that scan says. `written` hears after each batch
    how many rows stand; it may raise.
    """
    rows = 0
    for lines in copy_lines(
        outcome.violations_file, scan=str(scan.pk), attempt=lease.attempt, created_at=scan.created_at, now=now(),
        severities=severities, known=_known(previous), batch_rows=batch_rows, scratch=scratch, settings=settings,
    ):  # fmt: skip
        _copy(lease, lines)
        rows += lines.rows
        written(rows)


def relate(scan: ComplianceScan, attempt: int, previous: ComplianceScan | None) -> None:
    """Relate staged violations to another previous scan than they were written with, and undo what was taken over.

    Needed only when a scan created between the two completed while this one was being written.
    """
    Violation.objects.filter(scan=scan, attempt=attempt).update(
        first_seen_scan_id=scan.pk, status="pending", review_note="", reviewed_by="", reviewed_at=None,
        carried_over_from=None, reopened_because="", last_decision=None, proposed_status="", proposed_by="",
        proposed_at=None, proposed_in=None, proposed_credential="", proposed_person="",
    )  # fmt: skip
    if previous is None:
        return
    table = Violation._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} now SET first_seen_scan_id = before.first_seen_scan_id FROM {table} before "  # noqa: S608
            "WHERE now.scan_id = %s AND now.attempt = %s AND before.scan_id = %s AND before.attempt = %s "
            "AND before.rule_id = now.rule_id AND md5(before.account) = md5(now.account) "
            "AND before.account = now.account",
            [scan.pk, attempt, previous.pk, previous.visible_attempt],
        )


def _copy(lease: Lease, lines: Lines) -> None:
    target = f"COPY {Violation._meta.db_table} ({', '.join(COLUMNS)}) FROM STDIN"
    with lifecycle.fence(lease), connection.cursor() as cursor, cursor.copy(target) as copy:
        copy.write(lines.text)


# As CSV, many to a row of the answer: a row of its own for each would take Python six times as long.
_SIGNATURES = f"""
    SELECT string_agg(line, '') FROM (
        SELECT concat(
            '"', replace(rule_id, '"', '""'), '","', replace(account, '"', '""'), '",', first_seen_scan_id, chr(10)
        ) AS line, row_number() OVER () / 50000 AS part
        FROM {Violation._meta.db_table} WHERE scan_id = %s AND attempt = %s
    ) AS lines GROUP BY part
"""  # noqa: S608


def _known(previous: ComplianceScan | None) -> pa.Table:
    """The signatures of the previous scan as KNOWN. From PostgreSQL's text to Arrow's columns: Python sees no row."""
    if previous is None:
        return KNOWN.empty_table()
    with connection.cursor() as cursor:
        cursor.execute(_SIGNATURES, [previous.pk, previous.visible_attempt])
        text = "".join(part for (part,) in cursor.fetchall())
    if not text:  # which Arrow would refuse to read
        return KNOWN.empty_table()
    return arrow_csv.read_csv(
        pa.BufferReader(text.encode()),
        arrow_csv.ReadOptions(column_names=KNOWN.names),
        arrow_csv.ParseOptions(newlines_in_values=True),
        arrow_csv.ConvertOptions(column_types=KNOWN, strings_can_be_null=False),
    )

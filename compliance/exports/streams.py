"""Violations as JSON and CSV, chunk by chunk."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from compliance.exports.cells import csv_cell
from compliance.exports.rows import COLUMNS as COLUMNS  # noqa: PLC0414
from compliance.exports.rows import Row
from compliance.models import ComplianceScan
from compliance.written import number, time

AT_ONCE = 500  # rows of a chunk


def head_of(scan: ComplianceScan) -> dict[str, Any]:
    """What a reader of a JSON export needs to know of the scan."""
    return {
        "id": str(scan.pk),
        "audit_name": scan.audit_name or None,
        "policy_id": str(scan.policy_id),
        "policy_name": scan.policy.name,
        "policy_version": scan.policy_version.number,
        "policy_hash": scan.policy_version.content_hash,
        "upload_id": str(scan.upload_id),
        "upload_name": scan.upload.name,
        "upload_sha256": scan.upload.sha256,
        "mapping_config": scan.mapping_config,
        "temporal_scale": scan.temporal_scale,
        "created_at": time(scan.created_at),
        "completed_at": time(scan.completed_at),
        "record_count": scan.record_count,
        "violation_count": scan.violation_count,
        "compliance_score": number(scan.score),
        "score_method": scan.score_method,
        "coverage": number(scan.coverage),
        "engine": scan.engine,
        "result_digest": scan.result_digest,
        "delta": scan.delta,
    }


def json_chunks(head: Mapping[str, Any], rows: Iterable[Row]) -> Iterator[bytes]:
    """`{"scan": head, "violations": [one a line]}`"""
    yield b'{"scan": ' + _json(head) + b', "violations": ['
    between = b"\n"
    for together in _batches(rows):
        yield between + b",\n".join(map(_json, together))
        between = b",\n"
    yield b"\n]}\n"


def csv_chunks(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """RFC 4180 in UTF-8, with a header line; no cell would be run by a spreadsheet."""
    yield _csv([columns])
    for together in _batches(rows):
        yield _csv(together)


def table(rows: Iterable[Row], columns: Sequence[str] = COLUMNS) -> Iterator[list[object]]:
    """The rows as lists in the order of `columns`."""
    for row in rows:
        yield [row[name] for name in columns]


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([csv_cell(value) for value in row] for row in rows)
    return text.getvalue().encode(errors="replace")


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=_plain).encode(errors="replace")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, datetime):
        return time(value)
    raise TypeError(f"{type(value).__name__} has no place in an export")

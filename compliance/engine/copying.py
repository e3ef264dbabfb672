"""The violations of a run as text for PostgreSQL's COPY. DuckDB writes it: Python sees no row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from compliance.engine.duck import EngineSettings, connect

COLUMNS = (
    "id", "scan_id", "attempt", "rule_id", "account", "severity", "finding_count", "first_at", "last_at", "amount",
    "actual_value", "transaction_type", "sample", "first_seen_scan_id", "status", "review_note", "reviewed_by",
    "version", "created_at",
)  # fmt: skip
"""Those that each line holds, in this order."""
KNOWN = pa.schema([("rule_id", pa.string()), ("account", pa.string()), ("since", pa.string())])
"""Signatures of the previous scan, and the scan since which each has been there."""

# Ids are UUIDs of version 7, counted upwards from one instant in steps of 1/4096 ms: they follow the order of the
# rows, and the index grows at its end.
_LINES = r"""
    WITH numbered AS (SELECT *, row_number() OVER () - 1 AS place FROM read_parquet($violations)),
    named AS (SELECT *, lpad(hex($milliseconds + place // 4096), 12, '0') AS time FROM numbered)
    SELECT concat_ws(chr(9),
        concat(time[1:8], '-', time[9:12], '-7', lpad(hex(place % 4096), 3, '0'), '-', (uuid()::TEXT)[20:]),
        $scan, $attempt, rule_id, field(account), severity, finding_count,
        coalesce(instant(first_us), '\N'), coalesce(instant(last_us), '\N'),
        coalesce(amount::TEXT, '\N'), coalesce(actual_value::TEXT, '\N'),
        field(coalesce(transaction_type, '')), field(sample), coalesce(since, $scan),
        'pending', '', '', 1, $created_at
    ) || chr(10) AS line, since IS NOT NULL AS unchanged
    FROM named JOIN severities USING (rule_id)
    LEFT JOIN known USING (rule_id, account)
    ORDER BY place
"""
_FIELD = """
    CREATE TEMP MACRO field(value) AS replace(replace(replace(replace(
        value, chr(92), chr(92) || chr(92)), chr(9), chr(92) || 't'), chr(10), chr(92) || 'n'), chr(13), chr(92) || 'r')
"""
# None for instants that no calendar of four-digit years holds: steps count as far as they like.
_INSTANT = """
    CREATE TEMP MACRO instant(us) AS CASE WHEN us BETWEEN -62135596800000000 AND 253402300799999999
        THEN strftime(make_timestamp(us), '%Y-%m-%d %H:%M:%S.%f') || '+00' END
"""


@dataclass(frozen=True)
class Lines:
    """Some rows, as COPY reads them; `unchanged` of them stood in the previous scan, too."""

    text: memoryview
    rows: int
    unchanged: int


def copy_lines(
    violations: Path, *, scan: str, attempt: int, created_at: datetime, now: datetime,
    severities: Mapping[str, str], known: pa.Table, batch_rows: int, scratch: Path, settings: EngineSettings,
) -> Iterator[Lines]:  # fmt: skip
    """The rows of `violations` (an Outcome's file), in its order, in batches of about `batch_rows`.

    `severities`: {rule_id: severity}; `known` (KNOWN): the signatures of the previous scan; `now` is in the ids.
    """
    of_rules = pa.table({"rule_id": list(severities), "severity": list(severities.values())}, _SEVERITIES)
    with connect(scratch, settings) as connection:
        connection.execute(_FIELD)
        connection.execute(_INSTANT)
        connection.register("severities", of_rules)
        connection.register("known", known)
        facts = {
            "violations": str(violations), "scan": scan, "attempt": attempt, "created_at": created_at.isoformat(),
            "milliseconds": int(now.timestamp() * 1000),
        }  # fmt: skip
        found = connection.sql(_LINES, params=facts)
        for batch in found.to_arrow_reader(batch_rows):
            lines = batch.column(0)
            size = pc.sum(pc.binary_length(lines)).as_py()
            yield Lines(_texts(lines, size), len(lines), pc.sum(batch.column(1)).as_py())


_SEVERITIES = pa.schema([("rule_id", pa.string()), ("severity", pa.string())])


def _texts(lines: pa.Array, size: int) -> memoryview:
    """All texts of an Arrow array, one after the other, as they lie in memory."""
    if lines.offset:
        lines = pa.concat_arrays([lines])
    return memoryview(lines.buffers()[2])[:size]

"""How much of what proves a violation is new since somebody decided on it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from compliance.engine.duck import EngineSettings, connect

DECIDED = pa.schema([("rule_id", pa.string()), ("account", pa.string()), ("scan", pa.string())])
"""A violation that was decided, and the scan whose evidence was looked at."""

_SHARED = """
    WITH wanted AS (SELECT DISTINCT rule_id, account FROM decided WHERE scan = $scan),
         now AS (SELECT * FROM read_parquet($now) SEMI JOIN wanted USING (rule_id, account)),
         before AS (SELECT * FROM read_parquet($before) SEMI JOIN wanted USING (rule_id, account))
    SELECT rule_id, account, $scan AS scan, sum(now.copies)::BIGINT AS records,
           sum(least(now.copies, coalesce(before.copies, 0)))::BIGINT AS known
    FROM now LEFT JOIN before USING (rule_id, account, record)
    GROUP BY rule_id, account
"""


def shared_evidence(
    decided: pa.Table, *, now: Path, before: Mapping[str, Path], scratch: Path, settings: EngineSettings
) -> pa.Table:
    """rule_id, account, scan, records, known: of each of `decided` (DECIDED), how many records prove it now, and
    how many of those proved it in that scan, too, as multisets.

    `now` and the files of `before` (scan -> file) are evidence files of runs. What a scan without a file decided is
    left out.
    """
    found: list[pa.Table] = []
    with connect(scratch, settings) as connection:
        connection.register("decided", decided)
        for scan, file in before.items():
            answer = connection.sql(_SHARED, params={"scan": scan, "now": str(now), "before": str(file)})
            found.append(answer.to_arrow_table())
    return pa.concat_tables(found) if found else _nothing()


def _nothing() -> pa.Table:
    counts = [("records", pa.int64()), ("known", pa.int64())]
    return pa.schema([*DECIDED, *counts]).empty_table()

"""Regular expressions are RE2: no pattern can run for ever. DuckDB, which will run them, is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import islice

import duckdb
import pyarrow as pa

from compliance.engine.faults import BadValue
from compliance.engine.literals import clean_text

MAX_PATTERN = 1_000
PORTION = 50_000
"""Values that are looked at together."""


def check_pattern(value: object) -> str:
    """The pattern itself; raises BadValue with RE2's reason when it is none."""
    pattern = clean_text(value, most=MAX_PATTERN, least=1)
    reason = _refusal(pattern)
    if reason:
        raise BadValue(f"is no RE2 pattern: {reason}; see the RE2 syntax (no look-around, no back references)")
    return pattern


def matching(values: Iterator[str], pattern: str) -> Iterator[pa.Array]:
    """Those of `values` in which the pattern is found, in portions."""
    connection, lock = _judge()
    while portion := list(islice(values, PORTION)):
        with lock:
            connection.register("portion", pa.table({"value": pa.array(portion, pa.string())}))
            query = "SELECT value FROM portion WHERE regexp_matches(value, $1)"
            yield connection.sql(query, params=[pattern]).to_arrow_table().column("value").combine_chunks()


@lru_cache(maxsize=4_096)
def _refusal(pattern: str) -> str | None:
    connection, lock = _judge()
    with lock:
        try:
            connection.execute("SELECT regexp_matches('', $1)", [pattern]).fetchall()
        except duckdb.Error as error:
            return str(error).split(":", 1)[-1].strip()[:200]
    return None


@cache
def _judge() -> tuple[duckdb.DuckDBPyConnection, threading.Lock]:
    connection = duckdb.connect(config={"threads": 1, "memory_limit": "64MB", "enable_external_access": False})
    return connection, threading.Lock()

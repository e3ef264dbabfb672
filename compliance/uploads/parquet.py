"""The first pass over a Parquet file: every column as text that reads back to the same value."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from compliance.uploads.header import refuse_too_many
from compliance.uploads.kinds import FileKind
from compliance.uploads.raw import Raw, Watch
from compliance.uploads.readings import BLANKS, literal
from compliance.uploads.rejects import Rejects
from compliance.uploads.session import locked_down
from tabular.errors import BadParquet, NoHeader, NoRecords, TooLarge
from tabular.header import unique_names
from tabular.limits import Limits
from tabular.source import check_size

HINT = "Export the file again."
_METADATA = 64 * 2**20
"""Bytes of one text of the file's metadata, and entries of one of its lists."""
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_NUMBERS = frozenset({*_INTEGERS, *(f"U{name}" for name in _INTEGERS), "FLOAT", "DOUBLE"})
_NESTED = ("STRUCT", "MAP", "UNION", "VARIANT")
_REJECTS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class _Field:
    """A column of the file: its name there, its type as DuckDB calls it."""

    name: str
    kind: str

    @property
    def nested(self) -> bool:
        return self.kind.startswith(_NESTED) or self.kind.endswith("]")

    @property
    def exact(self) -> bool:
        return self.kind in _NUMBERS or self.kind.startswith("DECIMAL")

    def text(self) -> str:
        """SQL for its value as text: whole numbers without a fraction, instants in UTC, NaN and infinity missing."""
        name = '"' + self.name.replace('"', '""') + '"'
        if self.kind in ("FLOAT", "DOUBLE"):
            whole = f"{name} = trunc({name}) AND abs({name}) < 1e15"
            return (
                f"CASE WHEN {whole} THEN CAST(CAST({name} AS BIGINT) AS VARCHAR) "
                f"WHEN isfinite({name}) THEN CAST({name} AS VARCHAR) END"
            )
        text = f"CAST(to_json({name}) AS VARCHAR)" if self.nested else f"CAST({name} AS VARCHAR)"
        return f"CASE WHEN trim({text}, {literal(BLANKS)}) <> '' THEN {text} END"


def read_parquet(source: Path, scratch: Path, limits: Limits, watch: Watch) -> Raw:
    """Raw files and rejects.jsonl in `scratch`. Raises UploadError."""
    _check_metadata(source, limits)
    try:
        with locked_down(scratch, limits, readable=[source]) as db:
            watch.opened(db)
            return _read(db, source, scratch, limits, watch)
    except duckdb.InterruptException:
        raise
    except duckdb.Error as fault:
        reason = str(fault).splitlines()[0].replace(str(source), "the file")[:300]
        raise BadParquet(f"The Parquet file cannot be read: {reason}. {HINT}") from None


def _check_metadata(source: Path, limits: Limits) -> None:
    """Before any page is read: is the footer sane, and could the bytes received hold what it claims?"""
    try:
        with pq.ParquetFile(source, thrift_string_size_limit=_METADATA, thrift_container_size_limit=_METADATA) as file:
            found = file.metadata
            names = file.schema_arrow.names
    except (pa.ArrowException, OSError, ValueError) as fault:
        reason = str(fault).splitlines()[0][:300]
        raise BadParquet(f"The Parquet file is damaged or cut short: {reason}. Upload all of it again.") from None
    refuse_too_many(found.num_columns, limits)
    if not names:
        raise NoHeader("The Parquet file has no column.")
    if found.num_rows == 0:
        raise NoRecords("The Parquet file holds no record.")
    received = source.stat().st_size
    claimed = sum(found.row_group(group).total_byte_size for group in range(found.num_row_groups))
    check_size(max(claimed, found.num_rows * len(names)), received, limits)


def _read(db: duckdb.DuckDBPyConnection, source: Path, scratch: Path, limits: Limits, watch: Watch) -> Raw:
    fields = _fields(db, source)
    names, warnings = unique_names([each.name for each in fields])
    selected = ", ".join(f"{each.text()} AS c{place}" for place, each in enumerate(fields))
    db.execute(
        f"CREATE VIEW texts AS SELECT file_row_number + 1 AS row, {selected} FROM "  # noqa: S608 quoted above
        f"read_parquet({literal(str(source))}, binary_as_string = true, file_row_number = true)"
    )
    columns = [f"c{place}" for place in range(len(fields))]
    padded = _look(db, columns, source.stat().st_size, limits)
    watch.advance(0.5)
    good = " AND ".join(
        f"coalesce(length({c}) <= {limits.cell_chars} AND NOT contains({c}, chr(0)), true)" for c in columns
    )
    target = scratch / "raw-0.parquet"
    db.execute(f"COPY (FROM texts WHERE {good}) TO {literal(str(target))} (FORMAT parquet)")
    accepted = pq.read_metadata(target).num_rows
    rejected = _set_aside(db, good, accepted, scratch, limits)
    nested = ", ".join(f'"{name[:60]}"' for name, each in zip(names, fields, strict=True) if each.nested)
    about = [f"Nested values are kept as JSON text in: {nested}."] if nested else []
    exact = frozenset(column for column, each in zip(columns, fields, strict=True) if each.exact)
    return Raw(
        FileKind.PARQUET, names, accepted, rejected, (target,), (*warnings, *about), padded=padded, exact=exact
    )  # fmt: skip


def _fields(db: duckdb.DuckDBPyConnection, source: Path) -> list[_Field]:
    described = db.execute(
        f"DESCRIBE FROM read_parquet({literal(str(source))}, binary_as_string = true)"  # noqa: S608 quoted
    ).fetchall()
    fields = [_Field(str(name), str(kind)) for name, kind, *_ in described]
    if odd := [each for each in fields if any(ord(char) < 32 for char in each.name)]:
        raise NoHeader(f"A column name holds a control character ({odd[0].name[:50]!r}). {HINT}")
    return fields


def _look(db: duckdb.DuckDBPyConnection, columns: list[str], received: int, limits: Limits) -> frozenset[str]:
    """The columns with blanks around values; TooLarge if the texts are more than the bytes received can hold."""
    asked = ", ".join(f"coalesce(sum(strlen({c})), 0), coalesce(bool_or(trimmed({c}) <> {c}), false)" for c in columns)
    row = db.execute(f"SELECT {asked} FROM texts").fetchone() or ()  # noqa: S608 own names only
    total = int(sum(row[::2]))
    try:
        check_size(total, received, limits)
    except TooLarge:
        raise TooLarge(
            f"The file holds {total:,} bytes of text in {received:,}. Split it, or upload it as CSV."
        ) from None
    return frozenset(column for column, found in zip(columns, row[1::2], strict=True) if found)


def _set_aside(db: duckdb.DuckDBPyConnection, good: str, accepted: int, scratch: Path, limits: Limits) -> int:
    with (scratch / "rejects.jsonl").open("w", encoding="utf-8") as file:
        rejects = Rejects(file, limits, HINT)
        rows = db.execute(f"SELECT row FROM texts WHERE NOT ({good}) ORDER BY row")  # noqa: S608 own names only
        reason = f"has a value of more than {limits.cell_chars:,} characters, or with a NUL character in it"
        while found := rows.fetchmany(_REJECTS_AT_ONCE):
            for (row,) in found:
                rejects.add(row, row, reason, json.dumps({"record": row}))
            rejects.refuse_if_most(accepted)
    if not accepted:
        rejects.refuse_if_all()
    return rejects.count

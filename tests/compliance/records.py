"""Writes a records.parquet from rows of text, in plain Python, for tests of the engine and the oracle.

Understands simple forms only: numbers like -1234.5, ISO 8601 times with or without a zone, boolean words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from compliance.columns import Column, ColumnType, Zoned

NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
PLAIN = re.compile(r"-?(0|[1-9]\d{0,13})(\.\d{1,4})?", re.ASCII)
ZERO = re.compile(r"-[0.]+", re.ASCII)
TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
BOOLEANS = dict.fromkeys(["true", "yes", "y", "1", "t", "on"], True) | dict.fromkeys(
    ["false", "no", "n", "0", "f", "off"], False
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_number(text: str | None) -> Decimal | None:
    """The value as DECIMAL(18,4), rounded half-even, or None where it is no number or does not fit."""
    if text is None or not NUMBER.fullmatch(text.strip()):
        return None
    number = Decimal(text.strip())
    if abs(number) >= Decimal(10) ** 14:
        return None
    number = number.quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN)
    return number if abs(number) < Decimal(10) ** 14 else None


def read_time(text: str | None) -> int | None:
    """Microseconds since the epoch; a stamp without a zone is read as if it were UTC."""
    if text is None or not TIME.fullmatch(text.strip()):
        return None
    try:
        stamp = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    stamp = stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp
    gap = stamp - EPOCH
    return (gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds


def has_zone(text: str) -> bool:
    return datetime.fromisoformat(text.strip()).tzinfo is not None


def read_boolean(text: str | None) -> bool | None:
    return None if text is None else BOOLEANS.get(text.strip().lower())


def write_records(
    path: Path,
    headers: list[str],
    rows: list[list[str | None]],
    *,
    row_numbers: Sequence[int] | None = None,
) -> tuple[Column, ...]:
    """Writes `rows` to `path` as records.parquet and returns what is known of its columns.

    None and blank text are missing. `row_numbers` are the ordinals 1..N unless given (gaps: rejected rows).
    """
    numbers = list(row_numbers) if row_numbers is not None else list(range(1, len(rows) + 1))
    arrays: dict[str, pa.Array] = {"row": pa.array(numbers, pa.int64())}
    columns = []
    for index, header in enumerate(headers):
        texts = [row[index] if row[index] is not None and row[index].strip() else None for row in rows]
        column, typed = _column(header, f"c{index}", texts)
        columns.append(column)
        arrays |= typed
    schema = pa.schema([pa.field(name, array.type, name != "row") for name, array in arrays.items()])
    pq.write_table(pa.table(arrays, schema=schema), path)
    return tuple(columns)


def _column(header: str, stored: str, texts: list[str | None]) -> tuple[Column, dict[str, pa.Array]]:
    numbers, times = [read_number(t) for t in texts], [read_time(t) for t in texts]
    booleans = [read_boolean(t) for t in texts]
    zones = [has_zone(t) if v is not None else None for t, v in zip(texts, times, strict=True)]
    kind = _kind(_present(texts), _present(numbers), _present(times), _present(booleans))
    low, high = _bounds(kind, texts)
    column = Column(
        name=header,
        stored=stored,
        type=kind,
        nulls=len(texts) - _present(texts),
        distinct=len({t for t in texts if t is not None}),
        min=low,
        max=high,
        numbers=_present(numbers),
        times=_present(times),
        booleans=_present(booleans),
        zoned=_zoned({z for z in zones if z is not None}),
        padded=any(t is not None and t != t.strip() for t in texts),
        places=_places(texts),
    )
    typed = {} if column.places is not None else {stored: pa.array(texts, pa.string())}
    if column.numbers:
        typed[f"{stored}_n"] = pa.array(numbers, pa.decimal128(18, 4))
    if column.times:
        typed[f"{stored}_t"] = pa.array(times, pa.int64())
    if column.zoned is Zoned.MIXED:
        typed[f"{stored}_z"] = pa.array(zones, pa.bool_())
    if column.booleans:
        typed[f"{stored}_b"] = pa.array(booleans, pa.bool_())
    return column, typed


def _places(texts: list[str | None]) -> int | None:
    """As Column has it."""
    present = [text for text in texts if text is not None]
    shapes = {PLAIN.fullmatch(text) and len(text.partition(".")[2]) for text in present}
    return shapes.pop() if len(shapes) == 1 and not any(ZERO.fullmatch(text) for text in present) else None


def _present(values: Sequence[object | None]) -> int:
    return sum(value is not None for value in values)


def _kind(present: int, numbers: int, times: int, booleans: int) -> ColumnType:
    if not present:
        return ColumnType.EMPTY
    for count, kind in (
        (numbers, ColumnType.NUMBER),
        (times, ColumnType.TIME),
        (booleans, ColumnType.BOOLEAN),
    ):
        if 2 * count > present:
            return kind
    return ColumnType.TEXT


def _bounds(kind: ColumnType, texts: list[str | None]) -> tuple[str | None, str | None]:
    readers: dict[ColumnType, Callable[[str], object]] = {
        ColumnType.NUMBER: read_number,
        ColumnType.TIME: read_time,
    }
    read = readers.get(kind, str)
    present = [text for text in texts if text is not None and read(text) is not None]
    return (min(present, key=read), max(present, key=read)) if present else (None, None)


def _zoned(zones: set[bool]) -> Zoned | None:
    if not zones:
        return None
    return Zoned.MIXED if len(zones) == 2 else Zoned.ALL if True in zones else Zoned.NONE

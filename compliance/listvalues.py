"""Reading the values of a reference list from JSON or CSV: distinct, trimmed, ascending."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator

from web.errors import PayloadTooLarge, ValidationFailed

MAX_VALUES = 1_000_000
MAX_VALUE = 500
"""Characters of one value."""
MAX_BYTES = 64 * 1024 * 1024
"""Of a CSV body."""


def values_of(raw: Iterable[object]) -> list[str]:
    """The distinct trimmed texts of a JSON list, ascending. ValidationFailed names the first item that is no value."""
    return _distinct((f"values[{index}]", item) for index, item in enumerate(raw))


def values_of_csv(body: bytes, *, column: str | None = None, has_header: bool | None = None) -> list[str]:
    """The values of a CSV text (UTF-8): of its one column, or of `column`, which its first line names.

    Without `column` every line is a value, the first one included unless `has_header`. Blank values are skipped.
    """
    if len(body) > MAX_BYTES:
        raise PayloadTooLarge(f"The CSV of a list is at most {MAX_BYTES:,} bytes.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise ValidationFailed.at("", f"The CSV is not UTF-8: byte {fault.start} cannot be read.") from fault
    cells = _named_column(text, column) if column is not None else _only_column(text, skip=bool(has_header))
    return _distinct((f"line {line}", cell) for line, cell in cells if cell.strip())


def sha256_of(values: list[str]) -> str:
    """Names a set of values: two lists with the same values have the same hash."""
    return hashlib.sha256(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _distinct(items: Iterable[tuple[str, object]]) -> list[str]:
    found: set[str] = set()
    for path, item in items:
        if not isinstance(item, str):
            raise ValidationFailed.at(path, "must be text; write numbers as text, too")
        value = item.strip()
        if not 1 <= len(value) <= MAX_VALUE:
            raise ValidationFailed.at(path, f"must have 1 to {MAX_VALUE} characters besides blanks around it")
        if "\x00" in value:
            raise ValidationFailed.at(path, "holds a NUL character")
        found.add(value)
        if len(found) > MAX_VALUES:
            raise ValidationFailed.at("values", f"are more than {MAX_VALUES:,}; split the list")
    if not found:
        raise ValidationFailed.at("values", "must hold at least one value")
    return sorted(found)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as fault:
        raise ValidationFailed.at("", f"The CSV cannot be read at line {reader.line_num}: {fault}.") from fault


def _only_column(text: str, *, skip: bool) -> Iterator[tuple[int, str]]:
    for index, (line, row) in enumerate(_rows(text, ",")):
        if len(row) > 1:
            raise ValidationFailed.at("column", f"is needed: line {line} has {len(row)} columns; name the one to read")
        if index or not skip:
            yield line, row[0]


def _named_column(text: str, column: str) -> Iterator[tuple[int, str]]:
    first = text.split("\n", 1)[0]
    rows = _rows(text, max(",;\t|", key=first.count))
    header = [name.strip() for name in next(rows, (0, [""]))[1]]
    if header.count(column.strip()) != 1:
        how = "stands more than once in" if column.strip() in header else "is not in"
        raise ValidationFailed.at("column", f"{column[:100]!r} {how} the header: {', '.join(header)[:500]}")
    place = header.index(column.strip())
    for line, row in rows:
        if place < len(row):
            yield line, row[place]

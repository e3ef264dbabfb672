"""A file of leads as a table: headers and rows, streamed, from CSV or XLSX. Its bytes decide which, never its name."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from prospecting.enums import LeadFileKind
from prospecting.importing.headers import LINE, REASON
from tabular.archive import ZIP
from tabular.csv_rows import CsvRows
from tabular.decode import Block, NotUtf8, detect_encoding, utf8_blocks
from tabular.errors import EmptyFile, NoHeader, NoRecords, TooLarge, TooManyColumns, UnsupportedFormat
from tabular.formulas import undefused
from tabular.header import Names, is_blank, read_header, unique_names
from tabular.limits import Limits
from tabular.sheet import Row, half_pair, letters
from tabular.source import text_bytes
from tabular.workbook import open_sheet

MOST_ROWS = 500_000
LIMITS = Limits(columns=200, decoded_bytes=512 * 2**20, cell_chars=32_768)
_VALUE = re.compile(r"\S+@\S+\.\S+|https?://\S+|\+?[0-9][0-9 ()/.-]{5,}", re.IGNORECASE)


class TableRow(NamedTuple):
    """`line` is the row as a person counts them in the file; `fault` says why it could not be read."""

    line: int
    values: list[str]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    kind: LeadFileKind
    encoding: str
    headers: tuple[str, ...]
    rows: Iterator[TableRow]


@dataclass(frozen=True, slots=True)
class Survey:
    """What is known of a file once it has been read to its end."""

    kind: LeadFileKind
    encoding: str
    headers: tuple[str, ...]
    row_count: int


def survey(path: Path) -> Survey:
    """Reads the whole file. Raises UploadError for what cannot be taken, NoRecords for a header alone."""
    try:
        return _survey(path, "")
    except NotUtf8:
        return _survey(path, "cp1252")


def _survey(path: Path, encoding: str) -> Survey:
    with open_table(path, encoding) as table:
        count = sum(1 for _ in table.rows)
        if not count:
            raise NoRecords("The file holds a header and no row below it.")
        return Survey(table.kind, table.encoding, table.headers, count)


@contextmanager
def open_table(path: Path, encoding: str = "") -> Iterator[Table]:
    """The table in a file; `encoding` is what its survey found. Reading the rows may raise, as survey may."""
    with path.open("rb") as file:
        packed = file.read(len(ZIP)) == ZIP
    if packed:
        with open_sheet(path, LIMITS) as sheet:
            first, last = min(sheet.header.cells), max(sheet.header.cells)
            titles = [sheet.header.cells.get(column, ("", False))[0] for column in range(first, last + 1)]
            headers = _names_of(titles)[0]
            rows = (row for _, row in sheet.rows if row is not None and row.cells)
            yield Table(LeadFileKind.XLSX, "", headers, _told(headers, _sheet_rows(rows, first, len(headers))))
        return
    yield _csv_table(path, encoding)


def _csv_table(path: Path, encoding: str) -> Table:
    chunks = text_bytes(path, LIMITS)
    first = next(chunks)
    detected, skip = detect_encoding(first)
    encoding, skip = (encoding, 0) if encoding == "cp1252" else (detected, skip)
    blocks = utf8_blocks(itertools.chain([first], chunks), encoding, skip, LIMITS)
    block = next(blocks, None)
    if block is None:
        raise EmptyFile("The file is empty. Send a line of column names and one row a person below it.")
    text = block.data.decode()
    if text.lstrip()[:1] in ("{", "["):
        raise UnsupportedFormat("This is JSON. Send CSV or XLSX, or the people as records of the request itself.")
    header = read_header(text, _names_of)
    rest = Block(text[header.chars :].encode(), 1 + header.lines)
    rows = _csv_rows(itertools.chain([rest], blocks), header.delimiter, len(header.names))
    return Table(LeadFileKind.CSV, encoding, header.names, _told(header.names, rows))


def _csv_rows(blocks: Iterator[Block], delimiter: str, width: int) -> Iterator[TableRow]:
    """A row may end early, as some programs leave out what is empty; values beyond the header are a fault."""
    reader = CsvRows(blocks, delimiter, LIMITS)
    for block in blocks:
        for row in reader.of(block):
            fields = row.fields
            if fields is None:
                yield TableRow(row.line, [reader.text().rstrip("\r\n")[: LIMITS.cell_chars]], row.fault)
            elif is_blank(fields) or not any(map(str.strip, fields)):
                continue
            elif any(map(str.strip, fields[width:])):
                yield TableRow(row.line, fields, f"has {len(fields):,} values, the header has {width:,} names")
            else:
                yield TableRow(row.line, fields[:width] + [""] * (width - len(fields)))


def _sheet_rows(rows: Iterator[Row], first: int, width: int) -> Iterator[TableRow]:
    for row in rows:
        values, fault = [""] * width, ""
        for column, (text, _) in row.cells.items():
            if not 0 <= column - first < width:
                fault = f"has a value in column {letters(column)}, where the header has no name"
            elif "\0" in text or half_pair(text):
                fault = f"holds a character that is none in column {letters(column)}"
            else:
                values[column - first] = text
        yield TableRow(row.number, values, fault)


def _told(headers: Sequence[str], rows: Iterator[TableRow]) -> Iterator[TableRow]:
    """At most MOST_ROWS. In a list of failed rows that comes back, what we put there is taken out again."""
    ours = [place for place, header in enumerate(headers) if header in (LINE, REASON)]
    for count, row in enumerate(rows, 1):
        if count > MOST_ROWS:
            raise TooLarge(f"The file holds more than {MOST_ROWS:,} rows. Split it.")
        if not ours:
            yield row
        elif row.fault or any(value.strip() for place, value in enumerate(row.values) if place not in ours):
            yield row._replace(values=list(map(undefused, row.values)))


def _names_of(cells: list[str]) -> Names:
    """The names in a header. Raises TooManyColumns, NoHeader."""
    if len(cells) > LIMITS.columns:
        raise TooManyColumns(f"The header has {len(cells):,} columns, the limit is {LIMITS.columns:,}.")
    if any(ord(char) < 32 and not char.isspace() for cell in cells for char in cell):
        raise NoHeader("A column name holds a control character. Export the file again as plain text.")
    filled = [cell.strip() for cell in cells if cell.strip()]
    values = [cell for cell in filled if _VALUE.fullmatch(cell)]
    if not filled or values:
        shown = f"holds values ({values[0][:100]})" if values else "names no column"
        raise NoHeader(f"The first line {shown}. Put a line of column names, such as First Name and Email, above it.")
    return unique_names([cell.strip()[:200] for cell in cells])

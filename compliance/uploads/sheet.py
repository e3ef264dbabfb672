"""The rows of one sheet become Arrow tables; what cannot be a record is set aside with its row and the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from compliance.uploads.archive import Archive
from compliance.uploads.blanks import Blanks
from compliance.uploads.cells import Cells
from compliance.uploads.errors import BadWorkbook
from compliance.uploads.header import column_names
from compliance.uploads.limits import Limits
from compliance.uploads.rejects import Rejects
from compliance.uploads.xml_stream import read_xml

MOST_COLUMNS = 16_384
MOST_ROWS = 2**24
_BATCH_ROWS, _BATCH_CHARS = 20_000, 4 * 2**20
_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]+")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a sheet by its number, 1 the first: {column from 0: (text, whether it is a number)}."""

    number: int
    cells: dict[int, tuple[str, bool]]


class _Sheet:
    """Collects the cells of each row while the XML goes by; `rows` are those that are complete."""

    def __init__(self, cells: Cells, limits: Limits) -> None:
        self.cells = cells
        self.most = limits.cell_chars + 1
        self.rows: list[Row] = []
        self._number = 0
        self._found: dict[int, tuple[str, bool]] = {}
        self._column = -1
        self._kind, self._style, self._formula = "n", "", False
        self._pieces: list[str] = []
        self._chars = 0
        self._inside = self._spoken = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "c":
                self._column = _column(attributes.get("r"), self._column)
                self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
                self._formula, self._chars = False, 0
                self._pieces.clear()
            case "v" | "t":
                self._inside = True
            case "f":
                self._formula = True
            case "rPh":
                self._spoken = True
            case "row":
                self._number = _row_number(attributes.get("r"), self._number)
                self._found, self._column = {}, -1

    def text(self, data: str) -> None:
        if self._inside and not self._spoken and self._chars < self.most:
            self._pieces.append(data)
            self._chars += len(data)

    def end(self, name: str) -> None:
        match name:
            case "v" | "t":
                self._inside = False
            case "rPh":
                self._spoken = False
            case "c":
                value = "".join(self._pieces)
                text, numeric = self.cells.text(self._kind, self._style, value, formula=self._formula)
                if text is not None and text.strip():
                    self._found[self._column] = (text, numeric)
            case "row":
                self.rows.append(Row(self._number, self._found))


def sheet_rows(archive: Archive, part: str, cells: Cells, limits: Limits) -> Iterator[tuple[int, Row | None]]:
    """(bytes read, row) for every row of a sheet, and (bytes read, None) after each piece of it."""
    sheet = _Sheet(cells, limits)
    read = 0

    def counted() -> Iterator[bytes]:
        nonlocal read
        for chunk in archive.chunks(part):
            read += len(chunk)
            yield chunk

    for _ in read_xml(counted(), sheet.start, sheet.end, sheet.text):
        for row in sheet.rows:
            yield read, row
        sheet.rows.clear()
        yield read, None


class SheetRecords:
    """The records below a header row, as tables of `row` (1-based ordinal) and c0.. as text.

    `exact()` are the columns whose values are all numbers of the sheet. Cells without a value are missing.
    """

    def __init__(self, header: Row, rows: Iterator[Row], rejects: Rejects, limits: Limits) -> None:
        self.first, last = min(header.cells), max(header.cells)
        titles = [header.cells.get(column, ("", False))[0] for column in range(self.first, last + 1)]
        self.names, self.warnings = column_names(titles, limits)
        self.rows = rows
        self.rejects = rejects
        self.limits = limits
        self.accepted = 0
        self.blanks = Blanks()
        self._ordinal = 0
        self._numbers: set[int] = set()
        self._others: set[int] = set()

    def __iter__(self) -> Iterator[pa.Table]:
        ordinals: list[int] = []
        records: list[list[str | None]] = []
        chars = 0
        for row in self.rows:
            self._ordinal += 1
            if (why := self._fault(row)) is not None:
                shown = "\t".join(text[:500] for text, _ in list(row.cells.values())[:100])
                self.rejects.add(row.number, self._ordinal, why, shown)
                continue
            records.append(self._record(row))
            ordinals.append(self._ordinal)
            chars += sum(len(text) for text, _ in row.cells.values()) + len(self.names)
            if len(records) >= _BATCH_ROWS or chars > _BATCH_CHARS:
                yield self._table(ordinals, records)
                ordinals, records, chars = [], [], 0
        yield self._table(ordinals, records)

    def exact(self) -> frozenset[str]:
        return frozenset(f"c{place}" for place in self._numbers - self._others)

    def _fault(self, row: Row) -> str | None:
        width = len(self.names)
        outside = [column for column in row.cells if not 0 <= column - self.first < width]
        if outside:
            return f"has a value in column {_letters(outside[0])}, where the header has no name"
        if any(len(text) > self.limits.cell_chars for text, _ in row.cells.values()):
            return f"has a cell of more than {self.limits.cell_chars:,} characters"
        if any("\0" in text or not text.isascii() and _half_pair(text) for text, _ in row.cells.values()):
            return "holds a character that is none (NUL, or half of a pair)"
        return None

    def _record(self, row: Row) -> list[str | None]:
        record: list[str | None] = [None] * len(self.names)
        for column, (text, numeric) in row.cells.items():
            record[column - self.first] = text
            (self._numbers if numeric else self._others).add(column - self.first)
        return record

    def _table(self, ordinals: list[int], records: list[list[str | None]]) -> pa.Table:
        self.accepted += len(records)
        self.rejects.refuse_if_most(self.accepted)
        columns = zip(*records, strict=True) if records else ([] for _ in self.names)
        arrays = [pa.array(ordinals, pa.int64()), *(pa.array(column, pa.string()) for column in columns)]
        return self.blanks.clean(
            pa.Table.from_arrays(arrays, names=["row", *(f"c{i}" for i in range(len(self.names)))])
        )  # fmt: skip


def _half_pair(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def _column(reference: str | None, before: int) -> int:
    """The column of "B7" from 0; without a reference the one after `before`."""
    if reference is None:
        column = before + 1
    else:
        found = _REFERENCE.fullmatch(reference)
        if found is None:
            raise BadWorkbook(f'A cell is at "{reference[:20]}", which is no place. Save it again.')
        column = -1
        for letter in found[1]:
            column = 26 * (column + 1) + ord(letter) - ord("A")
    if column >= MOST_COLUMNS:
        raise BadWorkbook(f"A row has more than {MOST_COLUMNS:,} cells, which no sheet has.")
    return column


def _row_number(text: str | None, before: int) -> int:
    number = before + 1 if text is None else int(text) if text.isdigit() and len(text) < 10 else 0
    if not 0 < number <= MOST_ROWS:
        raise BadWorkbook(f'A row has the number "{(text or "")[:20]}", which no sheet has.')
    return number


def _letters(column: int) -> str:
    name = ""
    while column >= 0:
        name = chr(ord("A") + column % 26) + name
        column = column // 26 - 1
    return name

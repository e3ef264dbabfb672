"""The rows of one sheet of a workbook, as they stream by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tabular.archive import Archive
from tabular.cells import Cells
from tabular.errors import BadWorkbook
from tabular.limits import Limits
from tabular.xml_stream import read_xml

MOST_COLUMNS = 16_384
MOST_ROWS = 2**24
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


def half_pair(text: str) -> bool:
    """Whether a text holds half of a surrogate pair, which no encoding can."""
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


def letters(column: int) -> str:
    """A column from 0 as a sheet calls it: A, B, ... AA."""
    name = ""
    while column >= 0:
        name = chr(ord("A") + column % 26) + name
        column = column // 26 - 1
    return name

"""The rows of one sheet become Arrow tables; what cannot be a record is set aside with its row and the reason."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from compliance.uploads.blanks import Blanks
from compliance.uploads.header import column_names
from compliance.uploads.rejects import Rejects
from tabular.limits import Limits
from tabular.sheet import Row, half_pair, letters

_BATCH_ROWS, _BATCH_CHARS = 20_000, 4 * 2**20


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
            return f"has a value in column {letters(outside[0])}, where the header has no name"
        if any(len(text) > self.limits.cell_chars for text, _ in row.cells.values()):
            return f"has a cell of more than {self.limits.cell_chars:,} characters"
        if any("\0" in text or not text.isascii() and half_pair(text) for text, _ in row.cells.values()):
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

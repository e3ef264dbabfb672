"""CSV blocks become Arrow batches; what cannot be a record is set aside with its line and the reason.

Two readers with one meaning: Arrow's for blocks without quotes where every row fits (most files, most
blocks), the csv module for everything else. The careful one is the definition, the other only faster.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from compliance.uploads.blanks import Blanks, may_be_padded
from compliance.uploads.rejects import Rejects
from tabular.csv_rows import CsvRow, CsvRows
from tabular.decode import Block
from tabular.header import is_blank
from tabular.limits import Limits


class CsvRecords:
    """The records of a CSV file whose header has been read; `blocks` begin right after it.

    Iterating gives Arrow tables: `row` (1-based ordinal, rejected ones counted) and c0..cN-1 as text,
    blank fields null. `blanks.padded` names the columns whose values have blanks around them.
    """

    def __init__(self, blocks: Iterator[Block], delimiter: str, width: int, rejects: Rejects, limits: Limits) -> None:
        self.blocks = blocks
        self.delimiter = delimiter
        self.width = width
        self.rejects = rejects
        self.limits = limits
        self.names = [f"c{i}" for i in range(width)]
        self.schema = pa.schema([("row", pa.int64()), *((name, pa.string()) for name in self.names)])
        self.accepted = 0
        self.blanks = Blanks()
        self._row = 0
        self._counted = pa.array([], pa.int64())
        self._rows = CsvRows(blocks, delimiter, limits)

    def __iter__(self) -> Iterator[pa.Table]:
        for block in self.blocks:
            table = self._fast(block)
            if table is None:
                table = self._careful(block)
            self.accepted += table.num_rows
            self.rejects.refuse_if_most(self.accepted)
            yield table

    def _fast(self, block: Block) -> pa.Table | None:
        """The block read by Arrow, or None if that could differ from what the csv module makes of it."""
        data = block.data
        if self.width == 1 or b'"' in data or b"\0" in data or _has_lone_cr(data):
            return None
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(data),
                arrow_csv.ReadOptions(column_names=self.names, block_size=2**20),
                arrow_csv.ParseOptions(delimiter=self.delimiter, quote_char=False),
                arrow_csv.ConvertOptions(
                    column_types=self.schema, null_values=[""], strings_can_be_null=True, check_utf8=False
                ),
            )
        except pa.ArrowInvalid:
            return None
        if any((pc.max(pc.binary_length(column)).as_py() or 0) > self.limits.cell_chars for column in table.columns):
            return None
        table = table.add_column(0, self.schema.field(0), self._next_rows(table.num_rows))
        return self.blanks.clean(table) if may_be_padded(data, self.delimiter.encode()) else table

    def _next_rows(self, count: int) -> pa.Array:
        """The next `count` ordinals: one run counted in Python for the longest block, shifted for each."""
        if len(self._counted) < count:
            self._counted = pa.array(range(1, count + 1), pa.int64())
        rows = pc.add(self._counted.slice(0, count), self._row)
        self._row += count
        return rows

    def _careful(self, block: Block) -> pa.Table:
        accepted: list[list[str]] = []
        rows: list[int] = []
        for row in self._rows.of(block):
            fields = self._judged(row)
            if fields is not None:
                accepted.append(fields)
                rows.append(self._row)
        columns = zip(*accepted, strict=True) if accepted else ([] for _ in self.names)
        arrays = [pa.array(column, pa.string()) for column in columns]
        table = pa.Table.from_arrays([pa.array(rows, pa.int64()), *arrays], schema=self.schema)
        return self.blanks.clean(table)

    def _judged(self, row: CsvRow) -> list[str] | None:
        """The fields of a record; None for a blank line and for what was set aside."""
        fields, fault = row.fields, row.fault
        if fields is not None:
            if len(fields) == self.width and not (self._rows.may_hold_nul and any("\0" in field for field in fields)):
                if self.width == 1 and is_blank(fields):
                    return None
                self._row += 1
                return fields
            if is_blank(fields):
                return None
            fault = (
                "holds a NUL byte"
                if len(fields) == self.width
                else f"has {len(fields):,} fields, the header has {self.width:,}"
            )
        self._row += 1
        self.rejects.add(row.line, self._row, fault, self._rows.text())
        return None


def _has_lone_cr(data: bytes) -> bool:
    return b"\r" in data and data.count(b"\r") != data.count(b"\r\n")

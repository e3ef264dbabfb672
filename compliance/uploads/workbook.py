"""The first pass over an XLSX workbook: its first sheet with anything in it becomes raw records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from compliance.uploads.kinds import FileKind
from compliance.uploads.raw import Raw, RawFiles, Watch
from compliance.uploads.rejects import Rejects
from compliance.uploads.sheet_records import SheetRecords
from tabular.errors import NoRecords
from tabular.limits import Limits
from tabular.sheet import Row
from tabular.workbook import Sheet, open_sheet

HINT = "Put the column names into the first row of the sheet, and one record into each row below."


def read_workbook(source: Path, scratch: Path, limits: Limits, watch: Watch) -> Raw:
    """Raw files and rejects.jsonl in `scratch`. Raises UploadError."""
    with open_sheet(source, limits) as sheet:
        return _read(sheet, scratch, limits, watch)


def _read(sheet: Sheet, scratch: Path, limits: Limits, watch: Watch) -> Raw:
    with (scratch / "rejects.jsonl").open("w", encoding="utf-8") as file, RawFiles(scratch) as raw:
        rejects = Rejects(file, limits, HINT)
        reader = SheetRecords(sheet.header, _watched(sheet.rows, sheet.size, watch), rejects, limits)
        for table in reader:
            raw.write(table)
    if not reader.accepted:
        rejects.refuse_if_all()
        raise NoRecords(f'The sheet "{sheet.name[:100]}" holds a header and no record below it.')
    warnings = list(reader.warnings)
    if sheet.others:
        named = ", ".join(f'"{name[:60]}"' for name in sheet.others[:10])
        warnings.append(
            f'The sheet "{sheet.name[:60]}" was read; not read: {named}. Upload them as files of their own.'
        )
    if sheet.cells.uncomputed:
        warnings.append(
            f"{sheet.cells.uncomputed:,} formulas hold no computed value and were read as missing; open the workbook "
            "in a spreadsheet program and save it there."
        )
    return Raw(
        FileKind.XLSX, reader.names, reader.accepted, rejects.count, tuple(raw.paths), tuple(warnings),
        padded=reader.blanks.padded, exact=reader.exact(), sheet=sheet.name,
    )  # fmt: skip


def _watched(rows: Iterator[tuple[int, Row | None]], size: int, watch: Watch) -> Iterator[Row]:
    """The rows that hold something; `rows` also says how many bytes of the sheet were read."""
    for read, row in rows:
        if row is None:
            watch.advance(min(1.0, read / max(1, size)))
        elif row.cells:
            yield row

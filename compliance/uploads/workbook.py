"""The first pass over an XLSX workbook: its first sheet with anything in it becomes raw records."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from compliance.uploads.archive import Archive
from compliance.uploads.cells import Cells, SharedTexts, cell_formats, shared_texts
from compliance.uploads.errors import BadWorkbook, EmptyFile, NoRecords, NotText, UnsupportedFormat
from compliance.uploads.kinds import FileKind
from compliance.uploads.limits import Limits
from compliance.uploads.raw import Raw, RawFiles, Watch
from compliance.uploads.rejects import Rejects
from compliance.uploads.sheet import Row, SheetRecords, sheet_rows

HINT = "Put the column names into the first row of the sheet, and one record into each row below."
_MOST_INDEX = 2**20
_RELATION = "/relationships/"


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    part: str
    hidden: bool


def read_workbook(source: Path, scratch: Path, limits: Limits, watch: Watch) -> Raw:
    """Raw files and rejects.jsonl in `scratch`. Raises UploadError."""
    with Archive(source) as archive:
        main = _main_part(archive)
        book, related = _index(archive, main), _relations(archive, main)
        cells = _cells(archive, book, related, limits)
        sheets = sorted(_sheets(book, related), key=lambda sheet: sheet.hidden)
        for place, sheet in enumerate(sheets):
            rows = _watched(sheet_rows(archive, sheet.part, cells, limits), archive.size(sheet.part), watch)
            header = next(rows, None)
            if header is not None:
                others = [other.name for other in sheets[place + 1 :] if not other.hidden]
                return _read(sheet, others, header, rows, cells, scratch, limits)
    raise EmptyFile("No sheet of the workbook holds anything. Send a row of column names and the records below.")


def _read(
    sheet: _Sheet, others: list[str], header: Row, rows: Iterator[Row], cells: Cells, scratch: Path, limits: Limits
) -> Raw:
    with (scratch / "rejects.jsonl").open("w", encoding="utf-8") as file, RawFiles(scratch) as raw:
        rejects = Rejects(file, limits, HINT)
        reader = SheetRecords(header, rows, rejects, limits)
        for table in reader:
            raw.write(table)
    if not reader.accepted:
        rejects.refuse_if_all()
        raise NoRecords(f'The sheet "{sheet.name[:100]}" holds a header and no record below it.')
    warnings = list(reader.warnings)
    if others:
        named = ", ".join(f'"{name[:60]}"' for name in others[:10])
        warnings.append(
            f'The sheet "{sheet.name[:60]}" was read; not read: {named}. Upload them as files of their own.'
        )
    if cells.uncomputed:
        warnings.append(
            f"{cells.uncomputed:,} formulas hold no computed value and were read as missing; open the workbook in a "
            "spreadsheet program and save it there."
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


def _main_part(archive: Archive) -> str:
    """The part that lists the sheets."""
    if "_rels/.rels" not in archive:
        raise NotText("This is a zip archive, not a workbook. Upload the file inside it, or gzip of that.")
    for target, kind in _relations(archive, "").values():
        if kind.endswith(_RELATION + "officeDocument"):
            if target.endswith(".bin"):
                raise UnsupportedFormat("XLSB workbooks are not read; save it as XLSX or CSV.")
            if posixpath.basename(target).startswith("workbook"):
                return target
            raise NotText("This is an office document, not a workbook. Save its table as XLSX or CSV.")
    raise NotText("This is a zip archive, not a workbook. Upload the file inside it, or gzip of that.")


def _relations(archive: Archive, part: str) -> dict[str, tuple[str, str]]:
    """{id: (part, kind)} of what a part refers to."""
    folder, name = posixpath.split(part)
    found = {}
    for each in _index(archive, posixpath.join(folder, "_rels", f"{name}.rels")):
        target = each.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
        found[each.get("Id", "")] = (path, each.get("Type", ""))
    return found


def _index(archive: Archive, part: str) -> Element:
    """A small part as a tree."""
    try:
        root: Element = fromstring(archive.whole(part, _MOST_INDEX), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as fault:
        raise BadWorkbook(f'The part "{part[:100]}" of the workbook is damaged ({fault}). Save it again.') from None
    return root


def _sheets(book: Element, related: dict[str, tuple[str, str]]) -> Iterator[_Sheet]:
    for each in book.iterfind("{*}sheets/{*}sheet"):
        key = next((value for name, value in each.items() if name.endswith("}id")), "")
        part, kind = related.get(key, ("", ""))
        if kind.endswith(_RELATION + "worksheet"):
            yield _Sheet(each.get("name", ""), part, each.get("state", "visible") != "visible")


def _cells(archive: Archive, book: Element, related: dict[str, tuple[str, str]], limits: Limits) -> Cells:
    """How the values of this workbook's cells are written."""
    parts = {kind.rpartition("/")[2]: part for part, kind in related.values()}
    properties = book.find("{*}workbookPr")
    mac = properties is not None and properties.get("date1904", "0") in ("1", "true")
    texts, formats = parts.get("sharedStrings"), parts.get("styles")
    return Cells(
        texts=shared_texts(archive.chunks(texts), limits.cell_chars + 1)
        if texts in archive and texts
        else SharedTexts(),
        formats=cell_formats(archive.chunks(formats)) if formats in archive and formats else [],
        epoch=MAC_EPOCH if mac else WINDOWS_EPOCH,
    )

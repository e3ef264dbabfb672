"""An XLSX workbook: which sheet holds something, and its rows as a stream."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

from tabular.archive import Archive
from tabular.cells import Cells, SharedTexts, cell_formats, shared_texts
from tabular.errors import BadWorkbook, EmptyFile, NotText, UnsupportedFormat
from tabular.limits import Limits
from tabular.sheet import Row, sheet_rows

_MOST_INDEX = 2**20
_RELATION = "/relationships/"


@dataclass(frozen=True, slots=True)
class _Sheet:
    name: str
    part: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first sheet of a workbook with anything in it: its first row, and those below.

    `rows` also gives, now and then, how many of the `size` bytes were read, with None. `others` names the sheets that
    are not read.
    """

    name: str
    others: tuple[str, ...]
    header: Row
    rows: Iterator[tuple[int, Row | None]]
    size: int
    cells: Cells


@contextmanager
def open_sheet(source: Path, limits: Limits) -> Iterator[Sheet]:
    """Visible sheets come first. Raises UploadError."""
    with Archive(source) as archive:
        main = _main_part(archive)
        book, related = _index(archive, main), _relations(archive, main)
        cells = _cells(archive, book, related, limits)
        sheets = sorted(_sheets(book, related), key=lambda sheet: sheet.hidden)
        for place, sheet in enumerate(sheets):
            rows = sheet_rows(archive, sheet.part, cells, limits)
            header = next((row for _, row in rows if row is not None and row.cells), None)
            if header is not None:
                others = tuple(other.name for other in sheets[place + 1 :] if not other.hidden)
                yield Sheet(sheet.name, others, header, rows, archive.size(sheet.part), cells)
                return
    raise EmptyFile("No sheet of the workbook holds anything. Send a row of column names and the records below.")


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

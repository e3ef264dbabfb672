"""Workbooks for tests: as a spreadsheet program writes them, and as an attacker would."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import xlsxwriter

WORKBOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
_RELATION = f'<Relationship Id="{{}}" Type="{_KIND}{{}}" Target="{{}}"/>'


def workbook(sheets: dict[str, Sequence[Sequence[Any]]], **options: Any) -> bytes:
    """{sheet: rows}; a cell may be (value, number format)."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, **options}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    value, code = cell if isinstance(cell, tuple) else (cell, None)
                    sheet.write(r, c, value, book.add_format({"num_format": code}) if code else None)
    return file.getvalue()


def raw_workbook(rows: str, *, texts: str | None = None, before: str = "", **parts: str) -> bytes:
    """A workbook of hand-written parts: `rows` is the XML inside sheetData, `before` stands above its root."""
    relations = _RELATION.format("rId1", "worksheet", "worksheets/sheet1.xml")
    if texts is not None:
        relations += _RELATION.format("rId2", "sharedStrings", "sharedStrings.xml")
    content = {
        "_rels/.rels": _RELATIONS.format(_RELATION.format("r", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": WORKBOOK,
        "xl/_rels/workbook.xml.rels": _RELATIONS.format(relations),
        "xl/worksheets/sheet1.xml": f"{before}<worksheet><sheetData>{rows}</sheetData></worksheet>",
        **({"xl/sharedStrings.xml": f"{before}<sst>{texts}</sst>"} if texts is not None else {}),
        **parts,
    }
    return zipped(content)


def zipped(content: dict[str, str | bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, part in content.items():
            archive.writestr(name, part)
    return file.getvalue()


def cells(*values: object) -> str:
    """The XML of one row of inline texts."""
    return "<row>" + "".join(f'<c t="inlineStr"><is><t>{value}</t></is></c>' for value in values) + "</row>"

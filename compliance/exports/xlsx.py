"""A scan as a workbook: Summary, Rules, Violations, Evidence. Written row by row, in flat memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import xlsxwriter

from compliance.exports.cells import csv_cell
from compliance.exports.material import Material
from compliance.exports.rows import COLUMNS, Row
from compliance.exports.summary import results_of, summary_of
from compliance.written import plain
from tabular.formulas import defused

MOST_ROWS = 1_048_575
"""Rows of a sheet below its header."""
EVIDENCE_ROWS = 100_000
TEXT_MOST = 32_767
"""Characters of a cell."""
EXACT_DIGITS = 15
"""What a spreadsheet's number holds; a longer one is written as text."""
_CUT = " … (cut; the CSV has all of it)"
_WIDTHS = {"id": 38, "scan_id": 38, "first_seen_scan_id": 38, "explanation": 70, "rule_name": 34, "account": 24}
_RULES = ("rule_id", "name", "severity", "kind", "state", "findings", "violations", "evaluated", "not_evaluated",
          "reason", "policy_section", "in_words")  # fmt: skip


class _Sheet:
    """One sheet under way: a header that stays, a filter, and rows from top to bottom."""

    def __init__(self, book: Any, name: str, columns: Sequence[str], formats: dict[str, Any]) -> None:
        self.sheet, self.formats, self.columns = book.add_worksheet(name), formats, columns
        for index, column in enumerate(columns):
            self.sheet.set_column(index, index, _WIDTHS.get(column, 18))
        self.sheet.freeze_panes(1, 0)
        self.rows = 0
        for index, column in enumerate(columns):
            self.sheet.write_string(0, index, defused(column)[:TEXT_MOST], formats["head"])

    def add(self, values: Iterable[object]) -> None:
        self.rows += 1
        for index, value in enumerate(values):
            self._cell(index, value)

    def close(self) -> None:
        self.sheet.autofilter(0, 0, max(self.rows, 1), len(self.columns) - 1)

    def _cell(self, column: int, value: object) -> None:
        match value:
            case None | "":
                return
            case Decimal() if len(value.as_tuple().digits) > EXACT_DIGITS and len(plain(value)) > EXACT_DIGITS:
                self.sheet.write_string(self.rows, column, plain(value))
            case int() | float() | Decimal():
                self.sheet.write_number(self.rows, column, value)
            case datetime():
                naive = value.replace(tzinfo=None)
                self.sheet.write_datetime(self.rows, column, naive, self.formats["time"])
            case _:
                self.sheet.write_string(self.rows, column, _text(csv_cell(value)))


def write(material: Material, target: Path) -> None:
    """Write the workbook to `target`."""
    options = {"constant_memory": True, "tmpdir": str(material.scratch), "in_memory": False}
    book = xlsxwriter.Workbook(str(target), options)
    book.set_properties({"title": "Compliance scan", "created": material.completed_at.replace(tzinfo=None)})
    formats = {
        "head": book.add_format({"bold": True, "bg_color": "#E8EDF3", "bottom": 1}),
        "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
    }
    _summary(book, material, formats)
    _rules(book, material, formats)
    _violations(book, material, formats)
    _evidence(book, material, formats)
    book.close()


def _summary(book: Any, material: Material, formats: dict[str, Any]) -> None:
    sheet = _Sheet(book, "Summary", ("fact", "value"), formats)
    sheet.sheet.set_column(0, 0, 34)
    sheet.sheet.set_column(1, 1, 90)
    for fact, value in summary_of(material.scan):
        sheet.add((fact, value))
    if material.scan.violation_count > MOST_ROWS:
        sheet.add(("Violations shown", f"the first {MOST_ROWS:,}: a sheet holds no more; the CSV has them all"))
    sheet.add(("Evidence shown", f"up to 5 records a violation, {EVIDENCE_ROWS:,} in all; the findings have them all"))


def _rules(book: Any, material: Material, formats: dict[str, Any]) -> None:
    sheet = _Sheet(book, "Rules", _RULES, formats)
    for result in results_of(material.scan):
        sheet.add(result[name] for name in _RULES)
    sheet.close()


def _violations(book: Any, material: Material, formats: dict[str, Any]) -> None:
    sheet = _Sheet(book, "Violations", COLUMNS, formats)
    for row in islice(material.rows(), MOST_ROWS):
        sheet.add(row[name] for name in COLUMNS)
    sheet.close()


def _evidence(book: Any, material: Material, formats: dict[str, Any]) -> None:
    """The samples of the violations: who reads the sheet sees on its last line whether it was cut."""
    headers = [column.name for column in material.scan.upload.facts().columns]
    sheet = _Sheet(book, "Evidence", ("violation_id", "rule_id", "account", "upload_id", "row", *headers), formats)
    for row in material.rows(evidence=True):
        if sheet.rows + len(row["evidence"]) > EVIDENCE_ROWS:
            sheet.add((f"Cut here, after {sheet.rows:,} records: /api/violations/(id)/findings has them all",))
            break
        for line in _records(row, headers, str(material.scan.upload_id)):
            sheet.add(line)
    sheet.close()


def _records(row: Row, headers: Sequence[str], own: str) -> Iterable[list[object]]:
    for record in row["evidence"]:
        values = record.get("values") or {}
        upload = record.get("upload_id", own)  # said only of records of context
        texts = (values.get(name) for name in headers)
        yield [row["id"], row["rule_id"], row["account"], upload, record["row"], *texts]


def _text(text: str) -> str:
    safe = defused(text)
    return safe if len(safe) <= TEXT_MOST else safe[: TEXT_MOST - len(_CUT)] + _CUT

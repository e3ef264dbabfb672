"""The workbook, read back."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.core.files.storage import default_storage

from compliance.exports import rows, xlsx
from compliance.models import Export, Violation
from tests.compliance.exports.conftest import Scanned
from tests.compliance.exports.payloads import HARMLESS, RUN
from tests.contract.ledgers import BIG

pytestmark = pytest.mark.django_db
Exported = Callable[..., Export]


def read(export: Export) -> Any:
    with default_storage.open(export.file) as file:
        return openpyxl.load_workbook(file)


def table(sheet: Any) -> list[dict[str, Any]]:
    head, *lines = sheet.iter_rows(values_only=True)
    return [dict(zip(head, line, strict=True)) for line in lines]


def test_the_sheets_hold_the_scan(scanned: Scanned, exported: Exported) -> None:
    scan = scanned("A", "A", "B")
    book = read(exported(scan, "xlsx"))
    assert book.sheetnames == ["Summary", "Rules", "Violations", "Evidence"]
    facts = {line["fact"]: line["value"] for line in table(book["Summary"])}
    assert facts["Score, 0 to 100"] == float(scan.score)
    assert facts["Result digest"] == scan.result_digest
    assert facts["Violations"] == 3
    assert f"N = {scan.record_count}" in facts["How the score is computed"]
    assert "W = 2.5" in facts["How the score is computed"]  # HIGH 3/4 x 3 findings, LOW 1/4 x 1
    assert {line["rule_id"]: line["state"] for line in table(book["Rules"])} == {
        "BIG": "completed",
        "OFTEN": "completed",
    }
    violations = table(book["Violations"])
    assert list(violations[0]) == list(rows.COLUMNS)
    assert {(line["rule_id"], line["account"], line["amount"]) for line in violations} == {
        ("BIG", "A", 1000), ("BIG", "B", 500), ("OFTEN", "A", 1000),
    }  # fmt: skip
    evidence = table(book["Evidence"])
    assert {(line["account"], line["row"], line["Amount"]) for line in evidence if line["rule_id"] == "BIG"} == {
        ("A", 1, "500"), ("A", 2, "500"), ("B", 3, "500"),
    }  # fmt: skip
    for name in ("Rules", "Violations", "Evidence"):
        assert book[name].freeze_panes == "A2"
        assert book[name].auto_filter.ref.startswith("A1:")


def test_no_cell_would_be_run_and_none_is_lost(scanned: Scanned, exported: Exported) -> None:
    texts = [text for text in [*RUN, *HARMLESS] if text.strip(" \t\r\n\0")]
    lines = ["Account,Amount,Date,Note", *(f'A{n},500,2024-01-01,"{text.replace(chr(34), chr(34) * 2)}"'
             for n, text in enumerate(texts))]  # fmt: skip
    scan = scanned(content="\n".join(lines).replace("\0", ""), rules=[BIG], audit_name="=1+1")
    book = read(exported(scan, "xlsx"))
    notes = {line["account"]: line["Note"] for line in table(book["Evidence"])}
    assert len(notes) == len(texts)
    for sheet in book:
        for line in sheet.iter_rows():
            for cell in line:
                assert cell.data_type != "f", cell.value
                if isinstance(cell.value, str) and cell.value not in HARMLESS:
                    assert unicodedata.normalize("NFKC", cell.value.strip("\u200b\ufeff\u00ad \t\r\n"))[
                        :1
                    ] not in tuple("=+-@")
    assert "'=1+1" in [line["value"] for line in table(book["Summary"])]


def test_long_texts_and_numbers_are_never_silently_changed() -> None:
    assert xlsx._text("x" * 40_000).endswith("… (cut; the CSV has all of it)")
    assert len(xlsx._text("=" + "x" * 40_000)) == xlsx.TEXT_MOST


def test_the_evidence_sheet_is_bounded_and_says_so(
    scanned: Scanned, exported: Exported, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx, "EVIDENCE_ROWS", 3)
    book = read(exported(scanned(*"ABCDE"), "xlsx"))
    *shown, last = table(book["Evidence"])
    assert len(shown) == 3
    assert last["violation_id"].startswith("Cut here, after 3 records")
    facts = {line["fact"]: line["value"] for line in table(book["Summary"])}
    assert "3 in all" in facts["Evidence shown"]


def test_a_record_of_context_is_told_from_one_of_the_scanned_file(scanned: Scanned, exported: Exported) -> None:
    scan = scanned("A", rules=[BIG])
    context = {"row": 1, "upload_id": "earlier", "values": {"Amount": "7"}}
    (violation,) = Violation.objects.filter(scan=scan)
    Violation.objects.filter(scan=scan).update(sample=[*violation.sample, context])
    evidence = table(read(exported(scan, "xlsx"))["Evidence"])
    assert [(line["upload_id"], line["row"]) for line in evidence] == [(str(scan.upload_id), 1), ("earlier", 1)]

"""Files of leads as tables: whatever spreadsheet wrote them, with the row numbers a person sees."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from prospecting.importing.tables import LIMITS, Survey, TableRow, open_table, survey
from tabular.errors import NoHeader, NoRecords, NotText, TooLarge, TooManyColumns, UnsupportedFormat, UploadError
from tests.compliance.uploads.workbooks import raw_workbook, workbook, zipped


def read(tmp_path: Path, content: bytes | str) -> tuple[Survey, list[TableRow]]:
    path = tmp_path / "file"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    found = survey(path)
    with open_table(path, found.encoding) as table:
        return found, list(table.rows)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_every_usual_delimiter_and_encoding_is_read(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = f"Vorname{delimiter}Firma\r\nJürgen{delimiter}Müller & Söhne\r\n"
    found, rows = read(tmp_path, text.encode(encoding))
    assert found.headers == ("Vorname", "Firma")
    assert rows == [TableRow(2, ["Jürgen", "Müller & Söhne"])]


def test_lines_are_counted_as_a_person_counts_them(tmp_path: Path) -> None:
    text = '\nName,About\n\n"Anna","two\nlines"\n   ,\nBen,"a ""quoted"" word, and a comma"\n'
    _, rows = read(tmp_path, text)
    assert rows == [TableRow(4, ["Anna", "two\nlines"]), TableRow(7, ["Ben", 'a "quoted" word, and a comma'])]


def test_a_short_row_is_filled_up_and_a_long_one_is_a_fault(tmp_path: Path) -> None:
    found, rows = read(tmp_path, "a,b,c\n1\n1,2,3,,\n1,2,3,4\n")
    assert rows[0] == TableRow(2, ["1", "", ""])
    assert rows[1] == TableRow(3, ["1", "2", "3"])
    assert (rows[2].line, rows[2].fault) == (4, "has 4 values, the header has 3 names")
    assert found.row_count == 3


def test_a_quote_left_open_costs_one_row(tmp_path: Path) -> None:
    _, rows = read(tmp_path, 'a,b\n1,"open\n2,x\n3,y\n')
    assert [(row.line, row.fault) for row in rows] == [(2, "opens a quote that is never closed"), (3, ""), (4, "")]


def test_a_cell_that_looks_like_a_formula_is_text(tmp_path: Path) -> None:
    _, rows = read(tmp_path, "Name,Company\n=1+1,@SUM(A1)\n")
    assert rows[0].values == ["=1+1", "@SUM(A1)"]


def test_a_workbook_is_read_with_the_numbers_of_its_rows(tmp_path: Path) -> None:
    rows = [["First Name", "Phone"], ["Anna", 491701234567], [], ["=1+1", "x"]]
    found, read_rows = read(tmp_path, workbook({"Leads": rows}, strings_to_formulas=False))
    assert found.headers == ("First Name", "Phone")
    assert read_rows == [TableRow(2, ["Anna", "491701234567"]), TableRow(4, ["=1+1", "x"])]


def test_a_value_beside_the_header_of_a_sheet_is_a_fault(tmp_path: Path) -> None:
    _, rows = read(tmp_path, workbook({"Leads": [["Name"], ["Anna"], ["Ben", "stray"]]}))
    assert [row.fault for row in rows] == ["", "has a value in column B, where the header has no name"]


def test_gzip_is_unpacked(tmp_path: Path) -> None:
    assert read(tmp_path, gzip.compress(b"Name\nAnna\n"))[1] == [TableRow(2, ["Anna"])]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", UploadError),
        (b"\n\n", UploadError),
        (b"Name,Email\n", NoRecords),
        (b"Anna,anna@acme.example\nBen,ben@acme.example\n", NoHeader),
        (b"Anna,+49 30 1234567\n", NoHeader),
        (b"%PDF-1.7 ...", NotText),
        (b"\x00\x01\x02\x03" * 50, NotText),
        (b'[{"name": "Anna"}]', UnsupportedFormat),
        (b'{"name": "Anna"}\n', UnsupportedFormat),
        (b"PAR1....", UploadError),
        (zipped({"a.csv": "Name\nAnna\n"}), NotText),
        (b"PK\x03\x04 and no archive", UploadError),
        (",".join(f"c{n}" for n in range(LIMITS.columns + 1)).encode() + b"\n1\n", TooManyColumns),
        (raw_workbook("<row><c><v>1</v></c></row>" * 900_000), TooLarge),
        (gzip.compress(b"Name\n" + b"Anna Anna\n" * 20_000_000, 9), TooLarge),
    ],
    ids=["empty", "blank", "header alone", "e-mails as header", "phones as header", "PDF", "binary", "JSON",
         "JSON lines", "Parquet", "zip", "no zip", "wide", "zip bomb", "gzip bomb"],
)  # fmt: skip
def test_what_is_no_table_of_leads_is_refused(tmp_path: Path, content: bytes, fault: type[UploadError]) -> None:
    with pytest.raises(fault):
        read(tmp_path, content)

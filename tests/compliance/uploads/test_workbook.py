"""XLSX: what the cells say, and nothing a hostile archive can do."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tabular.cells import number_text
from tabular.errors import (
    BadWorkbook,
    EmptyFile,
    NoHeader,
    NoRecords,
    NotText,
    TooLarge,
    TooManyColumns,
    TooManyRejects,
    UploadError,
)
from tests.compliance.uploads.files import Taken, take
from tests.compliance.uploads.workbooks import cells, raw_workbook, workbook, zipped

HEADER = cells("a", "b")


def one(folder: Path, *values: Any) -> Taken:
    """A sheet with an id beside the column of interest."""
    return take(folder, workbook({"Sheet1": [["id", "v"], *(["x", value] for value in values)]}))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (123, "123"),
        (123.0, "123"),
        (100_000, "100000"),
        (1e15, "1000000000000000"),
        (0.1 + 0.2, "0.3"),
        (1234.5599999999999, "1234.56"),
        (0.00001, "0.00001"),
        (-5.5, "-5.5"),
        ((42, "00000"), "00042"),
        ("00123", "00123"),
        ("1.50", "1.50"),
        (True, "true"),
        (False, "false"),
        ((datetime(2024, 3, 4), "dd/mm/yyyy"), "2024-03-04"),  # noqa: DTZ001
        ((datetime(2024, 3, 4, 5, 6, 7), "yyyy-mm-dd hh:mm"), "2024-03-04T05:06:07"),  # noqa: DTZ001
        ((time(5, 6, 7), "hh:mm:ss"), "05:06:07"),
        ((timedelta(hours=30, minutes=5), "[h]:mm"), "30:05:00"),
        ((0.5, "0%"), "0.5"),
        ("  padded ", "  padded "),
    ],
)  # fmt: skip
def test_a_cell_reads_as_it_shows(tmp_path: Path, cell: Any, text: str) -> None:
    assert one(tmp_path, cell).values("v") == [text]


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("12345678901234567890", "12345678901234567890"), ("1E5", "100000"), ("1e+05", "100000"), ("1.5E-3", "0.0015"),
        ("123.0", "123"), ("-0.0", "0"), ("0.30000000000000004", "0.3"), ("9007199254740993", "9007199254740993"),
        ("1E+300000", "1E+300000"), ("nonsense", "nonsense"), ("NaN", "NaN"),
    ],
)  # fmt: skip
def test_a_stored_number_is_written_without_an_exponent(stored: str, text: str) -> None:
    assert number_text(stored) == text


def test_numbers_of_the_sheet_are_never_ambiguous(tmp_path: Path) -> None:
    column = one(tmp_path, 1.234, 2.345).columns["v"]
    assert (column.type, column.ambiguous) == ("number", False)
    assert one(tmp_path, "1.234").columns["v"].ambiguous is True


def test_formulas_show_their_computed_values_and_errors_are_missing(tmp_path: Path) -> None:
    rows = (
        HEADER
        + '<row><c><f>1+1</f><v>2</v></c><c t="str"><f>A1</f><v>x</v></c></row>'
        + '<row><c t="e"><f>1/0</f><v>#DIV/0!</v></c><c t="b"><v>1</v></c></row>'
        + "<row><c><f>1+2</f></c><c><v>7</v></c></row>"
    )
    taken = take(tmp_path, raw_workbook(rows))
    assert (taken.values("a"), taken.values("b")) == (["2", None, None], ["x", "true", "7"])
    assert any("1 formulas hold no computed value" in warning for warning in taken.ingested.profile.warnings)


def test_shared_and_rich_texts_are_read_and_pronunciation_is_not(tmp_path: Path) -> None:
    texts = (
        "<si><t>a</t></si><si><t>b</t></si><si><r><t>ri</t></r><r><t>ch</t></r><rPh><t>no</t></rPh></si>"
        "<si><t>x_x000D_y &amp; z</t></si>"
    )
    rows = '<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row><row><c t="s"><v>2</v></c><c t="s"><v>3</v></c></row>'
    taken = take(tmp_path, raw_workbook(rows, texts=texts))
    assert (taken.values("a"), taken.values("b")) == (["rich"], ["x\ry & z"])


def test_the_first_sheet_with_anything_in_it_is_read_and_named(tmp_path: Path) -> None:
    table = [["a", "b"], [1, 2]]
    taken = take(tmp_path, workbook({"Empty": [], "Data": table, "More": table}))
    profile = taken.ingested.profile
    assert (profile.kind, profile.sheet) == ("xlsx", "Data")
    assert any('"Data" was read; not read: "More"' in warning for warning in profile.warnings)


def test_rows_beyond_the_header_are_set_aside_with_their_row_number(tmp_path: Path) -> None:
    table = [[], ["", "a", "b"], ["", 1], [], ["", 1, 2, 3], [9, 1, 2], ["", 4, 5]]
    taken = take(tmp_path, workbook({"S": table}))
    assert [(entry["line"], entry["row"]) for entry in taken.rejects] == [(5, 2), (6, 3)]
    assert ["column D" in taken.rejects[0]["reason"], "column A" in taken.rejects[1]["reason"]] == [True, True]
    assert ([record["row"] for record in taken.records], taken.values("b")) == ([1, 4], [None, "5"])


def test_a_cell_longer_than_any_may_be_costs_its_row(tmp_path: Path) -> None:
    rows = HEADER + cells("x" * 200_000, "y") + cells("ok", "ok")
    taken = take(tmp_path, raw_workbook(rows))
    assert [entry["line"] for entry in taken.rejects] == [2]
    assert len(taken.rejects[0]["text"]) == 500


def test_dates_of_a_1904_workbook_are_the_same_dates(tmp_path: Path) -> None:
    table = [["id", "v"], ["x", (datetime(2024, 3, 4), "yyyy-mm-dd")]]  # noqa: DTZ001
    assert take(tmp_path, workbook({"S": table}, date_1904=True)).values("v") == ["2024-03-04"]


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        (b"PK\x03\x04" + bytes(200), BadWorkbook, "ends early"),
        (zipped({"a.csv": "a,b\n1,2\n"}), NotText, "zip archive"),
        (workbook({"S": [["a", "b"], [1, 2]]})[:-50], BadWorkbook, "damaged|ends early"),
        (workbook({"S": []}), EmptyFile, "No sheet"),
        (workbook({"S": [["a", "b"]]}), NoRecords, "no record"),
        (workbook({"S": [[1, 2], [3, 4]]}), NoHeader, "column names"),
        (workbook({"S": [["Report"], ["a", "b"], [1, 2]]}), TooManyRejects, "column names into the first row"),
        (workbook({"S": [[f"c{n}" for n in range(2000)], [1]]}), TooManyColumns, "2,000 columns"),
        (raw_workbook(HEADER + "<row><c>"), BadWorkbook, "damaged"),
        (raw_workbook(HEADER + '<row><c t="s"><v>7</v></c></row>', texts=""), BadWorkbook, "not there"),
        (raw_workbook(HEADER + '<row r="99999999999"><c/></row>'), BadWorkbook, "number"),
        (raw_workbook(HEADER + '<row><c r="A-1"/></row>'), BadWorkbook, "no place"),
        (raw_workbook(HEADER + "<row>" + "<c/>" * 17_000 + "</row>"), BadWorkbook, "16,384"),
        (zipped({f"{n}.xml": "" for n in range(1001)}), TooLarge, "1,001 entries"),
        (zipped({"_rels/.rels": "<a>" * 1000}), BadWorkbook, "damaged"),
    ],
)  # fmt: skip
def test_what_is_no_readable_workbook_is_refused_with_the_reason(
    tmp_path: Path, content: bytes, error: type[UploadError], says: str
) -> None:
    with pytest.raises(error, match=says):
        take(tmp_path, content)


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(8)
) + "]>"  # fmt: skip


def liar() -> bytes:
    """An entry that claims to be small and inflates to 200 MB."""
    content = raw_workbook(HEADER)
    name = b"xl/worksheets/sheet1.xml"
    packer = zlib.compressobj(9, wbits=-15)
    packed = b"".join(packer.compress(b" " * 2**20) for _ in range(200)) + packer.flush()
    honest = zipped({"xl/worksheets/sheet1.xml": b" " * 1000})
    at = honest.index(b"PK\x01\x02")
    local = bytearray(honest[: 30 + len(name)])
    struct.pack_into("<I", local, 18, len(packed))
    central = bytearray(honest[at : honest.index(b"PK\x05\x06")])
    struct.pack_into("<I", central, 20, len(packed))
    rest = content.index(b"PK\x01\x02")
    first = content[:rest]
    directory = content[rest : content.index(b"PK\x05\x06")]
    entries = [b"PK\x01\x02" + each for each in directory.split(b"PK\x01\x02")[1:] if name not in each]
    struct.pack_into("<I", central, 42, len(first))
    body = first + bytes(local) + packed
    listing = b"".join(entries) + bytes(central)
    count = len(entries) + 1
    return body + listing + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(listing), len(body), 0)


BOMBS: dict[str, Callable[[], bytes]] = {
    "ninety megabytes of blanks": lambda: raw_workbook(HEADER + " " * 90 * 2**20),
    "two hundred megabytes": lambda: raw_workbook(HEADER + " " * 200 * 2**20),
    "an entry that lies about its size": liar,
    "a row of empty cells": lambda: raw_workbook(HEADER + "<row>" + '<c r="A1"/>' * 500_000 + "</row>"),
    "empty rows": lambda: raw_workbook(HEADER + "<row/>" * 1_000_000),
    "empty shared texts": lambda: raw_workbook(HEADER, texts="<si/>" * 3_000_000),
    "one endless text": lambda: raw_workbook(HEADER, texts="<si><t>" + "ä" * 40_000_000 + "</t></si>"),
    "nested without end": lambda: raw_workbook("<row>" * 10_000_000),
    "a name of megabytes": lambda: raw_workbook(f"<{'x' * 80_000_000}/>"),
    "millions of names": lambda: raw_workbook("".join(f"<n{n}/>" for n in range(50_000))),
    "entities": lambda: raw_workbook(HEADER + cells("&i;", "x"), before=ENTITIES),
}
MEASURED = """
import re, sys
from pathlib import Path
from tabular.errors import UploadError
from compliance.uploads.ingest import ingest
import tabular.archive as archive
archive.RATIO = 10**9  # the ratio alone would stop most of these
here = Path(sys.argv[1])
for name in sys.argv[2:]:
    try:
        ingest(here / name, target=here / "records", rejects=here / "rejects")
        print("read", end=" ")
    except UploadError as fault:
        print(fault.code, end=" ")
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
def test_no_bomb_drives_the_memory_up(tmp_path: Path) -> None:
    """All of them read in one process of its own, with the ratio's check switched off: its peak is the worst's."""
    names = []
    for place, make in enumerate(BOMBS.values()):
        (tmp_path / f"bomb{place}").write_bytes(make())
        names.append(f"bomb{place}")
    ran = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path), *names], capture_output=True, text=True, check=True
    )
    *outcomes, peak = ran.stdout.split()
    assert int(peak) < 300, ran.stdout
    assert dict(zip(BOMBS, outcomes, strict=True)) == {
        "ninety megabytes of blanks": "NO_RECORDS", "two hundred megabytes": "TOO_LARGE",
        "an entry that lies about its size": "BAD_WORKBOOK", "a row of empty cells": "NO_RECORDS",
        "empty rows": "NO_RECORDS", "empty shared texts": "NO_RECORDS", "one endless text": "NO_RECORDS",
        "nested without end": "BAD_WORKBOOK", "a name of megabytes": "BAD_WORKBOOK",
        "millions of names": "BAD_WORKBOOK", "entities": "BAD_WORKBOOK",
    }  # fmt: skip


def test_a_bomb_is_refused_by_its_ratio_before_it_is_inflated(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="100 times its size"):
        take(tmp_path, raw_workbook(HEADER + " " * 50 * 2**20))


def test_a_workbook_reads_as_the_csv_of_it(tmp_path: Path) -> None:
    taken = take(tmp_path, workbook({"S": [["account", "amount"], *(["A", n / 4] for n in range(500))]}))
    assert taken.values("amount", "n") == [Decimal(n) / 4 for n in range(500)]
    assert taken.ingested.profile.suggested_mapping == {"account": "account", "amount": "amount"}

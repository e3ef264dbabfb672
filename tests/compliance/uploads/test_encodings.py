"""Encodings: known without being told, refused with the position when they cannot be."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from tabular.decode import BLOCK
from tabular.errors import BadEncoding, LineTooLong, NoHeader
from tests.compliance.uploads.files import take

TEXT = "account,name\nA,Zoë\nB,Ærø\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + TEXT.encode(), "utf-8"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("cp1252"), "cp1252"),
    ],
)
def test_each_encoding_gives_the_same_records(tmp_path: Path, content: bytes, encoding: str) -> None:
    taken = take(tmp_path, content)
    assert list(taken.columns) == ["account", "name"]
    assert taken.values("name") == ["Zoë", "Ærø"]
    assert taken.ingested.profile.encoding == encoding


def test_a_windows_letter_after_megabytes_of_ascii_is_still_windows_1252(tmp_path: Path) -> None:
    rows = (b"A," + b"x" * 998 + b"\n") * (BLOCK // 500)
    taken = take(tmp_path, b"account,name\n" + rows + b"B,Zo\xeb\n")
    assert taken.records[-1]["c1"] == "Zoë"
    assert len(taken.records) == BLOCK // 500 + 1


def test_utf_16_characters_may_straddle_chunks(tmp_path: Path) -> None:
    rows = ("A," + "\U0001f600" * 499 + "\n") * 3_000
    taken = take(tmp_path, b"\xff\xfe" + ("xaccount,n\n" + rows).encode("utf-16-le"))
    assert {record["c1"] for record in taken.records} == {"\U0001f600" * 499}


def test_a_broken_byte_in_utf_8_is_refused_with_its_position(tmp_path: Path) -> None:
    content = "account,name\nA,Zoë\n".encode() + b"B,\xe9\n"
    with pytest.raises(BadEncoding, match=f"byte {content.index(0xE9):,}"):
        take(tmp_path, content)


def test_utf_8_after_windows_1252_is_refused_as_mixed(tmp_path: Path) -> None:
    content = b"account,name\nA,Zo\xeb x\n" + "B,Zoë\n".encode()
    with pytest.raises(BadEncoding, match=f"mixes encodings.*byte {content.index(0xC3):,}"):
        take(tmp_path, content)


def test_a_byte_windows_1252_lacks_is_refused_with_its_position(tmp_path: Path) -> None:
    content = b"account,name\nA,Zo\xeb x\nB,\x81y\n"
    with pytest.raises(BadEncoding, match=f"Byte {content.index(0x81):,}"):
        take(tmp_path, content)


def test_half_a_utf_16_character_at_the_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadEncoding, match="UTF-16-LE"):
        take(tmp_path, codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le") + b"A")


def test_a_line_of_megabytes_is_refused_with_its_number(tmp_path: Path) -> None:
    with pytest.raises(LineTooLong, match="Line 3 "):
        take(tmp_path, b"a,b\n1,2\n3," + b"x" * (3 * BLOCK))


def test_a_hundred_megabytes_in_one_cell_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LineTooLong):
        take(tmp_path, b'a,b\n1,"' + b"x" * 100_000_000 + b'"\n')


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_each_line_end_gives_the_same_records(tmp_path: Path, end: str) -> None:
    taken = take(tmp_path, TEXT.replace("\n", end))
    assert [list(record.values()) for record in taken.records] == [[1, "A", "Zoë"], [2, "B", "Ærø"]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_may_straddle_blocks(tmp_path: Path, end: str) -> None:
    for shift in range(3):
        row = "A," + "x" * 997
        content = "account,name" + "y" * shift + end + (row + end) * (2 * BLOCK // (len(row + end)))
        taken = take(tmp_path, content)
        assert taken.rejects == []
        assert taken.records[-1]["row"] == len(taken.records) == content.count(row)


def test_a_nul_in_a_name_of_a_utf_16_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoHeader, match="control character"):
        take(tmp_path, "a\0b,amount\n1,2\n".encode("utf-16"))

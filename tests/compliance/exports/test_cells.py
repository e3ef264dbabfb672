"""Cells that a spreadsheet would run are made harmless, in CSV and in XLSX; all others stay as they are."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.exports.cells import csv_cell
from compliance.exports.streams import csv_chunks
from tabular.formulas import defused, undefused
from tests.compliance.exports.payloads import HARMLESS, INNER, RUN


@pytest.mark.parametrize("payload", RUN)
def test_what_would_be_run_gets_an_apostrophe(payload: str) -> None:
    assert defused(payload) == "'" + payload.replace("\0", "")


@pytest.mark.parametrize("payload", INNER)
def test_a_formula_behind_another_separator_is_defused_there(payload: str) -> None:
    safe = defused(payload)
    assert safe.replace("'", "", 1) == payload
    for separator in ";\t\r\n":
        for cell in safe.split(separator)[1:]:
            assert cell.lstrip()[:1] not in tuple("=+-@")


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_and_numbers_stay_as_they_are(text: str) -> None:
    assert defused(text) == text


@given(st.text(alphabet=st.sampled_from("=+-@ \t\r\n;\0ab1.,'＝\u200b")))
def test_no_cell_of_a_csv_starts_a_formula(text: str) -> None:
    rows = list(csv.reader(io.StringIO(b"".join(csv_chunks(["x"], [[text + "a"]])).decode(), newline=""), strict=True))
    assert rows[0] == ["x"]
    ((cell,),) = rows[1:]
    assert "\0" not in cell
    assert cell.lstrip(" \t\r\n\u200b")[:1] not in tuple("=+-@＝")


@given(st.text(alphabet=st.sampled_from("=+-@ ab1.,'＝\u200b")))
def test_what_was_sent_comes_back_out_of_a_defused_cell(text: str) -> None:
    if not text.startswith("'"):
        assert undefused(defused(text)) == text


@pytest.mark.parametrize("text", ["'quoted'", "", "'", "it's", "O'Neill", "''="])
def test_other_apostrophes_stay(text: str) -> None:
    assert undefused(text) == text


def test_numbers_are_written_with_every_digit_and_no_exponent() -> None:
    assert csv_cell(Decimal("12345678901234567890123456789012.1250")) == "12345678901234567890123456789012.125"
    assert csv_cell(Decimal("1E+3")) == "1000"
    assert csv_cell(-5) == "-5"
    assert csv_cell(Decimal("-0.000001")) == "-0.000001"
    assert csv_cell(None) == ""

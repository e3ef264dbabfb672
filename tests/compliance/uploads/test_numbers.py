"""Numbers: the reading of every form, against decimal.Decimal."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compliance.uploads.session import locked_down
from tabular.limits import Limits
from tests.compliance.uploads.files import one_column

LIMIT = Decimal("99999999999999.9999")


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with locked_down(tmp_path_factory.mktemp("scratch"), Limits()) as connection:
        yield connection


def read(db: duckdb.DuckDBPyConnection, text: str, mark: str = "point") -> Decimal | None:
    # From a table, as in an upload: a constant would be folded before the query runs.
    row = db.execute(f"SELECT number_{mark}(t) FROM (VALUES (?), ('x')) v(t) LIMIT 1", [text]).fetchone()
    assert row is not None
    return row[0]


def expected(value: Decimal) -> Decimal | None:
    rounded = value.quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN, context=Context(prec=2000))
    return rounded if abs(rounded) <= LIMIT else None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", "1"),
        ("+5", "5"),
        ("-5", "-5"),
        ("\u22125", "-5"),
        ("- 5", "-5"),
        ("00123", "123"),
        ("5.", "5"),
        (".5", "0.5"),
        ("1,234.50", "1234.5"),
        ("1,234,567", "1234567"),
        ("1 234.50", "1234.5"),
        ("1\u00a0234.50", "1234.5"),
        ("1\u202f234.50", "1234.5"),
        ("1'234.50", "1234.5"),
        ("1\u2019234\u2019567.5", "1234567.5"),
        ("$1,234.50", "1234.5"),
        ("-$1,234.50", "-1234.5"),
        ("$-1,234.50", "-1234.5"),
        ("€ 10", "10"),
        ("10 €", "10"),
        ("10€", "10"),
        ("US$ 10", "10"),
        ("EUR 1 234.5", "1234.5"),
        ("1234.5 CHF", "1234.5"),
        ("$5 USD", "5"),
        ("EUR -5.25", "-5.25"),
        ("1.5E+05", "150000"),
        ("1.5e5", "150000"),
        ("2.5E-05", "0"),
        ("3.5E-04", "0.0004"),
        ("2.5E-04", "0.0002"),
        ("EUR 1.5E+05", "150000"),
        ("-1.23456789E+8", "-123456789"),
        ("0e999", "0"),
        ("0.00005", "0"),
        ("0.00015", "0.0002"),
        ("0.00025", "0.0002"),
        ("0.000250", "0.0002"),
        ("0.0002500001", "0.0003"),
        ("-0.00015", "-0.0002"),
        ("99999999999999.99994", "99999999999999.9999"),
        ("-99999999999999.9999", "-99999999999999.9999"),
    ],
)
def test_a_number_with_a_decimal_point_reads_exactly(db: duckdb.DuckDBPyConnection, text: str, value: str) -> None:
    assert read(db, text) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,5", "1.5"),
        ("1.234,50", "1234.5"),
        ("1 234,50", "1234.5"),
        ("1'234,50", "1234.5"),
        ("1.234", "1234"),
        ("1.234.567", "1234567"),
        (",5", "0.5"),
        ("-1.234,50 EUR", "-1234.5"),
        ("1,5E+05", "150000"),
        ("0,00015", "0.0002"),
        ("42", "42"),
    ],
)
def test_a_number_with_a_decimal_comma_reads_exactly(db: duckdb.DuckDBPyConnection, text: str, value: str) -> None:
    assert read(db, text, "comma") == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        "abc", "1a", "1_000", "0x10", "inf", "nan", "(5)", "5-", "--5", "+-5", "1,23", "1,2345", "12,34,567",
        "1,234 567", "0,123", "1.2.3", "1e", "e5", ".", "-", "$", "EUR", "XYZ 5", "5 XYZ", "12:30", "1 2",
        "99999999999999.99995", "100000000000000", "1e15", "٣",
    ],
)  # fmt: skip
def test_what_is_no_number_or_does_not_fit_is_missing(db: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(db, text) is None


@settings(deadline=None, max_examples=50)
@given(value=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=9))
@example(value=Decimal("0.000050000"))
@example(value=Decimal("-99999999999999.999949999"))
def test_a_plain_number_equals_decimals_rounding(db: duckdb.DuckDBPyConnection, value: Decimal) -> None:
    assert read(db, f"{value:f}") == expected(value)


@settings(deadline=None, max_examples=50)
@given(
    digits=st.integers(0, 10**12),
    shift=st.integers(0, 12),
    exponent=st.integers(-30, 30),
    sign=st.sampled_from(["", "-", "+"]),
)
def test_scientific_notation_equals_decimals_reading(
    db: duckdb.DuckDBPyConnection, digits: int, shift: int, exponent: int, sign: str
) -> None:
    mantissa = f"{Decimal(digits).scaleb(-shift):f}"
    text = f"{sign}{mantissa}E{exponent:+03d}"
    assert read(db, text) == expected(Decimal(text))


@settings(deadline=None, max_examples=50)
@given(
    value=st.decimals(min_value=-(10**13), max_value=10**13, places=6),
    space=st.sampled_from([",", " ", "'", "\u00a0"]),
    around=st.sampled_from(["{}", "${}", "{} EUR", "£ {}", "CHF {}"]),
)
def test_grouping_and_currency_change_no_value(
    db: duckdb.DuckDBPyConnection, value: Decimal, space: str, around: str
) -> None:
    point = f"{abs(value):,f}".replace(",", space)
    comma = f"{abs(value):,f}".translate({ord(","): "." if space == "," else space, ord("."): ","})
    sign = "-" if value < 0 else ""
    assert read(db, sign + around.format(point)) == expected(value)
    assert read(db, sign + around.format(comma), "comma") == expected(value)


def test_the_decimal_mark_is_decided_from_all_values(tmp_path: Path) -> None:
    taken = one_column(tmp_path, ["1.234", "2.345", "7,5"])
    assert taken.columns["v"].decimal_mark == ","
    assert taken.values("v", "n") == [Decimal(1234), Decimal(2345), Decimal("7.5")]


def test_one_point_far_down_rules_the_comma_out(tmp_path: Path) -> None:
    taken = one_column(tmp_path, ["1.234"] * 5000 + ["7.25"])
    assert (taken.columns["v"].decimal_mark, taken.columns["v"].ambiguous) == (".", False)
    assert taken.values("v", "n")[0] == Decimal("1.234")


@pytest.mark.parametrize(("text", "value"), [("1.234", "1.234"), ("1,234", "1234")])
def test_numbers_that_read_both_ways_take_the_point_and_say_so(tmp_path: Path, text: str, value: str) -> None:
    taken = one_column(tmp_path, [text, "7"])
    assert (taken.columns["v"].decimal_mark, taken.columns["v"].ambiguous) == (".", True)
    assert taken.values("v", "n") == [Decimal(value), Decimal(7)]
    assert any('"v"' in warning and "comma" in warning for warning in taken.ingested.profile.warnings)


def test_whole_numbers_have_no_mark_and_no_warning(tmp_path: Path) -> None:
    taken = one_column(tmp_path, ["1", "22", "333"])
    assert (taken.columns["v"].decimal_mark, taken.columns["v"].ambiguous) == (None, False)
    assert taken.ingested.profile.warnings == ()


def test_marks_that_contradict_each_other_go_to_the_majority_with_a_warning(tmp_path: Path) -> None:
    taken = one_column(tmp_path, ["1,5", "2,5", "3.25"])
    assert taken.values("v", "n") == [Decimal("1.5"), Decimal("2.5"), None]
    assert taken.columns["v"].type == "number"
    assert any("1 values" in warning for warning in taken.ingested.profile.warnings)

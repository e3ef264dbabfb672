"""Delimiters and column names."""

from __future__ import annotations

from pathlib import Path

import pytest

from compliance.uploads.header import read_header
from tabular.errors import EmptyFile, NoHeader, NoRecords, TooManyColumns
from tabular.header import sniff_delimiter
from tabular.limits import Limits
from tests.compliance.uploads.files import take


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", ":", "^", "~"])
def test_each_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    taken = take(tmp_path, "account,amount,note\nA,1,x\nB,2,y\n".replace(",", delimiter))
    assert taken.ingested.profile.delimiter == delimiter
    assert taken.values("note") == ["x", "y"]


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("a;b\n1,5;2,5\n1,5;3,5\n", ";"),
        ('a,b\n"x;y;z",1\n"p;q;r",2\n', ","),
        ("a|b,c|d\n1|2,3|4\n", "|"),
        ("a\tb c, d\n1\t2\n", "\t"),
        ("alone\n1\n2\n", ","),
        ("Account #\n1\n2\n", ","),
        ("date,time\n2024-01-01,10:00:00\n2024-01-02,11:00:00\n", ","),
        ("a:b\n10:00:00\n11:00:00\n", ","),
        ("mail@home:when\nx@y:1\nz@w:2\n", ":"),
    ],
)
def test_the_delimiter_is_the_one_the_rows_agree_on(text: str, delimiter: str) -> None:
    assert sniff_delimiter(text) == delimiter


def test_names_are_stored_trimmed(tmp_path: Path) -> None:
    assert list(take(tmp_path, " account , Amount (EUR)\nA,1\n").columns) == ["account", "Amount (EUR)"]


def test_blank_lines_before_the_header_are_passed_over(tmp_path: Path) -> None:
    taken = take(tmp_path, "\n  \naccount,amount\nA,1\nB\n")
    assert taken.values("account") == ["A"]
    assert taken.rejects[0]["line"] == 5


def test_a_header_may_be_quoted_and_run_over_lines(tmp_path: Path) -> None:
    taken = take(tmp_path, '"account","the\namount"\n"A","1"\n"B"\n')
    assert list(taken.columns) == ["account", "the\namount"]
    assert taken.rejects[0]["line"] == 4


def test_repeated_names_get_numbers_and_a_warning() -> None:
    header = read_header("a,b,a,a,a.1\n", Limits())
    assert header.names == ("a", "b", "a.2", "a.3", "a.1")
    assert len(header.warnings) == 2


def test_the_first_repeat_is_dot_one() -> None:
    assert read_header("Account,x,Account\n", Limits()).names == ("Account", "x", "Account.1")


def test_names_that_differ_in_case_are_two_columns(tmp_path: Path) -> None:
    taken = take(tmp_path, "amount,Amount\n1,2\n")
    assert [taken.values("amount"), taken.values("Amount")] == [["1"], ["2"]]


def test_an_empty_name_becomes_its_number_with_a_warning() -> None:
    header = read_header("a,,column_2\n", Limits())
    assert header.names == ("a", "column_2", "column_2.1")
    assert "Column 2 has no name" in header.warnings[0]


@pytest.mark.parametrize("content", ["\n\n", "  \r\n\t\n", "\ufeff\n"])
def test_blank_lines_alone_are_an_empty_file(tmp_path: Path, content: str) -> None:
    with pytest.raises(EmptyFile):
        take(tmp_path, content)


@pytest.mark.parametrize("content", ["a,b\n", "a,b", "a,b\n\n \n"])
def test_a_header_alone_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(NoRecords):
        take(tmp_path, content)


@pytest.mark.parametrize(
    "content",
    [
        "1,PAYMENT,9839.64,C1231006815,170136.0,160296.36,M1979787155,0.0,0.0,0,0\n2,x,1,C,1,1,M,1,1,0,0\n",
        "C1,100.00\nC2,200.00\n",
        "A;1,50\nB;2,50\n",
        "2024-01-01,A\n2024-01-02,B\n",
        ",,\n1,2,3\n",
    ],
)
def test_a_first_line_of_values_is_no_header(tmp_path: Path, content: str) -> None:
    with pytest.raises(NoHeader, match="[Cc]olumn names"):
        take(tmp_path, content)


def test_ten_thousand_columns_are_refused(tmp_path: Path) -> None:
    names = ",".join(f"n{i}" for i in range(10_000))
    with pytest.raises(TooManyColumns, match="10,000 columns, the limit is 1,000"):
        take(tmp_path, f"{names}\n{names}\n")


def test_a_thousand_columns_are_fine(tmp_path: Path) -> None:
    names = ",".join(f"n{i}" for i in range(1_000))
    values = ",".join(str(i) for i in range(1_000))
    taken = take(tmp_path, f"{names}\n{values}\n")
    assert taken.values("n999") == ["999"]

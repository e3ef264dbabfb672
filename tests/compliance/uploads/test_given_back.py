"""Which numbers stand in for their texts, and that every text is given back as it was received."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.uploads import survey
from compliance.uploads.mapping import check_mapping, normalised_sample
from tests.compliance.uploads.files import Taken, one_column, take

LARGEST = "9" * 14


def layout(folder: Path) -> set[str]:
    return set(pq.read_schema(folder / "records.parquet").names) - {"row", "c0"}


@pytest.mark.parametrize(
    ("values", "places"),
    [
        (["1", "0", "-5", LARGEST, f"-{LARGEST}"], 0),
        (["1.5", "0.0", "-5.1"], 1),
        (["9.99", "0.00", f"{LARGEST}.99", "-0.01"], 2),
        (["1234.500", "1.000"], 3),
        (["0.0001", "-7.1230"], 4),
        (["7.10", "", "7.20"], 2),
    ],
)
def test_plain_numbers_stand_in_for_their_texts(tmp_path: Path, values: list[str], places: int) -> None:
    taken = one_column(tmp_path, values)
    assert taken.columns["v"].places == places
    assert layout(tmp_path) - {"c1_b"} == {"c1_n"}
    assert taken.values("v") == [value or None for value in values]


@pytest.mark.parametrize(
    "odd",
    [
        "007", "+1", "-0", "1.", ".5", "1.5", "1e3", "1_000", "1,000", "x", "$5", " 7", "9" * 15, "-" + "9" * 15,
        "0x1F", "1 000", "٣", "1.00000", "1\n", "true", "NaN", "inf", "2024-01-01",
    ],
)  # fmt: skip
def test_one_value_that_its_number_does_not_give_back_keeps_all_texts(tmp_path: Path, odd: str) -> None:
    for values in (["12", odd, "3"], ["12"] * (survey._SAMPLE + 1) + [odd]):  # in the sample, and beyond it
        taken = one_column(tmp_path, values)
        assert taken.columns["v"].places is None
        assert "c1" in layout(tmp_path)
        assert taken.values("v") == values


def test_numbers_that_read_in_two_ways_keep_their_texts_for_both(tmp_path: Path) -> None:
    taken = one_column(tmp_path, ["1.234", "5.678"])
    assert taken.columns["v"].ambiguous
    assert {"c1", "c1_n", "c1a", "c1a_n"} <= layout(tmp_path)


def test_a_column_made_of_others_keeps_its_text(tmp_path: Path) -> None:
    header = "Timestamp,From Bank,Account,To Bank,Account.1,Amount Paid,Payment Currency,Payment Format"
    taken = take(tmp_path, f"{header}\n2022/09/01 00:20,10,8000,20,9000,3697.34,US Dollar,Wire\n")
    assert taken.columns["From Bank"].places == 0
    assert taken.values("From Bank + Account") == ["10-8000"]
    assert [taken.values(name) for name in ("From Bank", "Account.1")] == [["10"], ["9000"]]


numbers = st.from_regex(r"-?(0|[1-9][0-9]{0,15})([.][0-9]{0,5})?", fullmatch=True)


@given(st.lists(numbers, min_size=1, max_size=20))
def test_every_text_is_given_back(tmp_path_factory: pytest.TempPathFactory, values: list[str]) -> None:
    taken = one_column(tmp_path_factory.mktemp("given"), values)
    assert taken.values("v") == values


def test_the_sample_of_a_mapping_shows_the_text(tmp_path: Path) -> None:
    taken = take(tmp_path, "account,amount\n8272976646,5.00\n,7.25\n")
    columns = taken.ingested.profile.columns
    mapping = check_mapping({"account": "account", "amount": "amount"}, columns)
    assert normalised_sample(mapping, tmp_path / "records.parquet") == [
        {"account": "8272976646", "amount": 5},
        {"account": "row:2", "amount": 7.25},
    ]


MANY = (
    ["7", "007", "12.50", "true", "no", "", "$1,000.00", "1.234,5", "01/02/2024", "13/02/2024 10:00Z", "x", " y"],
    ["1", "0", "1", "", "1"],
    ["1.234", "5.678", ""],
    ["1700000000", "1700000001"],
    ["2024-01-01T10:00:00Z", "2024-01-02T10:00:00+02:00"],
    ["2024-01-01T10:00:00Z", "2024-01-02", "03.04.2024 1:05 pm"],
)  # fmt: skip


@pytest.mark.parametrize("values", MANY)
def test_values_counted_once_say_the_same_as_all_records(
    tmp_path: Path, values: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken() -> Taken:
        return one_column(tmp_path, values * 40)

    by_record = taken()
    monkeypatch.setattr(survey, "_MANY", 1)
    count, tables = survey.Survey._tabulate_values, []

    def counted(self: survey.Survey) -> None:
        count(self)
        tables.extend(draft.values for draft in self.columns)

    monkeypatch.setattr(survey.Survey, "_tabulate_values", counted)
    by_value = taken()
    assert tables == [None, "values_c1"]
    assert by_value == by_record

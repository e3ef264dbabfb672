"""Both readings of an ambiguous column are kept, and the mapping chooses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from compliance.columns import Column
from compliance.uploads.mapping import MappingRefused, columns_read_as
from compliance.uploads.profile import Profile
from tests.compliance.uploads.files import Taken, take

CONTENT = "id;amount;day;sure\nA;1.234;03/04/2024;1,5\nB;2.345;05/06/2024;2,5\n"


@pytest.fixture
def taken(tmp_path: Path) -> Taken:
    return take(tmp_path, CONTENT)


def read(taken: Taken, overrides: Any) -> dict[str, Column]:
    return {column.name: column for column in columns_read_as(taken.ingested.profile.columns, overrides)}


def values(taken: Taken, column: Column, kind: str) -> list[Any]:
    return [record[f"{column.stored}_{kind}"] for record in taken.records]


def test_a_comma_makes_thousands_of_points(taken: Taken) -> None:
    column = read(taken, {"amount": {"decimal_mark": ","}})["amount"]
    assert values(taken, column, "n") == [Decimal(1234), Decimal(2345)]
    assert (column.decimal_mark, column.ambiguous, column.min, column.max) == (",", False, "1234", "2345")
    assert [record[column.stored] for record in taken.records] == ["1.234", "2.345"]


def test_the_day_first_makes_april_of_march(taken: Taken) -> None:
    column = read(taken, {"day": {"day_first": True}})["day"]
    april = int(datetime(2024, 4, 3, tzinfo=UTC).timestamp() * 10**6)
    assert (values(taken, column, "t")[0], column.min) == (april, "2024-04-03T00:00:00")


def test_without_a_word_the_columns_stay_as_they_were_decided(taken: Taken) -> None:
    assert read(taken, {}) == taken.columns
    assert values(taken, taken.columns["amount"], "n") == [Decimal("1.234"), Decimal("2.345")]


def test_what_was_decided_may_be_said_again(taken: Taken) -> None:
    said = {"amount": {"decimal_mark": "."}, "day": {"day_first": False}, "sure": {"decimal_mark": ","}}
    found = read(taken, said)
    assert [found[name].stored for name in said] == [taken.columns[name].stored for name in said]
    assert not any(found[name].ambiguous for name in said)


@pytest.mark.parametrize(
    ("overrides", "path", "says"),
    [
        ([], "overrides", "must be an object"),
        ({"amount": ","}, "overrides.amount", "must be an object"),
        ({"amount": {}}, "overrides.amount", "must be an object"),
        ({"amount": {"decimal_mark": ";"}}, "overrides.amount.decimal_mark", '"." or ","'),
        ({"day": {"day_first": 1}}, "overrides.day.day_first", "true or false"),
        ({"day": {"day_last": True}}, "overrides.day.day_last", "unknown"),
        ({"Amount": {"decimal_mark": ","}}, "overrides.Amount", 'did you mean "amount"?'),
        ({"sure": {"decimal_mark": "."}}, "overrides.sure", "in one way only"),
    ],
)
def test_what_cannot_be_is_refused_by_its_path(taken: Taken, overrides: Any, path: str, says: str) -> None:
    with pytest.raises(MappingRefused) as refused:
        read(taken, overrides)
    assert [problem.path for problem in refused.value.problems] == [path]
    assert says in refused.value.problems[0].message


def test_a_column_of_doubtful_numbers_and_dates_keeps_every_reading(tmp_path: Path) -> None:
    taken = take(tmp_path, "v\n1.234\n2.345\n3.456\n03/04/2024\n05/06/2024\n")
    column = read(taken, {"v": {"decimal_mark": ",", "day_first": True}})["v"]
    assert values(taken, column, "n")[:3] == [1234, 2345, 3456]
    assert values(taken, column, "t")[3] == int(datetime(2024, 4, 3, tzinfo=UTC).timestamp() * 10**6)
    other = read(taken, {"v": {"day_first": True}})["v"]
    assert values(taken, other, "n")[0] == Decimal("1.234")


def test_the_readings_survive_json(taken: Taken) -> None:
    profile = taken.ingested.profile
    assert Profile.from_dict(json.loads(json.dumps(profile.to_dict()))) == profile

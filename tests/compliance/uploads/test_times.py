"""Times: the reading of every form, against datetime."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.columns import Zoned
from compliance.uploads.session import locked_down
from tabular.limits import Limits
from tests.compliance.uploads.files import one_column

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with locked_down(tmp_path_factory.mktemp("scratch"), Limits()) as connection:
        yield connection


def read(db: duckdb.DuckDBPyConnection, text: str, *, day_first: bool = False) -> int | None:
    row = db.execute("SELECT time_us(t, ?) FROM (VALUES (?), ('x')) v(t) LIMIT 1", [day_first, text]).fetchone()
    assert row is not None
    return row[0]


def micros(moment: datetime) -> int:
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-03-04", "2024-03-04T00:00:00"),
        ("2024-03-04T05:06", "2024-03-04T05:06:00"),
        ("2024-03-04 05:06:07", "2024-03-04T05:06:07"),
        ("2024-03-04T05:06:07.5", "2024-03-04T05:06:07.500000"),
        ("2024-03-04T05:06:07,25", "2024-03-04T05:06:07.250000"),
        ("2024-03-04 05:06:07.123456", "2024-03-04T05:06:07.123456"),
        ("2024-03-04 05:06:07.123456789", "2024-03-04T05:06:07.123456"),
        ("2024-03-04T05:06:07Z", "2024-03-04T05:06:07"),
        ("2024-03-04T05:06:07+02:00", "2024-03-04T03:06:07"),
        ("2024-03-04T05:06:07.5-0530", "2024-03-04T10:36:07.500000"),
        ("2024-03-04 05:06:07+02", "2024-03-04T03:06:07"),
        ("2024-03-04 05:06 +02:00", "2024-03-04T03:06:00"),
        ("2024-03-04 05:06:07 UTC", "2024-03-04T05:06:07"),
        ("2024/03/04 05:06", "2024-03-04T05:06:00"),
        ("2024/3/4", "2024-03-04T00:00:00"),
        ("04.03.2024", "2024-03-04T00:00:00"),
        ("4.3.2024 5:06", "2024-03-04T05:06:00"),
        ("03/04/2024", "2024-03-04T00:00:00"),
        ("3/4/2024 5:06:07 PM", "2024-03-04T17:06:07"),
        ("3/4/2024 12:06 AM", "2024-03-04T00:06:00"),
        ("3/4/2024 12:06pm", "2024-03-04T12:06:00"),
        ("03-04-2024 23:59:59", "2024-03-04T23:59:59"),
        ("2024-02-29", "2024-02-29T00:00:00"),
        ("1969-12-31 23:59:59.5", "1969-12-31T23:59:59.500000"),
        ("0001-01-01", "0001-01-01T00:00:00"),
        ("9999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999"),
    ],
)
def test_a_time_reads_as_its_instant(db: duckdb.DuckDBPyConnection, text: str, moment: str) -> None:
    assert read(db, text) == micros(datetime.fromisoformat(moment))


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-30", "2023-02-29 10:00:00", "2023-13-01", "2023-00-10", "2023-01-00", "0000-01-01",
        "0000-01-01 10:00:00", "2023-01-01 24:00", "2023-01-01T24:00:00", "2023-01-01 10:60",
        "2016-12-31T23:59:60Z", "2023-01-01 13:00 PM", "2023-01-01 0:30 AM", "2023-1-1", "1/1/23",
        "2023-01-01T10", "2023-01-01 10:00:00+24:00", "2023-01-01Z", "31/12/2023", "1/2-2023", "today",
        "12:30", "2023-01-01 10:00:00.1234567890", "20230101",
    ],
)  # fmt: skip
def test_what_no_calendar_or_clock_knows_is_missing(db: duckdb.DuckDBPyConnection, text: str) -> None:
    assert read(db, text) is None


@settings(deadline=None, max_examples=50)
@given(
    moment=st.datetimes(
        min_value=datetime(2, 1, 1),  # noqa: DTZ001
        timezones=st.none()
        | st.builds(timezone, st.builds(timedelta, minutes=st.integers(-23 * 60 - 59, 23 * 60 + 59))),
    ),
    space=st.sampled_from(["T", " "]),
)
def test_iso_8601_equals_datetimes_reading(db: duckdb.DuckDBPyConnection, moment: datetime, space: str) -> None:
    text = moment.isoformat(space)
    assert read(db, text) == micros(datetime.fromisoformat(text))


@settings(deadline=None, max_examples=50)
@given(moment=st.datetimes(min_value=datetime(1000, 1, 1)))  # noqa: DTZ001
def test_each_written_form_equals_datetimes_reading(db: duckdb.DuckDBPyConnection, moment: datetime) -> None:
    whole = moment.replace(microsecond=0)
    assert read(db, whole.strftime("%m/%d/%Y %I:%M:%S %p")) == micros(whole)
    assert read(db, whole.strftime("%d/%m/%Y %H:%M:%S"), day_first=True) == micros(whole)
    assert read(db, whole.strftime("%d.%m.%Y %H:%M:%S")) == micros(whole)
    assert read(db, moment.strftime("%Y/%m/%d %H:%M:%S.%f")) == micros(moment)


def test_the_day_order_is_decided_from_all_values(tmp_path: Path) -> None:
    taken = one_column(tmp_path, ["03/04/2024", "05/04/2024", "25/04/2024"])
    column = taken.columns["v"]
    assert (column.type, column.day_first, column.ambiguous) == ("time", True, False)
    assert taken.values("v", "t")[0] == micros(datetime(2024, 4, 3, tzinfo=UTC))


def test_dates_that_read_both_ways_take_the_month_first_and_say_so(tmp_path: Path) -> None:
    taken = one_column(tmp_path, ["03/04/2024", "05/05/2024"])
    column = taken.columns["v"]
    assert (column.day_first, column.ambiguous) == (False, True)
    assert taken.values("v", "t")[0] == micros(datetime(2024, 3, 4, tzinfo=UTC))
    assert any("month/day/year" in warning for warning in taken.ingested.profile.warnings)


def test_dates_equal_in_both_orders_are_not_ambiguous(tmp_path: Path) -> None:
    column = one_column(tmp_path, ["03/03/2024", "05/05/2024"]).columns["v"]
    assert (column.day_first, column.ambiguous) == (None, False)


def test_dates_with_points_are_never_ambiguous(tmp_path: Path) -> None:
    taken = one_column(tmp_path, ["03.04.2024"])
    assert taken.columns["v"].ambiguous is False
    assert taken.values("v", "t") == [micros(datetime(2024, 4, 3, tzinfo=UTC))]


@pytest.mark.parametrize(
    ("values", "zoned"),
    [
        (["2024-01-01T00:00:00Z", "2024-01-02T00:00:00+01:00"], Zoned.ALL),
        (["2024-01-01T00:00:00", "2024-01-02"], Zoned.NONE),
        (["2024-01-01T00:00:00Z", "2024-01-02T00:00:00"], Zoned.MIXED),
        (["a", "b"], None),
    ],
)
def test_a_column_knows_whether_its_times_carry_zones(tmp_path: Path, values: list[str], zoned: Zoned | None) -> None:
    assert one_column(tmp_path, values).columns["v"].zoned is zoned


def test_a_column_of_mixed_zones_says_which_value_carried_one(tmp_path: Path) -> None:
    taken = one_column(tmp_path, ["2024-01-01T00:00:00Z", "2024-01-02T00:00:00", "never"])
    assert taken.values("v", "z") == [True, False, None]


@pytest.mark.parametrize(
    ("values", "instants"),
    [
        (["100000000", "99999999999"], [100_000_000 * 10**6, 99_999_999_999 * 10**6]),
        (["100000000000", "99999999999999"], [100_000_000_000 * 1000, 99_999_999_999_999 * 1000]),
    ],
)
def test_integers_in_the_range_of_epochs_are_numbers_with_times(
    tmp_path: Path, values: list[str], instants: list[int]
) -> None:
    taken = one_column(tmp_path, values)
    column = taken.columns["v"]
    assert (column.type, column.times, column.zoned) == ("number", 2, Zoned.ALL)
    assert taken.values("v", "t") == instants


@pytest.mark.parametrize(
    "values",
    [
        ["1700000000", "99999999"],
        ["1700000000", "1700000000000"],
        ["1700000000", "1700000001.5"],
        ["1700000000", "-1700000000"],
        ["1700000000", "soon"],
        ["1700000000"] * 3000 + ["5"],
    ],
)
def test_one_integer_outside_the_range_and_none_is_an_epoch(tmp_path: Path, values: list[str]) -> None:
    assert one_column(tmp_path, values).columns["v"].times == 0

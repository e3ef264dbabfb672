"""Due times on the days when clocks are changed, in zones that do it differently, and what a cron text may hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.schedule_times import BadCron, Cron, Times, happens_at, shown_at

ANCHOR = datetime(2020, 1, 1, tzinfo=UTC)
ZONES = [
    "Europe/Vienna", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata",
    "Africa/Casablanca", "Pacific/Apia", "UTC",
]  # fmt: skip


def times(cron: str, zone: str = "UTC", **more: object) -> Times:
    return Times(**{"cron": cron, "every_minutes": None, "time_zone": zone, "anchor": ANCHOR, **more})


def on(day: str, cron: str, zone: str) -> list[str]:
    """The due times of one local date, as local wall time with offset."""
    here = ZoneInfo(zone)
    start = datetime.combine(date.fromisoformat(day), datetime.min.time(), here).astimezone(UTC)
    found = []
    for at in times(cron, zone).following(start - timedelta(microseconds=1)):
        local = at.astimezone(here)
        if local.date() > date.fromisoformat(day):
            return found
        found.append(local.strftime("%H:%M%z"))
    raise AssertionError("schedules never end")


# Daily times on the days of a change: (zone, date, cron, local due times).
DAILY = [
    # Vienna: 02:00 -> 03:00, and 03:00 -> 02:00
    ("Europe/Vienna", "2026-03-29", "30 2 * * *", ["03:00+0200"]),
    ("Europe/Vienna", "2026-03-29", "0 2 * * *", ["03:00+0200"]),
    ("Europe/Vienna", "2026-03-29", "0,30 2 * * *", ["03:00+0200"]),
    ("Europe/Vienna", "2026-03-29", "0 2,3 * * *", ["03:00+0200"]),
    ("Europe/Vienna", "2026-03-29", "59 1 * * *", ["01:59+0100"]),
    ("Europe/Vienna", "2026-10-25", "30 2 * * *", ["02:30+0200"]),
    ("Europe/Vienna", "2026-10-25", "0 3 * * *", ["03:00+0100"]),
    ("Europe/Vienna", "2026-06-01", "30 2 * * *", ["02:30+0200"]),
    # New York: 02:00 -> 03:00, and 02:00 -> 01:00
    ("America/New_York", "2026-03-08", "30 2 * * *", ["03:00-0400"]),
    ("America/New_York", "2026-11-01", "30 1 * * *", ["01:30-0400"]),
    # Sao Paulo, while it still did: 00:00 -> 01:00, and 00:00 -> 23:00 of the day before
    ("America/Sao_Paulo", "2018-11-04", "30 0 * * *", ["01:00-0200"]),
    ("America/Sao_Paulo", "2018-02-17", "30 23 * * *", ["23:30-0200"]),
    ("America/Sao_Paulo", "2026-11-01", "30 0 * * *", ["00:30-0300"]),
    # Lord Howe, half an hour: 02:00 -> 02:30, and 02:00 -> 01:30
    ("Australia/Lord_Howe", "2026-10-04", "15 2 * * *", ["02:30+1100"]),
    ("Australia/Lord_Howe", "2026-10-04", "30 2 * * *", ["02:30+1100"]),
    ("Australia/Lord_Howe", "2026-04-05", "45 1 * * *", ["01:45+1100"]),
    ("Australia/Lord_Howe", "2026-04-05", "0 2 * * *", ["02:00+1030"]),
    # Kolkata never changes
    ("Asia/Kolkata", "2026-03-29", "30 2 * * *", ["02:30+0530"]),
    ("Asia/Kolkata", "2026-10-25", "30 2 * * *", ["02:30+0530"]),
    # Casablanca changes for Ramadan: 03:00 -> 02:00, and 02:00 -> 03:00
    ("Africa/Casablanca", "2026-02-15", "30 2 * * *", ["02:30+0100"]),
    ("Africa/Casablanca", "2026-03-22", "30 2 * * *", ["03:00+0100"]),
    # Apia left out the whole of 30 December 2011
    ("Pacific/Apia", "2011-12-31", "30 2 * * *", ["00:00+1400", "02:30+1400"]),
    ("Pacific/Apia", "2011-12-29", "30 2 * * *", ["02:30-1000"]),
]


@pytest.mark.parametrize(("zone", "day", "cron", "due"), DAILY)
def test_a_daily_time_happens_once_on_every_date(zone: str, day: str, cron: str, due: list[str]) -> None:
    assert on(day, cron, zone) == due


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Vienna", "2026-03-29", 23), ("Europe/Vienna", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23), ("America/New_York", "2026-11-01", 25),
        ("America/Sao_Paulo", "2018-11-04", 23),
        ("America/Sao_Paulo", "2018-02-17", 25), ("Asia/Kolkata", "2026-03-29", 24),
        ("Africa/Casablanca", "2026-02-15", 25), ("Africa/Casablanca", "2026-03-22", 23),
    ],
)  # fmt: skip
def test_an_hourly_time_happens_in_every_real_hour(zone: str, day: str, hours: int) -> None:
    for minute in (0, 30):
        found = times(f"{minute} * * * *", zone)
        start = datetime.combine(date.fromisoformat(day), datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
        due = list(islice(found.following(start - timedelta(minutes=1)), hours + 1))
        assert {later - earlier for earlier, later in zip(due, due[1:], strict=False)} == {timedelta(hours=1)}
        assert len(on(day, f"{minute} * * * *", zone)) == hours


def test_half_an_hour_of_change_moves_the_minutes_of_an_hourly_time() -> None:
    """The wall clock decides: it goes from 01:59 to 02:30, and from 01:59 back to 01:30."""
    assert on("2026-10-04", "0 * * * *", "Australia/Lord_Howe")[:4] == [
        "00:00+1030", "01:00+1030", "03:00+1100", "04:00+1100"
    ]  # fmt: skip
    assert on("2026-04-05", "30 * * * *", "Australia/Lord_Howe")[:4] == [
        "00:30+1100", "01:30+1100", "01:30+1030", "02:30+1030"
    ]  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
def test_an_interval_knows_no_wall_clock(zone: str) -> None:
    every = times("", zone, every_minutes=45)
    for start in (datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)):
        due = list(islice(every.following(start), 20))
        assert {later - earlier for earlier, later in zip(due, due[1:], strict=False)} == {timedelta(minutes=45)}
        assert all((at - ANCHOR) % timedelta(minutes=45) == timedelta(0) for at in due)


@given(
    zone=st.sampled_from(ZONES), cron=st.sampled_from(["30 2 * * *", "15 1 * * *", "0 0 * * *", "59 23 * * *"]),
    day=st.dates(date(2012, 1, 10), date(2030, 12, 1)),
)  # fmt: skip
def test_a_daily_schedule_is_due_once_a_day_for_ever(zone: str, cron: str, day: date) -> None:
    start = datetime.combine(day, datetime.min.time(), UTC)
    due = list(islice(times(cron, zone).following(start), 30))
    assert due == sorted(set(due))
    dates = [at.astimezone(ZoneInfo(zone)).date() for at in due]
    assert dates == [dates[0] + timedelta(days=n) for n in range(30)]


@given(
    moment=st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)), zone=st.sampled_from(ZONES)
)
def test_the_next_due_time_is_later_and_nothing_lies_between(moment: datetime, zone: str) -> None:
    found = times("*/20 */5 * * *", zone)
    due = found.after(moment)
    assert due > moment
    assert found.after(due - timedelta(microseconds=1)) == due
    assert due == found.after(moment + (due - moment) / 2)


def test_a_wall_time_is_shown_never_once_or_twice() -> None:
    vienna = ZoneInfo("Europe/Vienna")
    assert shown_at(datetime(2026, 3, 29, 2, 30), vienna) == []
    assert len(shown_at(datetime(2026, 6, 1, 2, 30), vienna)) == 1
    assert shown_at(datetime(2026, 10, 25, 2, 30), vienna) == [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    ]  # fmt: skip
    assert happens_at(datetime(2026, 3, 29, 2, 30), vienna) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "first"),
    [
        ("0 12 1 * *", "2026-01-01T12:00"), ("0 12 * * mon", "2026-01-05T12:00"), ("0 12 * * 7", "2026-01-04T12:00"),
        ("0 12 13 * fri", "2026-01-02T12:00"), ("0 0 29 2 *", "2028-02-29T00:00"), ("0 0 1 jan *", "2027-01-01T00:00"),
        ("*/15 9-17 * * mon-fri", "2026-01-01T09:00"), ("5,10-20/5 0 * * *", "2026-01-01T00:05"),
    ],
)  # fmt: skip
def test_cron_fields_mean_what_they_mean_everywhere(cron: str, first: str) -> None:
    assert times(cron).after(datetime(2026, 1, 1, tzinfo=UTC)).isoformat() == f"{first}:00+00:00"


@pytest.mark.parametrize(
    "cron",
    [
        "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * * 8",
        "5-1 * * * *", "*/0 * * * *", "a * * * *", "1,,2 * * * *", "1-2-3 * * * *", "-1 * * * *", "1/5 * * * *",
        "* * 30 2 *", "* * 31 4,6 *", "@daily", "١ * * * *", "* * * * mon-", "1;2 * * * *", "001 * * * *",
    ],
)  # fmt: skip
def test_a_cron_text_that_means_nothing_is_refused(cron: str) -> None:
    with pytest.raises(BadCron):
        Cron.parse(cron)


def test_jitter_shifts_every_time_of_a_schedule_by_the_same_seconds() -> None:
    shifted, other = (times("0 * * * *", jitter=600, salt=salt) for salt in ("one", "two"))
    seconds = {at.minute * 60 + at.second for at in islice(shifted.following(ANCHOR), 30)}
    assert len(seconds) == 1
    assert seconds.pop() <= 600
    assert shifted.after(ANCHOR) != other.after(ANCHOR)


def test_missed_times_are_counted_no_further_than_asked() -> None:
    every = times("", every_minutes=1)
    assert every.between(ANCHOR, ANCHOR + timedelta(minutes=5), most=100) == 5
    assert every.between(ANCHOR, ANCHOR + timedelta(days=900), most=100) == 100

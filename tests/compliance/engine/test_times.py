"""Stamps without a zone, in the zone of the policy, without a time zone library in the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.engine import dialects, sql
from compliance.engine.zones import offset_tree, offsets_by_instant, offsets_by_wall_time
from tests.compliance.engine.scanning import leaf, matching, rule, scan

EPOCH = datetime(1970, 1, 1)
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "UTC",
]
STAMPS = st.datetimes(datetime(1901, 1, 1), datetime(2099, 12, 1))


def microseconds(moment: datetime) -> int:
    return (moment.replace(tzinfo=None) - EPOCH) // timedelta(microseconds=1)


def looked_up(ranges: tuple[tuple[int, int], ...], at: int) -> int:
    return [offset for since, offset in ranges if since <= at][-1]


@settings(deadline=None)  # the first look at a zone reads all its changes
@given(zone=st.sampled_from(ZONES), wall=STAMPS)
def test_a_wall_clock_has_the_offset_of_its_first_passing(zone: str, wall: datetime) -> None:
    offset = wall.replace(tzinfo=ZoneInfo(zone)).utcoffset()
    assert timedelta(microseconds=looked_up(offsets_by_wall_time(zone), microseconds(wall))) == offset


@settings(deadline=None)  # the first look at a zone reads all its changes
@given(zone=st.sampled_from(ZONES), utc=STAMPS)
def test_an_instant_has_the_offset_of_its_local_time(zone: str, utc: datetime) -> None:
    offset = utc.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset()
    assert timedelta(microseconds=looked_up(offsets_by_instant(zone), microseconds(utc))) == offset


@pytest.mark.parametrize("zone", ZONES)
def test_the_database_finds_the_same_offset_at_every_edge(zone: str) -> None:
    ranges = offsets_by_wall_time(zone)
    times = [since + shift for since, _ in ranges[1:] for shift in (-1, 0)] or [0]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE stamps AS SELECT unnest($1::BIGINT[]) AS t", [times])
        query = sql.query(["t", sql.named(offset_tree(sql.col("t"), ranges), "o")], "stamps")
        found = connection.execute(dialects.render(query, "duckdb")).fetchall()
    assert dict(found) == {time: looked_up(ranges, time) for time in times}


def test_zone_less_stamps_are_in_the_zone_of_the_policy() -> None:
    rows: list[list[str | None]] = [["2024-07-01T01:30:00", "x"], ["2024-06-30T23:30:00Z", "x"]]
    at_or_after = leaf("a", ">=", "2024-06-30T23:30:01Z")
    assert matching(at_or_after, "a b", *rows, zone="UTC") == "TF"
    assert matching(at_or_after, "a b", *rows, zone="Europe/Berlin") == "FF"
    exactly = leaf("a", "between", ["2024-06-30T23:30:00Z", "2024-07-01T01:30:00"])
    assert matching(exactly, "a b", *rows, zone="Europe/Berlin") == "TT"


def test_the_hour_that_is_passed_twice_means_the_first_time() -> None:
    rows: list[list[str | None]] = [
        ["A", "2024-10-27T01:59:00"],
        ["A", "2024-10-27T02:59:00"],
        ["A", "2024-10-27T03:00:00"],
    ]
    close = rule("aggregate", function="count", operator=">=", threshold=2, window={"hours": 1.01})
    assert scan([close], "account timestamp", *rows, zone="Europe/Berlin").rows() == [[1, 2]]
    assert scan([close], "account timestamp", *rows).rows() == [[1, 2, 3]]


def test_times_far_out_in_steps_do_not_overflow() -> None:
    rows: list[list[str | None]] = [["A", str(sign * 2_555_555_555)] for sign in (1, 1, -1, -1)]
    rules = [
        rule("aggregate", "S", function="count", operator=">=", threshold=2, window={"hours": 876_000}),
        rule(
            "aggregate",
            "T",
            function="count",
            operator=">=",
            threshold=2,
            window={"hours": 24, "mode": "tumbling"},
        ),
        rule("dormancy", "D", quiet_days=36_500),
        rule("duplicate", "U", key=["account"], window={"hours": 876_000}),
    ]
    scanned = scan(rules, "account step", *rows)
    assert [result.state for result in scanned.outcome.rule_results] == ["completed"] * 4
    assert scanned.rows("S") == scanned.rows("T") == scanned.rows("U") == [[1, 2], [3, 4]]
    assert scanned.rows("D") == [[1], [2]]

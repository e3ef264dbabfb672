"""Schedules in words, and their next runs with the days on which clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jobs.schedule_times import Times
from jobs.schedule_words import in_words, next_runs

ANCHOR = datetime(2026, 1, 1, tzinfo=UTC)


def times(cron: str = "", zone: str = "Europe/Vienna", every: int | None = None) -> Times:
    return Times(cron=cron, every_minutes=every, time_zone=zone, anchor=ANCHOR)


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("30 2 * * *", "Every day at 02:30"),
        ("0 6,18 * * *", "Every day at 06:00 and 18:00"),
        ("30 2 * * 1-5", "Every weekday at 02:30"),
        ("0 9 * * mon,thu,sun", "Every Monday, Thursday and Sunday at 09:00"),
        ("0 0 1 * *", "On day 1 of the month at 00:00"),
        ("0 0 1,15 jan,jul *", "On day 1 and 15 in January and July at 00:00"),
        ("0 0 13 * fri", "On day 13 of the month and every Friday at 00:00"),
        ("30 * * * *", "Every hour at minute 30"),
        ("*/15 * * * *", "Every 15 minutes"),
        ("* * * * *", "Every minute"),
        ("*/20 8-17 * * 1-5", "Every weekday every 20 minutes of hours 8, 9, 10, 11, 12, 13, 14, 15, 16 and 17"),
    ],
)
def test_a_schedule_is_said_in_words(cron: str, words: str) -> None:
    assert in_words(times(cron)) == f"{words}, Europe/Vienna"


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(1, "Every minute"), (45, "Every 45 minutes"), (60, "Every hour"), (180, "Every 3 hours"), (1440, "Every day"),
     (10_080, "Every 7 days")],
)  # fmt: skip
def test_an_interval_is_said_in_words(minutes: int, words: str) -> None:
    assert in_words(times(every=minutes)) == words


def test_the_next_runs_stand_in_local_time_and_mark_the_change_of_the_clock() -> None:
    found = next_runs(times("30 2 * * *"), datetime(2026, 3, 27, 12, tzinfo=UTC), 3)
    assert [(run.local, run.clock_changes) for run in found] == [
        ("Sat 2026-03-28 02:30 CET", False), ("Sun 2026-03-29 03:00 CEST", True), ("Mon 2026-03-30 02:30 CEST", False)
    ]  # fmt: skip

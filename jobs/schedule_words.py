"""Schedules in words, and their next runs as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from jobs.schedule_times import Cron, Times

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MOST_TIMES = 4  # written out; more are counted in hours and minutes


@dataclass(frozen=True)
class NextRun:
    """`local` is wall time with the zone's abbreviation; `clock_changes` when the clock is changed on that date."""

    at: datetime
    local: str
    clock_changes: bool


def next_runs(times: Times, now: datetime, count: int = 5) -> list[NextRun]:
    zone = ZoneInfo(times.time_zone)
    return [_next_run(at, zone) for at in islice(times.following(now), count)]


def in_words(times: Times) -> str:
    """`Every day at 02:30, Europe/Vienna`."""
    if times.every_minutes:
        return _interval(times.every_minutes)
    cron = Cron.parse(times.cron)
    return f"{_days(cron)} {_clock(cron)}, {times.time_zone}".replace("Every day every", "Every")


def _next_run(at: datetime, zone: ZoneInfo) -> NextRun:
    local = at.astimezone(zone)
    midnight = datetime.combine(local.date(), time(), zone)
    changes = midnight.utcoffset() != (midnight + timedelta(days=1)).utcoffset()  # wall time: the next midnight
    return NextRun(at, f"{local:%a %Y-%m-%d %H:%M %Z}", changes)


def _interval(minutes: int) -> str:
    for unit, size in (("day", 1440), ("hour", 60), ("minute", 1)):
        if minutes % size == 0:
            count = minutes // size
            return f"Every {unit}" if count == 1 else f"Every {count} {unit}s"
    raise AssertionError("every number of minutes is a number of minutes")


def _days(cron: Cron) -> str:
    weekdays = _list([_DAYS[day] for day in sorted(cron.days_of_week, key=lambda day: (day - 1) % 7)])
    months = "" if len(cron.months) == 12 else " in " + _list([_MONTHS[month - 1] for month in sorted(cron.months)])
    in_month = "day " + _list([str(day) for day in sorted(cron.days)]) + (" of the month" if not months else "")
    if cron.any_day and cron.any_day_of_week:
        return f"Every day{months}"
    if cron.any_day:
        weekdays = "weekday" if cron.days_of_week == frozenset(range(1, 6)) else weekdays
        return f"Every {weekdays}{months}"
    if cron.any_day_of_week:
        return f"On {in_month}{months}"
    return f"On {in_month} and every {weekdays}{months}"


def _clock(cron: Cron) -> str:
    hours, minutes = sorted(cron.hours), sorted(cron.minutes)
    if len(hours) * len(minutes) <= _MOST_TIMES:
        return "at " + _list([f"{hour:02}:{minute:02}" for hour in hours for minute in minutes])
    step = minutes[1] - minutes[0] if len(minutes) > 1 else 0
    if step and minutes == list(range(0, 60, step)):
        often = "every minute" if step == 1 else f"every {step} minutes"
    else:
        often = "at minute " + _list([str(minute) for minute in minutes])
    if cron.hourly:
        return f"every hour {often}" if often.startswith("at") else often
    return f"{often} of hours " + _list([str(hour) for hour in hours])


def _list(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"

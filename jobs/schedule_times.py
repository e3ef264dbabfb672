"""When a schedule is due: cron fields on a wall clock, right on the two days a year when the clock is changed.

The rule (docs/schedules.md):
- Named hours (`30 2 * * *`, `0 */6 * * *`) happen once each on every date. A time the clock skips happens at the first
  instant after the gap; of a time the clock shows twice, the first one counts.
- Every hour (`*` as the hour) follows real time: each instant at which the wall clock shows a matching minute, also
  when it shows it a second time; nothing is added for what it skips.
- Intervals in minutes know no wall clock: they are counted from the anchor.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SECOND = timedelta(seconds=1)
_MOST_DAYS = 366 * 8 + 1  # the longest wait for a 29 February


def is_time_zone(name: str) -> bool:
    """Whether it names one everywhere: `localtime` differs from machine to machine."""
    return name != "localtime" and name in available_timezones()


class BadCron(ValueError):
    """Names the field and what it may hold."""


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def parse(self, text: str) -> frozenset[int]:
        return frozenset(number for part in text.split(",") for number in self._part(part))

    def _part(self, part: str) -> range:
        found = re.fullmatch(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d{1,3}))?", part, re.ASCII)
        if found is None:
            raise self._fault(part)
        star, first, last, step = found.groups()
        low, high = (self.low, self.high) if star else (self._number(first), self._number(last or first))
        if low > high or (step and (int(step) < 1 or not (star or last))):
            raise self._fault(part)
        return range(low, high + 1, int(step or 1))

    def _number(self, text: str) -> int:
        if text.lower() in self.names:
            return self.names.index(text.lower()) + self.low
        if not text.isdecimal() or len(text) > 2 or not self.low <= int(text) <= self.high:
            raise self._fault(text)
        return int(text)

    def _fault(self, text: str) -> BadCron:
        return BadCron(
            f"the {self.name} cannot be '{text[:20]}'; write numbers from {self.low} to {self.high}, "
            "ranges such as 1-5, lists such as 1,3, or steps such as */2"
        )


_FIELDS = (
    _Field("minute", 0, 59), _Field("hour", 0, 23), _Field("day of month", 1, 31), _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 7, _DAYS),
)  # fmt: skip


@dataclass(frozen=True)
class Cron:
    """Five fields as sets of numbers; `days_of_week` counts from Sunday, 0."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    days_of_week: frozenset[int]
    any_day: bool
    any_day_of_week: bool

    @classmethod
    def parse(cls, text: str) -> Cron:
        """BadCron tells what is wrong; also when there is no such day at all (30 February)."""
        parts = text.split()
        if len(parts) != 5:
            raise BadCron("write five fields: minute, hour, day of month, month, day of week, such as 30 2 * * *")
        minutes, hours, days, months, weekdays = (
            field.parse(part) for field, part in zip(_FIELDS, parts, strict=True)
        )  # fmt: skip
        cron = cls(
            minutes, hours, days, months, frozenset(day % 7 for day in weekdays), parts[2] == "*", parts[4] == "*"
        )
        if cron.any_day_of_week and not any(cron.on(date(2000, 1, 1) + timedelta(n)) for n in range(366)):
            raise BadCron("there is no such day in any year")
        return cron

    @property
    def hourly(self) -> bool:
        return len(self.hours) == 24

    def on(self, day: date) -> bool:
        """Whether the date matches; with both kinds of day restricted either is enough, as in every cron."""
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.days_of_week
        both = not self.any_day and not self.any_day_of_week
        return day.month in self.months and ((in_month or in_week) if both else (in_month and in_week))

    def instants(self, day: date, zone: ZoneInfo) -> Iterator[datetime]:
        """The instants (UTC) of one date, in order; several wall times in one gap are one instant."""
        walls = (datetime.combine(day, time(h, m)) for h in sorted(self.hours) for m in sorted(self.minutes))
        if self.hourly:
            yield from sorted({instant for wall in walls for instant in shown_at(wall, zone)})
        else:
            yield from sorted({happens_at(wall, zone) for wall in walls})


@dataclass(frozen=True)
class Times:
    """The due times of one schedule. `jitter` (seconds) shifts all of them by a part of it that `salt` decides."""

    cron: str
    every_minutes: int | None
    time_zone: str
    anchor: datetime
    jitter: int = 0
    salt: str = ""

    def after(self, moment: datetime) -> datetime:
        """The first due time later than `moment`, in UTC."""
        return next(self.following(moment))

    def following(self, moment: datetime) -> Iterator[datetime]:
        """Every due time later than `moment`."""
        found = self._interval(moment - self._shift) if self.every_minutes else self._cron(moment - self._shift)
        return (instant + self._shift for instant in found)

    def between(self, first: datetime, last: datetime, *, most: int) -> int:
        """How many due times lie after `first` and not after `last`; counts no further than `most`."""
        return sum(1 for _ in islice((True for at in self._until(first, last)), most))

    def _until(self, first: datetime, last: datetime) -> Iterator[datetime]:
        for at in self.following(first):
            if at > last:
                return
            yield at

    def _interval(self, moment: datetime) -> Iterator[datetime]:
        step = timedelta(minutes=self.every_minutes or 0)
        count = max(0, (moment - self.anchor) // step) + 1
        while True:
            yield (self.anchor + count * step).astimezone(UTC)
            count += 1

    def _cron(self, moment: datetime) -> Iterator[datetime]:
        zone = ZoneInfo(self.time_zone)
        # A day early: what a gap moves may come from the date before.
        day = moment.astimezone(zone).date() - timedelta(days=1)
        last, waited = moment, 0
        while waited < _MOST_DAYS:
            waited += 1
            if self._fields.on(day):
                for instant in self._fields.instants(day, zone):
                    if instant > last:
                        last, waited = instant, 0
                        yield instant
            day += timedelta(days=1)

    @cached_property
    def _fields(self) -> Cron:
        return Cron.parse(self.cron)

    @cached_property
    def _shift(self) -> timedelta:
        share = int.from_bytes(hashlib.sha256(self.salt.encode()).digest()[:8]) % (self.jitter + 1)
        return timedelta(seconds=share)


def happens_at(wall: datetime, zone: ZoneInfo) -> datetime:
    """The one instant (UTC) of a wall time: its first showing, or the end of the gap it lies in."""
    return next(iter(shown_at(wall, zone)), None) or _gap_end(wall, zone)


def shown_at(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants (UTC) at which the clock shows a time: none in a gap, two when it is shown again."""
    both = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return sorted({at for at in both if at.astimezone(zone).replace(tzinfo=None, fold=0) == wall})


def _gap_end(wall: datetime, zone: ZoneInfo) -> datetime:
    """The change of the clock that skipped `wall`: read with the later offset it lies before it, else after it."""
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    after = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    skipped = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + timedelta(seconds=(after - before) // _SECOND // 2)
        if middle.astimezone(zone).utcoffset() == skipped:
            after = middle
        else:
            before = middle
    return after

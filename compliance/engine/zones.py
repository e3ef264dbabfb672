"""Offsets of a time zone as ranges of microseconds, so that no database needs a time zone library."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

from sqlglot import exp

from compliance.engine.sql import Tree, when, whole

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Stamps before or after keep the offset of the nearest of these years."""
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall clock times have no zone
_MICROSECOND = timedelta(microseconds=1)
_STEP = timedelta(days=7)

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""(from this microsecond on, offset in microseconds), ascending."""


@lru_cache(maxsize=64)
def offsets_by_wall_time(zone: str) -> Ranges:
    """The offset to subtract from a zone-less stamp, by the stamp read as if it were UTC.

    A stamp that the clocks pass twice means the first time; one they skip has the offset before the skip.
    """
    info = ZoneInfo(zone)
    return _ranges(lambda wall: _microseconds(wall.replace(tzinfo=info).utcoffset()))


@lru_cache(maxsize=64)
def offsets_by_instant(zone: str) -> Ranges:
    """The offset to add to an instant for its local time, by the instant."""
    info = ZoneInfo(zone)
    return _ranges(lambda utc: _microseconds(utc.replace(tzinfo=UTC).astimezone(info).utcoffset()))


def offset_tree(time: Tree, ranges: Ranges) -> Tree:
    """The offset at `time` as a nested CASE, as deep as the binary logarithm of the number of ranges."""
    if len(ranges) == 1:
        return whole(ranges[0][1])
    middle = len(ranges) // 2
    later = exp.GTE(this=time.copy(), expression=whole(ranges[middle][0]))
    return when(later, offset_tree(time, ranges[middle:]), offset_tree(time, ranges[:middle]))


def _ranges(offset_at: Callable[[datetime], int]) -> Ranges:
    here, end = datetime(FIRST_YEAR, 1, 1), datetime(LAST_YEAR, 1, 1)  # noqa: DTZ001
    found = [(_since_epoch(here), offset_at(here))]
    while here < end:
        step = here + _STEP
        if (offset := offset_at(step)) != found[-1][1]:
            found.append((_since_epoch(_change(offset_at, here, step)), offset))
        here = step
    return tuple(found)


def _change(offset_at: Callable[[datetime], int], before: datetime, after: datetime) -> datetime:
    """The first microsecond that has the offset of `after`."""
    target = offset_at(after)
    low, high = _since_epoch(before), _since_epoch(after)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if offset_at(_EPOCH + middle * _MICROSECOND) == target else (middle, high)
    return _EPOCH + high * _MICROSECOND


def _since_epoch(wall: datetime) -> int:
    return (wall - _EPOCH) // _MICROSECOND


def _microseconds(offset: timedelta | None) -> int:
    return (offset or timedelta()) // _MICROSECOND

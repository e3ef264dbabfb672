"""Times as strangers write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
FAST = timedelta(days=1)  # how much the clock of a source may be ahead of ours

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_CLOCK = r"(?:\D{1,3}(\d{1,2}):(\d{2}))?"
_WORDS = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s.-]+([A-Za-z]{3})[a-z]*\.?,?[\s-]+(\d{4})" + _CLOCK)
_AMERICAN = re.compile(r"([A-Za-z]{3})[a-z]*\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})" + _CLOCK)


def posted(value: object, now: datetime) -> datetime | None:
    """The time that `value` tells (RFC 822 in all its spellings, ISO 8601, a day in words, or milliseconds since 1970),
    in UTC and not after `now`. None when it is none that can be believed.
    """
    try:
        found = _of_number(value) if isinstance(value, int | float) else _of_text(value)
    except (ValueError, OverflowError, OSError):
        return None
    if found is None:
        return None
    try:
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return min(found, now) if EARLIEST <= found <= now + FAST else None


def _of_number(value: float) -> datetime:
    return datetime.fromtimestamp(value / 1000, UTC)


def _of_text(value: object) -> datetime | None:
    text = str(value or "").strip()[:100]
    if not text:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        pass
    return _in_words(text)


def _in_words(text: str) -> datetime | None:
    if found := _WORDS.search(text):
        day, month, year, hour, minute = found.groups()
    elif found := _AMERICAN.search(text):
        month, day, year, hour, minute = found.groups()
    else:
        return None
    if month.lower() not in _MONTHS:
        return None
    return datetime(int(year), _MONTHS.index(month.lower()) + 1, int(day), int(hour or 0), int(minute or 0), tzinfo=UTC)

"""Reading the literals of rules: exact numbers, clean text, times; each with its limits."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from compliance.engine.faults import BadValue, show

CONDITION_PLACES = 4
"""Decimals of a number in a condition: as many as a stored number has (DECIMAL(18,4))."""
EXPRESSION_PLACES = 6
"""Of a number that an expression is compared with: as many as a quotient has."""
CONDITION_LIMIT = 10**14
THRESHOLD_PLACES = 6
"""Decimals of an aggregate's threshold: as many as a finding's value has (DECIMAL(38,6))."""
THRESHOLD_LIMIT = 10**30
MAX_TEXT = 10_000

_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?", re.ASCII)
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def exact_number(
    value: object, *, places: int = CONDITION_PLACES, limit: int = CONDITION_LIMIT, least: int | None = None
) -> Decimal:
    """The number as Decimal: at most `places` decimals, below `limit` in size, above or at `least`.

    Raises BadValue, also for booleans, NaN and infinity.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise BadValue(f"must be a number, not {show(value)}")
    if isinstance(value, float | Decimal) and not math.isfinite(value):
        raise BadValue("must be a finite number; NaN and Infinity cannot be compared")
    if not -limit < value < limit:
        raise BadValue(f"must be below {limit:.0e} in size")
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if (Fraction(number) * 10**places).denominator != 1:
        raise BadValue(f"has more than {places} decimals ({show(float(value))}); round it")
    if Decimal(repr(float(number))) != number and number != int(number):
        raise BadValue("has more digits than a JSON number can carry exactly; shorten it")
    if least is not None and number < least:
        raise BadValue(f"must be at least {least}")
    return number or Decimal(0)  # -0 becomes 0, so that equal rules have one canonical form


def json_number(number: Decimal) -> int | float:
    """The shortest JSON number equal to `number`."""
    return int(number) if number == int(number) else float(number)


def clean_text(value: object, *, most: int = MAX_TEXT, least: int = 0) -> str:
    """Text of `least` to `most` characters without NUL or lone surrogates, which PostgreSQL cannot store."""
    if not isinstance(value, str):
        raise BadValue(f"must be text, not {show(value)}")
    if not least <= len(value) <= most:
        raise BadValue(f"must have {least} to {most} characters, not {len(value)}")
    if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise BadValue("contains a NUL character or half a surrogate pair; remove it")
    return value


def number_in_text(text: str) -> Decimal | None:
    """The plain decimal written in `text` ("10000", "-3.5"), or None where it is something else."""
    return Decimal(text.strip()) if _NUMBER.fullmatch(text.strip()) else None


def is_time(text: str) -> bool:
    """Whether `text` is an ISO 8601 date or date-time that exists."""
    return _stamp(text) is not None


def time_in_text(text: str, zone: ZoneInfo) -> int:
    """Microseconds since the epoch of an ISO 8601 stamp; without a zone it is in `zone`."""
    stamp = _stamp(text)
    if stamp is None:
        raise ValueError(f"not an ISO 8601 time: {show(text)}")
    gap = (stamp.replace(tzinfo=zone) if stamp.tzinfo is None else stamp) - _EPOCH
    return (gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds


def _stamp(text: str) -> datetime | None:
    if not _TIME.fullmatch(text.strip()):
        return None
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None

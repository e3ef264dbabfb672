"""The oracle's reading of records: text, numbers, times, booleans and fields. Slow, obvious, nothing imported
from compliance/. Quotations are from the design pages of the rule language.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from zoneinfo import ZoneInfo

Row = list[str | None]
KeyValue = tuple[str, Decimal | int | str]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
HOUR = 3_600_000_000
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
TRUE_WORDS = {"true", "yes", "y", "1", "t", "on"}
FALSE_WORDS = {"false", "no", "n", "0", "f", "off"}


def half_even(value: Fraction, places: int) -> Decimal:
    """The page: "rounded half-even to 6 places": from the exact fraction, so never rounded twice."""
    return Decimal(round(value * 10**places)).scaleb(-places)


def is_missing(text: str | None) -> bool:
    """The page: "Missing = null, empty or blank text."."""
    return text is None or text.strip() == ""


@cache
def read_number(text: str | None) -> Decimal | None:
    """The page: "Numbers are exact: DECIMAL(18,4), rounded half-even to 4 places; text that is no number
    or does not fit is missing for numeric operators"."""
    if text is None or not NUMBER.fullmatch(text.strip()):
        return None
    number = half_even(Fraction(text.strip()), 4)
    return number if abs(number) < Decimal(10) ** 14 else None


@cache
def read_time(text: str | None, zone: ZoneInfo) -> int | None:
    """The page: "kept as 64-bit microseconds"; "zone-less stamps are in the policy's time_zone"."""
    if text is None or not TIME.fullmatch(text.strip()):
        return None
    try:
        stamp = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    aware = stamp if stamp.tzinfo is not None else stamp.replace(tzinfo=zone)
    return (aware - EPOCH) // MICROSECOND


def read_boolean(text: str | None) -> bool | None:
    """The page: "Booleans: true/false, yes/no, y/n, 1/0, t/f, on/off in any case; else missing"."""
    word = (text or "").strip().lower()
    return True if word in TRUE_WORDS else False if word in FALSE_WORDS else None

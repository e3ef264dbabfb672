"""Values as a profile shows them: numbers without idle zeros, instants in ISO 8601."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 zone-less on purpose: the suffix says what is known


def number_text(value: Decimal) -> str:
    """`1200`, `0.5`: never an exponent, no zeros after the last digit that counts."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def time_text(micros: int, *, zoned: bool) -> str:
    """`2023-01-01T00:00:00`, with a Z when the value carried a zone."""
    try:
        stamp = _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        return str(micros)
    return stamp.isoformat() + ("Z" if zoned else "")

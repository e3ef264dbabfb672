"""Time: the epoch all instants count from, and how many hours one `step` of a file is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
WORDS = {"hourly": Decimal(1), "daily": Decimal(24), "weekly": Decimal(168), "monthly": Decimal(730)}
MOST = Decimal(87_600)  # hours: ten years


def hours_of(scale: str) -> Decimal:
    """Hours of one step. ValueError with what to write instead."""
    if scale in WORDS:
        return WORDS[scale]
    if re.fullmatch(r"\d{1,5}(\.\d{1,4})?", scale) and 0 < (hours := Decimal(scale)) <= MOST:
        return hours
    words = ", ".join(WORDS)
    raise ValueError(f"'{scale[:20]}' is no temporal scale; write {words} or a number of hours such as \"36\"")


def microseconds(moment: datetime) -> int:
    """Since the epoch, exactly."""
    return (moment - EPOCH) // timedelta(microseconds=1)

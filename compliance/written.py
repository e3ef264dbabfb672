"""How times and amounts are written, wherever they are shown."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from web.dialects import Dialect


def time(moment: datetime | None) -> str | None:
    """ISO 8601, UTC, whole seconds, Z."""
    return Dialect.COMPLIANCE.time(moment) if moment else None


def number(value: Decimal | None) -> float | int | None:
    """A JSON number; whole ones without a fraction."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def plain(value: Decimal | int | float) -> str:
    """Every digit and no more: 1200.5, never 1.2E+3 nor 1200.5000."""
    text = f"{Decimal(str(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

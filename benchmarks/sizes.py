"""How much is measured: everything at its documented size, or a part of it to see that it works."""

from __future__ import annotations

import os

SCALE, LARGE = "BENCH_SCALE", "BENCH_LARGE"
"""Environment variables, set by --scale and --large."""


def scaled(many: int, least: int = 1) -> int:
    """`many`, or the part of it that --scale asks for, but no fewer than `least`."""
    return max(int(many * float(os.environ.get(SCALE, "1"))), least)


def is_part() -> bool:
    """Whether not everything is measured."""
    return SCALE in os.environ


def is_large() -> bool:
    """Whether what takes long is wanted as well."""
    return os.environ.get(LARGE) == "1"


def told(many: int) -> str:
    """50,000 as it is, 1,000,000 as 1 M."""
    return f"{many / 1_000_000:g} M" if many >= 1_000_000 else f"{many:,}"

"""Waiting in a test for what another process or thread does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
LIMIT = 300  # seconds: no verdict on how fast the machine is, only the end of a wait in vain


def until(condition: Callable[[], T], what: str = "it") -> T:
    """Ask `condition` until it answers something true, and return that."""
    end = time.monotonic() + LIMIT
    while not (found := condition()):
        assert time.monotonic() < end, f"waited {LIMIT} s in vain for {what}"
        time.sleep(0.01)
    return found

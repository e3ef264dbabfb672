"""What a process and its children held of memory at most, as Linux counts it."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
KIB = 1024


def peak(pid: int) -> int:
    """Bytes: the most this process ever held, and the same of each of its living children, added up."""
    return _high_water(pid) + sum(peak(child) for child in children(pid))


def _high_water(pid: int) -> int:
    found = re.search(r"^VmHWM:\s+(\d+) kB$", (PROC / str(pid) / "status").read_text(), re.MULTILINE)
    return int(found[1]) * KIB if found else 0


def children(pid: int) -> list[int]:
    """Of all its threads: each keeps the list of those it started, and some end meanwhile."""
    found: list[int] = []
    for each in (PROC / str(pid) / "task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, each.read_text().split())
    return found


def command(pid: int) -> str:
    """The command line of a process, its words separated by blanks."""
    return (PROC / str(pid) / "cmdline").read_text().replace("\0", " ")


def own_peak() -> int:
    """Bytes: the most that this process ever held."""
    return _high_water(os.getpid())

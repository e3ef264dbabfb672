"""What the database's planner cannot know: rows that have just been written by COPY are in no statistics."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_nested_loops(cursor: Any) -> Iterator[None]:
    """For statements that join all violations of scans with one another, inside a transaction.

    The planner takes a scan that was written a moment ago for one of a few rows and would compare each with each.
    """
    cursor.execute("SET LOCAL enable_nestloop = off")
    yield
    cursor.execute("SET LOCAL enable_nestloop = on")

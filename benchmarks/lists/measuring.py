"""Server time and statements of a page, in this process, through the real middleware."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection

RUNS = 5
BARE = 1_500  # ms; a page that takes longer is asked for once more only
TIME_OUT = 30_000  # ms, of one statement


@dataclass(frozen=True)
class Page:
    """`ms` is the median of RUNS requests after one that does not count; `sql_ms` what the database took of it."""

    who: str
    address: str
    ms: float
    sql_ms: float
    statements: int
    status: int


class Meter:
    """An execute wrapper that counts statements and adds up what they take."""

    def __init__(self) -> None:
        self.seconds, self.statements = 0.0, 0

    def __call__(self, execute: Callable[..., Any], *rest: Any) -> Any:
        begun = time.perf_counter()
        try:
            return execute(*rest)
        finally:
            self.seconds += time.perf_counter() - begun
            self.statements += 1


def measured(client: Any, who: str, address: str) -> Page:
    once(client, address)
    runs = [once(client, address)]
    while len(runs) < RUNS and runs[0][0] < BARE:
        runs.append(once(client, address))
    ms, sql_ms = (statistics.median(run[place] for run in runs) for place in (0, 1))
    return Page(who, address, ms, sql_ms, runs[0][2], runs[0][3])


def once(client: Any, address: str) -> tuple[float, float, int, int]:
    """(ms, ms in the database, statements, status); status 0 when a statement was cut off."""
    meter, begun = Meter(), time.perf_counter()
    with connection.execute_wrapper(meter):
        try:
            status = client.get(address).status_code
        except OperationalError:
            status = 0
    return (time.perf_counter() - begun) * 1000, meter.seconds * 1000, meter.statements, status

"""One address after another for one scan, within its patience."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from scans.fetching import robots
from scans.fetching.faults import Failed
from scans.fetching.hosts import PAUSE, Hosts, host_of
from scans.fetching.robots import Robots
from web.outbound import Answer, BadAnswer, Refused, Session, TooLarge, Unreachable

TRIES = 3
BUSY = {429, 503}


@dataclass(frozen=True)
class Limits:
    """Seconds: for one request, for all that one host may waste, and for a server that is busy."""

    seconds: float
    wasted: float
    patience: float


class Reader:
    """Reads addresses over one session. Used inside its event loop."""

    def __init__(self, session: Session, limits: Limits) -> None:
        self._session, self._limits = session, limits
        self._hosts = Hosts(patience=limits.patience, most_wasted=limits.wasted)
        self._robots = Robots(lambda address: self._ask(address, {}, most=robots.MOST, cut=True))

    async def get(self, address: str, headers: Mapping[str, str] | None = None, *, public_api: bool = False) -> Answer:
        """The answer: 200, or 304 when `headers` ask for no more. Failed says why there is none.

        robots.txt is asked first, except for a `public_api`, which is made for programs.
        """
        if not public_api:
            await self._robots.check(address)
        answer = await self._ask(address, headers or {})
        if answer.status not in (200, 304):
            raise Failed("BAD_STATUS", f"The server answered {answer.status}.")
        return answer

    async def _ask(self, address: str, headers: Mapping[str, str], **bounds: Any) -> Answer:
        host, patience = host_of(address), self._limits.patience
        for left in reversed(range(TRIES)):
            await self._hosts.calm(host)
            answer = await self._once(host, address, headers, bounds)
            if answer.status not in BUSY:
                self._hosts.answered(host)
                return answer
            pause = later(answer.headers.get("Retry-After"), datetime.now(UTC)) or PAUSE
            self._hosts.busy(host, pause)
            patience -= pause
            if not left or patience < 0:
                self._hosts.failed(host, answer.elapsed)
                raise Failed("BUSY", f"The server answered {answer.status}: it asks to come back later.", later=pause)
        raise AssertionError("unreachable")

    async def _once(self, host: str, address: str, headers: Mapping[str, str], bounds: dict[str, Any]) -> Answer:
        started = time.monotonic()

        def check() -> None:
            nonlocal started
            self._hosts.check(host)
            started = time.monotonic()

        try:
            return await self._session.get(address, headers, seconds=self._limits.seconds, check=check, **bounds)
        except Refused as fault:
            raise Failed("REFUSED", str(fault)) from fault
        except Unreachable as fault:
            self._hosts.failed(host, time.monotonic() - started)
            raise Failed("UNREACHABLE", str(fault)) from fault
        except TooLarge as fault:
            self._hosts.failed(host, time.monotonic() - started, alive=True)
            raise Failed("TOO_LARGE", str(fault)) from fault
        except BadAnswer as fault:
            raise Failed("UNREADABLE", str(fault)) from fault


def later(text: str | None, now: datetime) -> float | None:
    """Retry-After, either way it may be written, as seconds from `now`; None when it says nothing usable."""
    if not text:
        return None
    if text.strip().isdecimal():
        return float(text.strip()[:9])
    try:
        when = parsedate_to_datetime(text)
        return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None

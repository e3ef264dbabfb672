"""The patience of one scan with each host."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from scans.fetching.faults import Failed

FAULTS = 3  # in a row, then the host is given up for this scan
PAUSE = 5.0  # seconds, when a server that is busy does not say how long


def host_of(address: str) -> str:
    """`name:port` as written in the address, for counting by host."""
    parts = urlsplit(address)
    return parts.netloc.lower() if ":" in parts.netloc else f"{parts.netloc.lower()}:{_PORTS.get(parts.scheme, 443)}"


_PORTS = {"https": 443, "http": 80}


@dataclass
class _Host:
    faults: int = 0
    wasted: float = 0.0  # seconds
    not_before: float = 0.0  # of the loop's clock


class Hosts:
    """A host that fails FAULTS times in a row, or wastes `most_wasted` seconds, is given up. One that is busy is left
    alone as long as it wants, if that is within `patience` seconds.
    """

    def __init__(self, *, patience: float, most_wasted: float) -> None:
        self._patience, self._most_wasted = patience, most_wasted
        self._hosts: dict[str, _Host] = {}

    def check(self, host: str) -> None:
        """Failed when the host was given up."""
        known = self._hosts.get(host)
        if known and (known.faults >= FAULTS or known.wasted >= self._most_wasted):
            raise Failed("UNREACHABLE", "Its host failed several times and is not asked again in this scan.")

    async def calm(self, host: str) -> None:
        """Wait until the host may be asked. Failed when that is too long."""
        while (left := self._left(host)) > 0:
            if left > self._patience:
                raise Failed("BUSY", "The server asks to come back later.", later=left)
            await asyncio.sleep(left)

    def answered(self, host: str) -> None:
        if host in self._hosts:
            self._hosts[host].faults = 0

    def failed(self, host: str, seconds: float, *, alive: bool = False) -> None:
        """A request there came to nothing, and took so long; `alive`: though the host did answer."""
        known = self._hosts.setdefault(host, _Host())
        known.faults += not alive
        known.wasted += seconds

    def busy(self, host: str, seconds: float) -> None:
        """It asks not to be asked for so long."""
        known = self._hosts.setdefault(host, _Host())
        known.not_before = max(known.not_before, asyncio.get_running_loop().time() + seconds)

    def _left(self, host: str) -> float:
        known = self._hosts.get(host)
        return known.not_before - asyncio.get_running_loop().time() if known else 0.0

"""robots.txt, as RFC 9309 says: read once per host and scan."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from protego import Protego

from scans.fetching.faults import Failed
from web.outbound import Answer

AGENT = "scanward"
MOST = 500 * 1024  # bytes; what stands behind is not read
KEPT = 4 * 1024**2  # bytes of robots.txt whose rules are kept at once

Read = Callable[[str], Awaitable[Answer]]

_ALL = Protego.parse("")
_OVERHEAD = 1000  # bytes


class Robots:
    """What the hosts of one scan allow. `read` fetches an address and raises Failed."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._known: dict[str, asyncio.Future[Protego | Failed]] = {}  # oldest first
        self._sizes: dict[str, int] = {}

    async def check(self, address: str) -> None:
        """Failed when the address may not be read."""
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.netloc}".lower()
        if origin not in self._known:
            self._known[origin] = asyncio.ensure_future(self._rules(origin))
        rules = await asyncio.shield(self._known[origin])
        if isinstance(rules, Failed):
            raise Failed(rules.code, rules.message, later=rules.later)
        if not rules.can_fetch(address, AGENT):
            raise Failed("DISALLOWED", "The site's robots.txt does not allow it.")

    async def _rules(self, origin: str) -> Protego | Failed:
        try:
            answer = await self._read(f"{origin}/robots.txt")
        except Failed as fault:
            # Unreachable: nothing is allowed. An answer that is none (endless redirects): as if there were no file.
            return _ALL if fault.code == "UNREADABLE" else fault
        self._make_room(origin, len(answer.body) + _OVERHEAD)
        if answer.status >= 500:
            return Failed("DISALLOWED", f"The site's robots.txt could not be read: it answered {answer.status}.")
        return Protego.parse(answer.body.decode(errors="replace")) if answer.status == 200 else _ALL

    def _make_room(self, origin: str, size: int) -> None:
        self._sizes[origin] = size
        total = sum(self._sizes.values()) if len(self._sizes) % 100 == 0 or size > KEPT // 100 else 0
        for oldest in list(self._sizes):
            if total <= KEPT:
                return
            if oldest != origin:
                total -= self._sizes.pop(oldest)
                del self._known[oldest]

"""Names looked up beside an event loop.

A look-up cannot be told to stop, so it has a thread of its own; one that hangs is left behind. How many there are at
once is bounded for the process, and those who ask for a name that is being looked up wait for the same thread.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from ipaddress import ip_address

from web.destinations import Resolver, Rules, Unreachable, canonical_host, judged

THREADS = 128
SECONDS = 10.0

_free = threading.BoundedSemaphore(THREADS)


class Lookups:
    """The names one event loop looks up."""

    def __init__(self, rules: Rules, resolver: Resolver) -> None:
        self._rules, self._resolver = rules, resolver
        self._running: dict[tuple[str, int], asyncio.Future[list[str]]] = {}

    async def resolve(self, host: str, port: int) -> list[str]:
        """The addresses to connect to, instead of the name; as web.destinations.resolve."""
        name = canonical_host(host)
        with suppress(ValueError):
            return judged(name, port, [str(ip_address(name))], rules=self._rules)
        try:
            async with asyncio.timeout(SECONDS):
                addresses = await asyncio.shield(self._looked_up(name, port))
        except TimeoutError:
            addresses = []
        return judged(name, port, addresses, rules=self._rules)

    def _looked_up(self, name: str, port: int) -> asyncio.Future[list[str]]:
        key = (name, port)
        if key not in self._running:
            if not _free.acquire(blocking=False):
                raise Unreachable(f"The host name {name} could not be resolved: too many others are being waited for.")
            self._running[key] = asyncio.get_running_loop().create_future()
            self._running[key].add_done_callback(lambda _: self._running.pop(key))
            look = (key, self._running[key], _free)
            threading.Thread(target=self._look, args=look, name="resolver", daemon=True).start()
        return self._running[key]

    def _look(self, key: tuple[str, int], future: asyncio.Future[list[str]], free: threading.BoundedSemaphore) -> None:
        addresses: list[str] = []
        try:
            with suppress(OSError, UnicodeError):
                addresses = list(self._resolver(*key))
        finally:
            free.release()
            with suppress(RuntimeError):  # nobody waits any more: the loop is closed
                future.get_loop().call_soon_threadsafe(_settle, future, addresses)


def _settle(future: asyncio.Future[list[str]], addresses: list[str]) -> None:
    if not future.done():
        future.set_result(addresses)

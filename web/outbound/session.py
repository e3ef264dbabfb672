"""Many requests at once, on an event loop."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from ssl import SSLContext
from typing import Any, Self

import httpx

from web.destinations import Resolver, Rules, Unreachable, canonical_host, system_resolver
from web.outbound.answers import Answer, Body, TooLarge
from web.outbound.connection import Broken, Connection, Unheard, port_of
from web.outbound.hops import Hop
from web.outbound.lookups import Lookups

MOST = 5 * 1024**2  # bytes
SECONDS = 30.0
SLOW = 2.0
ASIDE = 4


_Said = tuple[int, httpx.Headers, bytes, Hop | None]  # status, headers, body, where it sends us


@dataclass(frozen=True)
class _Asked:
    method: str
    headers: Mapping[str, str]
    content: bytes | None
    most: int
    cut: bool = False
    check: Callable[[], None] = lambda: None


class _Host:
    """The turns and the connections of one scheme, host and port."""

    def __init__(self, most: int) -> None:
        self.users = 0  # with a turn or waiting for one
        self.turns = asyncio.Semaphore(most)
        self.resting: list[Connection] = []

    def take(self) -> Connection | None:
        """A connection that rests."""
        while self.resting:
            connection = self.resting.pop()
            if connection.fresh:
                return connection
            connection.close()
        return None

    def give_back(self, connection: Connection) -> None:
        if connection.resting:
            self.resting.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        while self.resting:
            self.resting.pop().close()


class Session:
    """Connections that are kept between requests; at most `total` requests at once, `per_host` to one host and port.

    `hosts` gives some of them ("name:port") a number of their own. Requests beyond wait for their turn, which does not
    count as the server's time. One that lasts longer than SLOW seconds steps aside: it goes on, and another has its
    turn, so that servers that hang hold up nobody; at most ASIDE times `total` do so at once.
    """

    def __init__(
        self, rules: Rules | None = None, *, total: int = 64, per_host: int = 4, hosts: Mapping[str, int] | None = None,
        resolver: Resolver = system_resolver, verify: SSLContext | bool = True,
    ) -> None:  # fmt: skip
        self._rules = rules or Rules.of_installation()
        self._context = httpx.create_ssl_context(verify=verify, trust_env=False)
        self._lookups = Lookups(self._rules, resolver)
        self._turns, self._free_aside = asyncio.Semaphore(total), ASIDE * total
        self._going = asyncio.Event()
        self._going.set()
        self._most_idle = 2 * total
        self._per_host, self._of_hosts = per_host, dict(hosts or {})
        self._busy: dict[str, _Host] = {}
        self._idle: dict[str, _Host] = {}  # longest idle first

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *fault: object) -> None:
        for host in (*self._busy.values(), *self._idle.values()):
            host.close()
        await asyncio.sleep(0)  # the loop lets go of what was closed

    def pause(self) -> None:
        """No request has its turn until `resume`; those that had theirs go on."""
        self._going.clear()

    def resume(self) -> None:
        self._going.set()

    async def get(
        self, url: str, headers: Mapping[str, str] | None = None, *, most: int = MOST, seconds: float = SECONDS,
        cut: bool = False, check: Callable[[], None] = lambda: None,
    ) -> Answer:  # fmt: skip
        """What the server at the end of the redirects says, whatever its status; `headers` go to the origin of `url`.

        At most `most` decoded bytes within `seconds` in all; with `cut` a longer body ends there. `check` is called
        when it has its turn; what it raises ends the request. Raises Refused, Unreachable, TooLarge or BadAnswer.
        """
        return await self._answer(url, _Asked("GET", headers or {}, None, most, cut, check), seconds)

    async def post_json(
        self, url: str, value: Any, headers: Mapping[str, str] | None = None, *, most: int = MOST,
        seconds: float = SECONDS,
    ) -> Answer:  # fmt: skip
        """What the server says to a JSON value; as `get`, but a redirect is a BadAnswer."""
        typed = {**(headers or {}), "Content-Type": "application/json"}
        return await self._answer(url, _Asked("POST", typed, json.dumps(value).encode(), most), seconds)

    async def _answer(self, url: str, asked: _Asked, seconds: float) -> Answer:
        hop, spent = Hop.to(url, self._rules), 0.0
        while True:
            async with self._turn(hop.url) as host:
                asked.check()
                started = time.monotonic()
                try:
                    async with asyncio.timeout(seconds - spent):
                        status, headers, body, following = await self._ask(host, hop, asked)
                except TimeoutError as fault:
                    raise Unreachable("The server took longer than it may.") from fault
                except (Broken, OSError, zlib.error) as fault:
                    raise Unreachable(f"The transfer failed ({type(fault).__name__}).") from fault
                spent += time.monotonic() - started
            if following is None:
                return Answer(status, headers, body, str(hop.url), spent)
            hop = following

    async def _ask(self, host: _Host, hop: Hop, asked: _Asked) -> _Said:
        """One hop, over a connection that rests or a new one."""
        rested = host.take() if asked.method == "GET" else None
        if rested:
            with suppress(Unheard):  # the server closed it just now
                return await self._over(rested, host, hop, asked)
        return await self._over(await Connection.open(hop.url, self._lookups, self._context), host, hop, asked)

    async def _over(self, connection: Connection, host: _Host, hop: Hop, asked: _Asked) -> _Said:
        try:
            told = hop.headers("gzip", asked.headers)
            response = await connection.ask(asked.method, hop.url, told, asked.content)
            headers = httpx.Headers(response.headers.raw_items())
            following = hop.next(asked.method, response.status_code, headers)
            body = b"" if following else await _whole(connection, Body(headers, asked.most), cut=asked.cut)
            connection.rest()
            return response.status_code, headers, body, following
        finally:
            host.give_back(connection)

    @asynccontextmanager
    async def _turn(self, url: httpx.URL) -> AsyncIterator[_Host]:
        """The host's own turn first: who waits for a busy host keeps no place from others."""
        place = f"{canonical_host(url.raw_host.decode())}:{port_of(url)}"
        name = f"{url.scheme}://{place}"
        host = self._busy.get(name) or self._idle.pop(name, None) or _Host(self._of_hosts.get(place, self._per_host))
        self._busy[name] = host
        host.users += 1
        try:
            async with host.turns, self._place():
                yield host
        finally:
            host.users -= 1
            if not host.users:
                self._idle[name] = self._busy.pop(name)
                if len(self._idle) > self._most_idle:
                    self._idle.pop(next(iter(self._idle))).close()

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """One of the turns of all, until the request ends or steps aside."""
        aside, timer = False, None

        def step_aside() -> None:
            nonlocal aside
            if self._free_aside:
                self._free_aside, aside = self._free_aside - 1, True
                self._turns.release()

        await self._turns.acquire()
        try:
            await self._going.wait()
            timer = asyncio.get_running_loop().call_later(SLOW, step_aside)
            yield
        finally:
            if timer:
                timer.cancel()
            if aside:
                self._free_aside += 1
            else:
                self._turns.release()


async def _whole(connection: Connection, body: Body, *, cut: bool) -> bytes:
    parts: list[bytes] = []
    try:
        async with aclosing(connection.body()) as pieces:
            async for piece in pieces:
                for part in body.feed(piece):
                    parts.append(part)  # noqa: PERF402 - those before a TooLarge are kept
        body.finish()
    except TooLarge:
        if not cut:
            raise
    return b"".join(parts)

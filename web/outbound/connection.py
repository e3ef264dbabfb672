"""One HTTP/1.1 connection on an event loop, to an address that was judged.

h11 speaks the protocol. httpcore's asyncio pool was measured at 5 ms of CPU a request with a thousand hosts, as it
looks at every connection for every request; this takes a tenth.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from ssl import SSLContext

import h11
import httpx

from web.destinations import Unreachable, canonical_host
from web.outbound.answers import CHUNK
from web.outbound.lookups import Lookups

IDLE = 3.0  # seconds a connection is kept for the next request
CONNECT = 10.0  # seconds for each address of a host
_HEADERS = 64 * 1024  # bytes


class Broken(Exception):
    """The connection ended, or what came over it is not HTTP."""


class Unheard(Broken):
    """The connection ended before any of the answer came."""


class Connection:
    """Used by one request at a time; `resting` between two of them, when the answer was read to its end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEADERS)
        self._heard = False
        self._rested = 0.0
        self.resting = False

    @classmethod
    async def open(cls, url: httpx.URL, lookups: Lookups, context: SSLContext) -> Connection:
        """Connect to one of the addresses of the host. Certificates are checked against its name."""
        host = canonical_host(url.raw_host.decode())
        port = port_of(url)
        tls = {"ssl": context, "server_hostname": host} if url.scheme == "https" else {}
        for address in await lookups.resolve(host, port):
            try:
                async with asyncio.timeout(CONNECT):
                    return cls(*await asyncio.open_connection(address, port, limit=CHUNK, **tls))  # type: ignore[arg-type]
            except OSError:  # time-outs and certificates among them
                continue
        raise Unreachable(f"{host} does not answer on port {port}.")

    async def ask(self, method: str, url: httpx.URL, headers: Mapping[str, str], content: bytes | None) -> h11.Response:
        """Send a request and read the head of the answer."""
        told = [("Host", url.netloc.decode()), *headers.items()]
        if content is not None:
            told.append(("Content-Length", str(len(content))))
        self._heard = self.resting = False
        try:
            sent = self._protocol.send(h11.Request(method=method, target=url.raw_path, headers=told)) or b""
            sent += (content and self._protocol.send(h11.Data(data=content))) or b""
            self._writer.write(sent + (self._protocol.send(h11.EndOfMessage()) or b""))
            await self._writer.drain()
        except (h11.LocalProtocolError, OSError) as fault:
            raise self._broken() from fault
        while not isinstance(event := await self._event(), h11.Response):
            if not isinstance(event, h11.InformationalResponse):
                raise self._broken()
        return event

    async def body(self) -> AsyncGenerator[bytes, None]:
        """The pieces of the answer's body, as they come."""
        while isinstance(event := await self._event(), h11.Data):
            yield bytes(event.data)
        if not isinstance(event, h11.EndOfMessage):
            raise self._broken()

    async def _event(self) -> h11.Event | type[h11.PAUSED]:
        try:
            while (event := self._protocol.next_event()) is h11.NEED_DATA:
                data = await self._reader.read(CHUNK)
                self._heard = self._heard or bool(data)
                self._protocol.receive_data(data)
        except (h11.RemoteProtocolError, OSError) as fault:
            raise self._broken() from fault
        return event  # type: ignore[return-value]

    def _broken(self) -> Broken:
        return Broken("It broke off.") if self._heard else Unheard("It did not answer.")

    def rest(self) -> None:
        """The answer was taken: ready for the next request, if it was whole and the server keeps the connection."""
        self.resting = self._protocol.our_state is h11.DONE and self._protocol.their_state is h11.DONE
        if self.resting:
            self._protocol.start_next_cycle()
            self._rested = time.monotonic()

    @property
    def fresh(self) -> bool:
        """Whether a next request may be tried."""
        return time.monotonic() - self._rested < IDLE and not self._reader.at_eof()

    def close(self) -> None:
        self._writer.transport.abort()


def port_of(url: httpx.URL) -> int:
    return url.port or {"https": 443, "http": 80}[url.scheme]

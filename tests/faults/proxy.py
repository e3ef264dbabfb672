"""A TCP port that leads to a server, and what can go wrong on the way: cuts, stalls, delays, nobody there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any

PIECE = 64 * 1024  # bytes forwarded at once


class Proxy:
    """127.0.0.1:`port` leads to 127.0.0.1:`target`, which may change: connections made from then on go there.

    `delay`: seconds that everything takes longer from now on, in each direction.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.target = 0
        self.delay = 0.0
        self.port = 0
        self._loop = loop
        self._open: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()

    async def listen(self) -> None:
        self._flows.set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=PIECE)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        self._in_loop(self._close())

    def cut(self) -> int:
        """End every connection at once, as a reset; answers how many."""
        return self._in_loop(self._cut())

    def stall(self) -> None:
        """Nothing passes any more, and nobody is told; new connections are taken and get no answer."""
        self._in_loop(self._set(False))

    def flow(self) -> None:
        """What has been held back passes, and all that follows."""
        self._in_loop(self._set(True))

    def _in_loop(self, what: Any) -> Any:
        done: Future[Any] = asyncio.run_coroutine_threadsafe(what, self._loop)
        return done.result(60)

    async def _cut(self) -> int:
        cut = len(self._open) // 2
        for writer in self._open:
            writer.transport.abort()
        return cut

    async def _close(self) -> None:
        self._server.close()
        await self._cut()

    async def _set(self, flowing: bool) -> None:
        if flowing:
            self._flows.set()
        else:
            self._flows.clear()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, to = await asyncio.open_connection("127.0.0.1", self.target, limit=PIECE)
        except OSError:  # nobody listens there now: whoever asks is told so as well as one behind us can be
            writer.transport.abort()
            return
        self._open |= {writer, to}
        try:
            await asyncio.gather(self._forward(reader, to), self._forward(there, writer))
        finally:
            for each in (writer, to):
                self._open.discard(each)
                each.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(PIECE):
                if self.delay:
                    await asyncio.sleep(self.delay)
                await self._flows.wait()
                writer.write(piece)
                await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.write_eof()


@contextmanager
def proxies(count: int) -> Iterator[list[Proxy]]:
    """So many, served by one thread while inside."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="proxies", daemon=True)
    thread.start()
    made = [Proxy(loop) for _ in range(count)]
    try:
        for each in made:
            each._in_loop(each.listen())
        yield made
    finally:
        for each in made:
            each.close()
        asyncio.run_coroutine_threadsafe(_end(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)

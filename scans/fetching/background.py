"""The event loop of a scan, in a thread beside it: the scan's own thread may use the database, a loop may not."""

from __future__ import annotations

import asyncio
import queue
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, Self, TypeVar

from scans.fetching.faults import Failed
from scans.fetching.reading import Limits, Reader
from web.outbound import Session

Key = TypeVar("Key")
Result = TypeVar("Result")
UNTAKEN = 32 * 1024**2  # bytes of results that wait to be taken, then no further request is made: memory stays flat
OF_A_RESULT = 1024  # bytes, beside its own
# Seconds until the loop, which has little to do and much to wait for, gets the interpreter from the thread that
# understands what was read. With Python's own 5 ms every step of a request would wait as long.
SWITCH = 0.0005


class Stopped(Exception):
    """`stop` was called: there are no more results."""


class Background(Generic[Key, Result]):
    """Runs coroutines over one Reader. `start` and `take` are for one thread, `stop` for any. `size`: of a result, in
    bytes. Hosts are read ahead of whoever takes the results, so that those that hang do so while others are understood.
    """

    def __init__(self, session: Callable[[], Session], limits: Limits, size: Callable[[Result], int]) -> None:
        self._make, self._limits, self._size = session, limits, size
        self._loop = asyncio.new_event_loop()
        self._results: queue.SimpleQueue[tuple[Key, Result | BaseException, int] | None] = queue.SimpleQueue()
        self._untaken = 0  # bytes
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._fault: BaseException | None = None
        self._end = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reading sources", daemon=True)

    def __enter__(self) -> Self:
        self._interval = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH)
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *fault: object) -> None:
        self.stop()
        self._thread.join()
        sys.setswitchinterval(self._interval)

    def start(self, key: Key, work: Callable[[Reader], Awaitable[Result]]) -> None:
        """Begin; the result comes out of `take` once."""
        self._tell(lambda: self._begin(key, work))

    def take(self, *, wait: bool = True) -> tuple[Key, Result | Failed] | None:
        """The next result, waited for; without `wait` None when there is none yet. Stopped when there will be none; a
        fault that is no Failed is raised.
        """
        if not wait and not self._stopping and self._results.empty():
            return None
        found = None if self._stopping else self._results.get()
        if found is None:
            raise self._fault or Stopped
        key, result, size = found
        self._tell(lambda: self._weigh(-size))
        if isinstance(result, BaseException) and not isinstance(result, Failed):
            raise result
        return key, result

    def stop(self) -> None:
        """End every request. May be called more than once, and from any thread."""
        self._stopping = True
        self._results.put(None)
        self._tell(self._end.set)

    def _tell(self, call: Callable[[], object]) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(call)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._serve())
        except BaseException as fault:
            self._fault = fault
        finally:
            self._ready.set()
            self._results.put(None)

    async def _serve(self) -> None:
        async with self._make() as self._session:
            self._reader = Reader(self._session, self._limits)
            self._ready.set()
            await self._end.wait()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, key: Key, work: Callable[[Reader], Awaitable[Result]]) -> None:
        if self._end.is_set():
            return
        task = asyncio.ensure_future(self._do(key, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _do(self, key: Key, work: Callable[[Reader], Awaitable[Result]]) -> None:
        result: Result | BaseException
        size = OF_A_RESULT
        try:
            result = await work(self._reader)
            size += self._size(result)
        except Exception as fault:  # raised where it is taken
            result = fault
        self._results.put((key, result, size))
        self._weigh(size)

    def _weigh(self, more: int) -> None:
        self._untaken += more
        if self._untaken < UNTAKEN:
            self._session.resume()
        else:
            self._session.pause()

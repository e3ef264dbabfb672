"""Much waiting at once, driven from code that is not asynchronous and may use the database in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

T = TypeVar("T")

TURN = 0.25  # seconds after which the caller is asked whether to go on


def as_finished(
    runner: asyncio.Runner, coroutines: Iterator[Coroutine[Any, Any, T]], *, at_once: int, check: Callable[[], None]
) -> Iterator[list[T]]:
    """The results, some at a time and in the order they finish; at most `at_once` are under way.

    The event loop stands still while the caller works on what it was given. `check` is called several times a second;
    when it raises, or the caller leaves, everything under way is cancelled. The coroutines must not raise.
    """
    running: set[asyncio.Task[T]] = set()
    try:
        while True:
            check()
            done = runner.run(_turn(running, coroutines, at_once))
            if done:
                yield [task.result() for task in done]
            elif not running:
                return
    finally:
        runner.run(_stop(running))


async def _turn(
    running: set[asyncio.Task[T]], coroutines: Iterator[Coroutine[Any, Any, T]], at_once: int
) -> set[asyncio.Task[T]]:
    while len(running) < at_once and (coroutine := next(coroutines, None)) is not None:
        running.add(asyncio.create_task(coroutine))
    if not running:
        return set()
    done, _ = await asyncio.wait(running, timeout=TURN, return_when=asyncio.FIRST_COMPLETED)
    running -= done
    return done


async def _stop(running: set[asyncio.Task[T]]) -> None:
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)

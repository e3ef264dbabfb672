"""What all threads share is made once, also when many ask at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from web.once import once


def test_threads_that_ask_at_once_get_the_same_and_it_is_made_once() -> None:
    makers = threading.Barrier(2)
    made: list[object] = []

    @once
    def client() -> object:
        made.append(object())
        with suppress(threading.BrokenBarrierError):
            makers.wait(0.2)  # as long as a second thread has to come here, too, if anything lets it
        return made[-1]

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lambda _: client(), range(2))
    assert first is second is client()
    assert len(made) == 1

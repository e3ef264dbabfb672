"""`Prefer: wait=N`: hold a request until its job changes, without a transaction, a connection or a polling loop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import redis
from django.conf import settings
from django.db import connection

from jobs import wires

T = TypeVar("T")

# At most half of the process's threads may wait; the others go on serving.
_places = threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 2))


def wait(job_id: str, seconds: float, read: Callable[[], T], done: Callable[[T], bool]) -> tuple[T, bool]:
    """Return (what `read` gave last, whether we waited as asked).

    Ends as soon as `done(read())`, or after `seconds`. False as second value: no place to wait, or Redis is away.
    """
    if not _places.acquire(blocking=False):
        return read(), False
    try:
        return _wait(job_id, seconds, read, done)
    finally:
        _places.release()


def _wait(job_id: str, seconds: float, read: Callable[[], T], done: Callable[[T], bool]) -> tuple[T, bool]:
    deadline = time.monotonic() + seconds
    pubsub = wires.client().pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    try:
        pubsub.subscribe(wires.channel(job_id))  # before the first look, so that no change is missed
        while True:
            seen = read()
            connection.close()  # back to the pool while we sleep
            remaining = deadline - time.monotonic()
            if done(seen) or remaining <= 0:
                return seen, True
            _sleep_until_announced(pubsub, remaining)
    except redis.RedisError:
        return read(), False
    finally:
        pubsub.close()


def _sleep_until_announced(pubsub: redis.client.PubSub, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        if pubsub.get_message(ignore_subscribe_messages=True, timeout=left):
            return

"""Making a thing that all threads of a process share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

T = TypeVar("T")


def once(make: Callable[[], T]) -> Callable[[], T]:
    """`make` is called once a process, whoever asks first; all get the same.

    functools.cache lets threads that ask at the same time make several and throws away all but one. A client of Redis
    that is thrown away closes its connections, also the one with which the thread that made it is just at work.
    """
    lock = threading.Lock()
    made: list[T] = []

    @wraps(make)
    def shared() -> T:
        if not made:
            with lock:
                if not made:
                    made.append(make())
        return made[0]

    return shared

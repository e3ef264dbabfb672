"""One door to every kind of source: pull the file, bounded in bytes and seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


class PullFailed(Exception):
    """`code` and text are for partners; neither holds a secret, an address inside, or what a server said."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Bounds:
    """`most` bytes within `seconds`; `check` is called between pieces and raises when the job must stop.

    `interruptible(stop)` is a block during which `stop` is called from another thread when the job must stop.
    `group` is whose source it is; `roots` are the folders and prefixes that files may be read from.
    """

    most: int
    seconds: float
    group: str = ""
    roots: tuple[str, ...] = ()
    s3_endpoint: str = ""
    check: Callable[[], None] = lambda: None
    interruptible: Callable[[Callable[[], None]], AbstractContextManager[None]] = lambda _: nullcontext()

    def copy(self, pieces: Iterable[bytes | bytearray | memoryview], target: BinaryIO) -> int:
        """Write the pieces; PullFailed when they are more than may be. Returns the bytes written."""
        size = 0
        for piece in pieces:
            self.check()
            size += len(piece)
            if size > self.most:
                raise self.too_large()
            target.write(piece)
        return size

    def too_large(self) -> PullFailed:
        return PullFailed("SOURCE_TOO_LARGE", f"The file is larger than {self.most:,} bytes, the limit of uploads.")


@dataclass(frozen=True)
class Pulled:
    """A file that arrived whole, and what it is called where it came from."""

    path: Path
    name: str

"""What comes back: an answer, its body decoded under a cap, and the ways it can be wrong."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

CHUNK = 64 * 1024
_ENCODINGS = {"", "identity", "gzip", "x-gzip"}


class TooLarge(Exception):
    """More bytes than were allowed, counted as they are written."""


class BadAnswer(Exception):
    """The server answered, but not with the file. The text names the status and nothing of the body."""


@dataclass(frozen=True)
class Answer:
    """What a server said, whatever its status. `url` of the last hop; `elapsed` seconds, without waiting for a turn."""

    status: int
    headers: httpx.Headers
    body: bytes
    url: str
    elapsed: float

    def json(self) -> Any:
        """The body as JSON. BadAnswer when it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as fault:
            raise BadAnswer(f"The server answered {self.status} with something that is no JSON.") from fault


class Body:
    """Decodes a body piece by piece, at most `most` bytes: a bomb is noticed CHUNK bytes after the cap.

    What arrives is bounded too, as a packed body can go on for ever without unpacking to anything.
    """

    def __init__(self, headers: httpx.Headers, most: int) -> None:
        coding = headers.get("Content-Encoding", "").strip().lower()
        if coding not in _ENCODINGS:
            raise BadAnswer("The server sent the file in an encoding that was not asked for.")
        self._inflater = None if coding in ("", "identity") else zlib.decompressobj(wbits=31)
        self._most, self._arrived, self.size = most, 0, 0

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The decoded parts of the next piece. TooLarge after what the cap holds."""
        self._arrived += len(piece)
        if self._arrived > self._most + self._most // 100 + CHUNK:
            raise self._too_large()
        for part in self._decoded(piece):
            if self.size + len(part) > self._most:
                yield part[: self._most - self.size]
                raise self._too_large()
            self.size += len(part)
            yield part

    def finish(self) -> None:
        """The server has no more. BadAnswer if there should be."""
        if self._inflater and self._arrived and not self._inflater.eof:
            raise BadAnswer("The file ended before all of it had arrived.")

    def _decoded(self, piece: bytes) -> Iterator[bytes]:
        if self._inflater is None:
            yield piece
            return
        while piece and not self._inflater.eof:
            yield self._inflater.decompress(piece, CHUNK)
            piece = self._inflater.unconsumed_tail

    def _too_large(self) -> TooLarge:
        return TooLarge(f"The file is larger than {self._most:,} bytes.")

"""What a WSGI request must be before Django can look at it."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from typing import IO, Any

from django.utils.http import parse_header_parameters

from config import env

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
_FORM = 65_536  # bytes around a file in its form; with less room a file too large would be cut, and not refused


def guarded(application: Application) -> Application:
    """`application` behind three repairs.

    A chunked body has no Content-Length, which Django takes for no body: it gets the largest there may be,
    and the server ends the stream. A Content-Type that cannot be parsed, or names a charset other than UTF-8,
    becomes `application/octet-stream`, which no route reads as JSON (415). An answer given before the whole
    body was read (401, 405, 413, 415) says `Connection: close`: the server is about to close the connection, and
    a client that does not know would lose its next request on it.
    """

    def serve(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        if chunked and not environ.get("CONTENT_LENGTH") and environ.get("wsgi.input_terminated"):
            environ["CONTENT_LENGTH"] = str(env.UPLOAD_MAX + _FORM)
        if not _readable(environ.get("CONTENT_TYPE") or ""):
            environ["CONTENT_TYPE"] = "application/octet-stream"
        body = environ["wsgi.input"] = _Body(environ["wsgi.input"], int(environ.get("CONTENT_LENGTH") or 0))

        def start(status: str, headers: list[tuple[str, str]], *fault: Any) -> Any:
            return start_response(status, headers if body.is_read else [*headers, ("Connection", "close")], *fault)

        return application(environ, start)

    return serve


class _Body:
    """The input stream of a request of `length` bytes, which knows whether all of it was read."""

    def __init__(self, stream: IO[bytes], length: int) -> None:
        self._stream = stream
        self._left = length
        self.is_read = not length

    def read(self, size: int = -1) -> bytes:
        return self._count(self._stream.read(size), size)

    def readline(self, size: int = -1) -> bytes:
        return self._count(self._stream.readline(size), size)

    def _count(self, data: bytes, size: int) -> bytes:
        self._left -= len(data)
        self.is_read |= self._left <= 0 or (not data and size != 0)
        return data


def _readable(content_type: str) -> bool:
    try:
        _, parameters = parse_header_parameters(content_type)
        return codecs.lookup(parameters.get("charset", "utf-8")).name in ("utf-8", "ascii")
    except (ValueError, LookupError):
        return False

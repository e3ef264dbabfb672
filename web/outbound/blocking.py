"""One request at a time, on the caller's thread."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

from web.destinations import Refused, Resolver, Rules, Unreachable, canonical_host, resolve, system_resolver
from web.outbound.answers import CHUNK, Answer, BadAnswer, Body
from web.outbound.hops import Hop


@dataclass(frozen=True)
class Fetched:
    """A file that arrived whole. `size` in bytes as written; `host` of the last hop."""

    size: int
    host: str


class Clock:
    """A total deadline: what is left of it bounds every single step."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, most: float | None = None) -> float:
        """Seconds, at most `most`. Unreachable when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise Unreachable("The server took longer than it may.")
        return left if most is None else min(left, most)


class _Stream(httpcore.NetworkStream):
    """httpcore's own stream under the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, clock: Clock) -> None:
        self._inner, self._clock = inner, clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._clock.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._clock.left(timeout))

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._inner.start_tls(ssl_context, server_hostname, self._clock.left(timeout))
        return _Stream(secured, self._clock)

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Opens connections to addresses that were judged. httpcore checks the certificate against the name."""

    def __init__(self, rules: Rules, clock: Clock, resolver: Resolver) -> None:
        self._rules, self._clock, self._resolver = rules, clock, resolver
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        addresses = resolve(host, port, rules=self._rules, seconds=self._clock.left(timeout), resolver=self._resolver)
        for address in addresses:
            try:
                return _Stream(self._plain.connect_tcp(address, port, self._clock.left(timeout)), self._clock)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        raise Unreachable(f"{canonical_host(host)} does not answer on port {port}.")

    def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        raise Refused("Sockets of this machine are no destination.")


class _Transport(httpx.HTTPTransport):
    """httpx's transport on our connections."""

    def __init__(self, backend: _Backend, verify: SSLContext | bool) -> None:
        super().__init__(trust_env=False)
        self._pool.close()
        context = httpx.create_ssl_context(verify=verify, trust_env=False)
        self._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=backend, http1=True, http2=False)


@dataclass(frozen=True)
class _Asked:
    """What is asked for, before any redirect."""

    method: str
    address: str
    headers: Mapping[str, str]
    encoding: str = "identity"
    json: Any = None


def fetch(
    address: str, target: Path, *, most: int, seconds: float, secret_headers: Mapping[str, str] | None = None,
    rules: Rules | None = None, resolver: Resolver = system_resolver, verify: SSLContext | bool = True,
    check: Callable[[], None] = lambda: None,
) -> Fetched:  # fmt: skip
    """Write the file at `address` to `target`: at most `most` decoded bytes, within `seconds` in all.

    `secret_headers` go to the host of `address` only, never along a redirect to another. `check` is called between
    pieces; what it raises ends the transfer. Raises Refused, Unreachable,
    TooLarge or BadAnswer.
    """
    asked = _Asked("GET", address, secret_headers or {})
    with _answered(asked, seconds, rules, resolver, verify) as (answer, hop):
        if answer.status_code != 200:
            raise BadAnswer(f"The server answered {answer.status_code} instead of the file.")
        body = Body(answer.headers, most)
        with target.open("wb") as file:
            for part in _parts(answer, body):
                check()
                file.write(part)
        return Fetched(body.size, hop.url.host)


def send(
    method: str, url: str, *, json: Any = None, headers: Mapping[str, str] | None = None, most: int, seconds: float,
    rules: Rules | None = None, resolver: Resolver = system_resolver, verify: SSLContext | bool = True,
) -> Answer:  # fmt: skip
    """What a server answers, whatever its status: at most `most` decoded bytes, within `seconds` in all.

    Only GET follows redirects; `headers` go to the origin of `url` only. Raises Refused, Unreachable, TooLarge or
    BadAnswer.
    """
    started = time.monotonic()
    asked = _Asked(method, url, headers or {}, "gzip", json)
    with _answered(asked, seconds, rules, resolver, verify) as (answer, hop):
        body = b"".join(_parts(answer, Body(answer.headers, most)))
        return Answer(answer.status_code, answer.headers, body, str(hop.url), time.monotonic() - started)


@contextmanager
def _answered(
    asked: _Asked, seconds: float, rules: Rules | None, resolver: Resolver, verify: SSLContext | bool
) -> Iterator[tuple[httpx.Response, Hop]]:
    """The answer at the end of the redirects, its body not yet read, and where it came from."""
    rules, clock = rules or Rules.of_installation(), Clock(seconds)
    hop: Hop | None = Hop.to(asked.address, rules)
    transport = _Transport(_Backend(rules, clock, resolver), verify)
    with httpx.Client(transport=transport, trust_env=False, follow_redirects=False, timeout=seconds) as client:
        try:
            while hop:
                client.cookies.clear()
                headers = hop.headers(asked.encoding, asked.headers)
                request = client.build_request(asked.method, hop.url, headers=headers, json=asked.json)
                with closing(client.send(request, stream=True)) as answer:
                    following = hop.next(asked.method, answer.status_code, answer.headers)
                    if following is None:
                        yield answer, hop
                hop = following
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, zlib.error) as fault:
            clock.left()  # out of time is what counts, whatever broke because of it
            raise Unreachable(f"The transfer failed ({type(fault).__name__}).") from fault


def _parts(answer: httpx.Response, body: Body) -> Iterator[bytes]:
    for piece in answer.iter_raw(CHUNK):
        yield from body.feed(piece)
    body.finish()

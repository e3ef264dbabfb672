"""The guarded HTTP client: the only place that speaks HTTP to an address somebody else named.

Public addresses only, judged at the moment of the connection and for every redirect again; a total deadline; a cap on
decoded bytes; no proxy of the environment; what a server answers never appears in an error (docs/adr/0018).
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext
from typing import Any

import httpcore
import httpx

from web.destinations import Refused, Resolver, Rules, Unreachable, canonical_host, resolve, system_resolver

REDIRECTS = 5
CHUNK = 64 * 1024
AGENT = "scanward"
_ACCEPTED = {"", "identity", "gzip", "x-gzip"}


class TooLarge(Exception):
    """More bytes than were allowed, counted as they are written."""


class BadAnswer(Exception):
    """The server answered, but not with the file. The text names the status and nothing of the body."""


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


def check_url(text: str, *, rules: Rules | None = None) -> httpx.URL:
    """The address of a file as it may be stored. Refused tells what is wrong with it; nothing is looked up."""
    rules = rules or Rules.of_installation()
    if not text.isprintable() or any(mark in text for mark in "\\ "):
        raise Refused("The address holds characters that no address has.")
    try:
        url = httpx.URL(text)
        port = url.port
    except (httpx.InvalidURL, ValueError) as fault:
        raise Refused("This is no address of a file; write one like https://example.com/file.csv.") from fault
    if url.scheme not in ("https", "http") or not url.host:
        raise Refused("This is no address of a file; write one like https://example.com/file.csv.")
    if url.userinfo:
        raise Refused("The address must not hold a user name or password; store them as the secret.")
    host = canonical_host(url.raw_host.decode())
    port = port or {"https": 443, "http": 80}[url.scheme]
    if rules.allows(host, port):
        return url
    if url.scheme == "http" and not rules.http:
        raise Refused("Only https is allowed; the operator may allow http by OUTBOUND_HTTP.")
    if port not in ((443, 80) if rules.http else (443,)):
        raise Refused(f"Port {port} is not allowed; the operator may allow it by OUTBOUND_ALLOW.")
    return url


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
    rules = rules or Rules.of_installation()
    clock = Clock(seconds)
    transport = _Transport(_Backend(rules, clock, resolver), verify)
    with httpx.Client(transport=transport, trust_env=False, follow_redirects=False, timeout=seconds) as client:
        try:
            answer, url = _follow(client, check_url(address, rules=rules), dict(secret_headers or {}), rules)
            with closing(answer):
                return Fetched(_received(answer, target, most, check), url.host)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, zlib.error) as fault:
            clock.left()  # out of time is what counts, whatever broke because of it
            raise Unreachable(f"The transfer failed ({type(fault).__name__}).") from fault


def _follow(
    client: httpx.Client, url: httpx.URL, secrets: Mapping[str, str], rules: Rules
) -> tuple[httpx.Response, httpx.URL]:
    """The answer at the end of the redirects, its body not yet read, and where it came from."""
    origin = _origin(url)
    for _ in range(REDIRECTS + 1):
        headers = {"User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
        if _origin(url) == origin:
            headers |= secrets
        client.cookies.clear()
        answer = client.send(client.build_request("GET", url, headers=headers), stream=True)
        if not answer.is_redirect:
            return answer, url
        answer.close()
        if not answer.has_redirect_location:
            raise BadAnswer(f"The server answered {answer.status_code} without an address to go to.")
        url = check_url(str(url.join(answer.headers["Location"])), rules=rules)
    raise BadAnswer(f"The server redirects more than {REDIRECTS} times.")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, canonical_host(url.raw_host.decode()), url.port


def _received(answer: httpx.Response, target: Path, most: int, check: Callable[[], None]) -> int:
    if answer.status_code != 200:
        raise BadAnswer(f"The server answered {answer.status_code} instead of the file.")
    coding = answer.headers.get("Content-Encoding", "").strip().lower()
    if coding not in _ACCEPTED:
        raise BadAnswer("The server sent the file in an encoding that was not asked for.")
    size = 0
    with target.open("wb") as file:
        for piece in _decoded(answer.iter_raw(CHUNK), plain=coding in ("", "identity")):
            check()
            size += len(piece)
            if size > most:
                raise TooLarge(f"The file is larger than {most:,} bytes.")
            file.write(piece)
    return size


def _decoded(pieces: Iterator[bytes], *, plain: bool) -> Iterator[bytes]:
    """Inflate in small steps, so that a bomb is noticed after CHUNK bytes more than the cap and not in memory."""
    if plain:
        yield from pieces
        return
    inflater = zlib.decompressobj(wbits=31)
    for piece in pieces:
        yield inflater.decompress(piece, CHUNK)
        while inflater.unconsumed_tail:
            yield inflater.decompress(inflater.unconsumed_tail, CHUNK)
    yield inflater.flush()
    if not inflater.eof:
        raise BadAnswer("The file ended before all of it had arrived.")

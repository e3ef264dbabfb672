"""A small world on one loopback port: invented companies, their sites, feeds and job boards, and faults on demand.

`with running(World(companies)) as world:` serves from a thread; `python -m scans.demo.world --companies 2000` from a
process. A fault is asked for in the address, `/~hang/c1/feed.rss`, or by `world.faults["/c1/feed.rss"] = "hang"`, from
another process by `POST /_control {"path": ..., "fault": ...}`. `GET /_requests` counts requests by path.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import hashlib
import json
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

from scans.demo import invented
from scans.demo.invented import Invented

JSON, XML, HTML = "application/json", "application/rss+xml; charset=utf-8", "text/html; charset=utf-8"
Answer = tuple[int, dict[str, str], bytes]


class World:
    """`latency`: seconds before every answer. `requests`: how often each path was asked, `answers`: how often each
    status was given; `headers`: of the last request for a path. `robots`: the text of /robots.txt, None: there is none.
    """

    def __init__(self, companies: Iterable[Invented] = (), *, latency: float = 0.0) -> None:
        self.companies = {company.slug: company for company in companies}
        self.latency = latency
        self.faults: dict[str, str] = {}
        self.requests: Counter[str] = Counter()
        self.answers: Counter[int] = Counter()
        self.headers: dict[str, dict[str, str]] = {}
        self.robots: str | None = None
        self.port = 0
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, ready: Callable[[], None], end: asyncio.Event) -> None:
        """Until `end`; calls `ready` once it listens."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, backlog=1000, limit=256 * 1024)
        self.port = server.sockets[0].getsockname()[1]
        ready()
        await end.wait()
        server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            while await self._answer(reader, writer):
                pass
        writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request. Whether the connection goes on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:-2])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        parts = urlsplit(target)
        path = unquote(parts.path)
        if path.startswith("/_"):
            await self._send(writer, self._control(path, body))
            return True
        self.requests[path] += 1
        self.headers[path] = headers
        if self.latency:
            await asyncio.sleep(self.latency)
        fault, path = self._fault(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        answer = self._conditional(self._page(path, query), headers)
        return await self._say(writer, fault, answer)

    def _fault(self, path: str) -> tuple[str, str]:
        """(fault, the path without it)"""
        if path.startswith("/~"):
            fault, _, rest = path[2:].partition("/")
            return fault, f"/{rest}"
        return self.faults.get(path, ""), path

    def _control(self, path: str, body: bytes) -> Answer:
        if path == "/_control":
            told = json.loads(body)
            self.faults[told["path"]] = told.get("fault", "")
        return 200, {"Content-Type": JSON}, json.dumps(self.requests).encode()

    def _page(self, path: str, query: dict[str, str]) -> Answer:
        if path == "/robots.txt" and self.robots is not None:
            return 200, {"Content-Type": "text/plain"}, self.robots.encode()
        steps = path.strip("/").split("/")
        if steps[:2] == ["v1", "boards"]:
            return self._of(steps[2], "greenhouse", query)
        if steps[:2] == ["v0", "postings"]:
            return self._of(steps[2], "lever", query)
        if steps[:2] == ["posting-api", "job-board"]:
            return self._of(steps[2], "ashby", query)
        return self._of(steps[0], "/".join(steps[1:]), query)

    def _of(self, slug: str, what: str, query: dict[str, str]) -> Answer:
        company = self.companies.get(slug)
        page = int(query.get("skip", 0)), int(query.get("limit", 100))
        pages: dict[str, tuple[str, Callable[[Invented, str], bytes]]] = {
            "greenhouse": (JSON, invented.greenhouse), "ashby": (JSON, invented.ashby),
            "lever": (JSON, lambda company, base: invented.lever(company, base, *page)),
            "feed.rss": (XML, invented.rss), "feed.atom": ("application/atom+xml", invented.atom),
            "feed.json": ("application/feed+json", invented.json_feed), "": (HTML, invented.home),
            "about": (HTML, invented.about),
        }  # fmt: skip
        if company is None or what not in pages:
            return 404, {"Content-Type": HTML}, b"<h1>Not found</h1>"
        kind, render = pages[what]
        body = render(company, self.base)
        marks = {} if what in ("about", "lever") else {"ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"'}
        return 200, {"Content-Type": kind, **marks}, body

    def _conditional(self, answer: Answer, headers: dict[str, str]) -> Answer:
        status, told, body = answer
        if told.get("ETag") and headers.get("if-none-match") == told["ETag"]:
            return 304, {"ETag": told["ETag"]}, b""
        return status, told, body

    async def _say(self, writer: asyncio.StreamWriter, fault: str, answer: Answer) -> bool:
        name, _, argument = fault.partition("=")
        match name:
            case "hang":
                await asyncio.Event().wait()
            case "reset":
                return False
            case "slow":
                await asyncio.sleep(float(argument or 1))
            case "drip":
                await self._drip(writer)
            case "busy":
                answer = 429, {"Retry-After": argument or "1"}, b""
            case "status":
                answer = int(argument or 500), {"Content-Type": HTML}, b"<h1>planted secret</h1>"
            case "broken":
                answer = answer[0], answer[1], answer[2][: int(len(answer[2]) * 0.9)]
            case "lying":
                answer = 200, {"Content-Type": "image/png"}, answer[2]
            case "html":
                answer = 200, {"Content-Type": XML}, b"<!doctype html><html><body><p>Please log in</p></body></html>"
            case "huge":
                answer = 200, answer[1], answer[2] + b" " * 6_000_000
            case "bomb":
                answer = 200, {**answer[1], "Content-Encoding": "gzip"}, gzip.compress(b"\0" * 50_000_000)
            case "inward":
                answer = 302, {"Location": "http://169.254.169.254/latest/meta-data/"}, b""
            case "loop":
                answer = 302, {"Location": "?"}, b""
        await self._send(writer, answer)
        return True

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.1)

    async def _send(self, writer: asyncio.StreamWriter, answer: Answer) -> None:
        status, headers, body = answer
        self.answers[status] += 1
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {status} Said\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()


@contextmanager
def running(world: World) -> Iterator[World]:
    """Serve `world` from a thread while inside."""
    ready, loop, end = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    def run() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(world.serve(ready.set, end))

    thread = threading.Thread(target=run, name="world", daemon=True)
    thread.start()
    ready.wait()
    try:
        yield world
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--companies", type=int, default=100)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    now = datetime.now(UTC)
    made = (Invented.make(number, seed=asked.seed, now=now) for number in range(asked.companies))
    world = World(made, latency=asked.latency)
    world.port = asked.port
    with suppress(KeyboardInterrupt):
        asyncio.run(world.serve(lambda: print(world.base, file=sys.stdout, flush=True), asyncio.Event()))  # noqa: T201


if __name__ == "__main__":
    main()

"""Many requests at once: turns, kept connections, and names that never resolve."""

from __future__ import annotations

import asyncio
import threading
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from web.destinations import Rules
from web.outbound import BadAnswer, Session, TooLarge, Unreachable, lookups, send

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
WAIT = 60


@asynccontextmanager
async def answering(handle: Handle) -> AsyncIterator[int]:
    """The port of a server that lets `handle` speak; what it does for each connection ends with the block."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())  # type: ignore[arg-type]
        try:
            await handle(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def here(*names: str, port: int) -> Rules:
    return Rules(allow=frozenset((name, port) for name in names))


def loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


async def head(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


def said(body: bytes = b"", status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


class Counting:
    """Answers once `go` is set; counts connections and how many requests were open at once, by host."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.connections = 0
        self.open: dict[bytes, int] = {}
        self.most: dict[bytes, int] = {}
        self.changed = asyncio.Condition()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            host = (await head(reader)).split(b"Host: ")[1].split(b":")[0]
            await self._note(host, 1)
            await self.go.wait()
            await self._note(host, -1)
            writer.write(said(b"x"))

    async def _note(self, host: bytes, step: int) -> None:
        async with self.changed:
            self.open[host] = self.open.get(host, 0) + step
            self.most[host] = max(self.most.get(host, 0), self.open[host])
            self.most[b"all"] = max(self.most.get(b"all", 0), sum(self.open.values()))
            self.changed.notify_all()

    async def until(self, number: int) -> None:
        async with self.changed:
            await asyncio.wait_for(self.changed.wait_for(lambda: sum(self.open.values()) == number), WAIT)


def test_a_connection_is_used_again() -> None:
    async def run() -> None:
        counting = Counting()
        counting.go.set()
        async with answering(counting) as port, Session(here("127.0.0.1", port=port)) as session:
            for _ in range(3):
                assert (await session.get(f"http://127.0.0.1:{port}/")).body == b"x"
            assert counting.connections == 1

    asyncio.run(run())


def test_a_host_has_its_own_number_of_turns_and_all_have_one_together() -> None:
    async def run() -> None:
        counting = Counting()
        async with answering(counting) as port:
            rules = here("a.test", "b.test", "c.test", port=port)
            async with Session(
                rules, total=8, per_host=2, hosts={f"b.test:{port}": 5}, resolver=loopback
            ) as session, asyncio.TaskGroup() as group:  # fmt: skip
                for name in ("a", "b", "c"):
                    for _ in range(20):
                        group.create_task(session.get(f"http://{name}.test:{port}/"))
                await counting.until(8)
                counting.go.set()
            assert counting.most[b"a.test"] <= 2
            assert counting.most[b"c.test"] <= 2
            assert counting.most[b"b.test"] == 5
            assert counting.most[b"all"] == 8

    asyncio.run(run())


def test_those_who_wait_for_a_busy_host_keep_no_place_from_others() -> None:
    async def run() -> None:
        counting = Counting()

        async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head(reader)
            writer.write(said(b"other"))

        async with answering(counting) as busy, answering(other) as quiet:
            rules = Rules(allow=frozenset({("127.0.0.1", busy), ("127.0.0.1", quiet)}))
            async with Session(rules, total=3, per_host=2) as session, asyncio.TaskGroup() as group:
                for _ in range(50):
                    group.create_task(session.get(f"http://127.0.0.1:{busy}/"))
                await counting.until(2)
                answer = await asyncio.wait_for(session.get(f"http://127.0.0.1:{quiet}/"), WAIT)
                assert answer.body == b"other"
                counting.go.set()

    asyncio.run(run())


def test_a_paused_session_lets_those_end_that_had_their_turn_and_begins_no_other() -> None:
    async def run() -> None:
        counting = Counting()
        async with answering(counting) as port:
            async with Session(here("127.0.0.1", port=port), total=2) as session, asyncio.TaskGroup() as group:
                asked = [group.create_task(session.get(f"http://127.0.0.1:{port}/")) for _ in range(4)]
                await counting.until(2)
                session.pause()
                counting.go.set()
                await counting.until(0)
                await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
                while sum(each.done() for each in asked) < 2:
                    await asyncio.sleep(0)
                for _ in range(100):  # turns of the loop in which the other two would have begun
                    await asyncio.sleep(0)
                assert sum(each.done() for each in asked) == counting.most[b"all"] == 2
                session.resume()
            assert all(each.result().body == b"x" for each in asked)

    asyncio.run(run())


def test_waiting_for_a_turn_is_not_the_servers_time() -> None:
    async def run() -> None:
        counting = Counting()
        async with answering(counting) as port, Session(here("127.0.0.1", port=port), per_host=1) as session:
            first = asyncio.create_task(session.get(f"http://127.0.0.1:{port}/", seconds=10 * WAIT))
            await counting.until(1)
            second = asyncio.create_task(session.get(f"http://127.0.0.1:{port}/", seconds=WAIT))
            await asyncio.sleep(0.2)
            loop, now = asyncio.get_running_loop(), asyncio.get_running_loop().time
            loop.time = lambda: now() + 2 * WAIT  # type: ignore[method-assign]  # so much later, at once
            await asyncio.sleep(0.2)
            assert not second.done()
            counting.go.set()
            assert [(await each).status for each in (first, second)] == [200, 200]

    asyncio.run(run())


def test_a_name_that_never_resolves_holds_one_thread_and_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up = threading.Event()
    asked: list[str] = []

    def hanging(host: str, port: int) -> list[str]:
        asked.append(host)
        if host.startswith("dead"):
            given_up.wait(WAIT)
        return ["127.0.0.1"]

    async def run() -> None:
        counting = Counting()
        counting.go.set()
        async with answering(counting) as port:
            rules = here("dead.test", "alive.test", port=port)
            async with Session(rules, total=50, per_host=20, resolver=hanging) as session:
                dead = [asyncio.create_task(session.get(f"http://dead.test:{port}/", seconds=0.5)) for _ in range(20)]
                assert (await session.get(f"http://alive.test:{port}/", seconds=WAIT)).status == 200
                faults = await asyncio.gather(*dead, return_exceptions=True)
                assert all(isinstance(fault, Unreachable) for fault in faults)
                assert asked.count("dead.test") == 1

    monkeypatch.setattr(lookups, "_free", threading.BoundedSemaphore(2))
    try:
        asyncio.run(run())
    finally:
        given_up.set()


def test_when_all_look_ups_hang_others_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up = threading.Event()
    monkeypatch.setattr(lookups, "_free", threading.BoundedSemaphore(3))

    async def run() -> None:
        async with Session(Rules(), resolver=lambda *_: [str(given_up.wait(WAIT))]) as session:
            hosts = [session.get(f"https://h{number}.example/", seconds=0.5) for number in range(10)]
            faults = await asyncio.gather(*hosts, return_exceptions=True)
            assert sum("too many" in str(fault) for fault in faults) == 7

    try:
        asyncio.run(run())
    finally:
        given_up.set()


def test_the_status_and_headers_are_the_callers_to_judge() -> None:
    async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told = await head(reader)
        assert b'If-None-Match: "1"' in told
        writer.write(said(status="304 Not Modified", more='ETag: "1"\r\nContent-Encoding: gzip\r\n'))

    async def run() -> None:
        async with answering(polite) as port, Session(here("127.0.0.1", port=port)) as session:
            answer = await session.get(f"http://127.0.0.1:{port}/", {"If-None-Match": '"1"'})
            assert (answer.status, answer.headers["etag"], answer.body) == (304, '"1"', b"")

    asyncio.run(run())


def test_a_connection_that_was_closed_while_it_rested_is_replaced() -> None:
    async def run() -> None:
        closed = asyncio.Event()

        async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await head(reader)
            writer.write(said(b"x"))
            if not closed.is_set():  # the next request is read, and left without a word
                await head(reader)
                closed.set()

        async with answering(once) as port, Session(here("127.0.0.1", port=port)) as session:
            for _ in range(2):
                assert (await session.get(f"http://127.0.0.1:{port}/")).status == 200
            assert closed.is_set()

    asyncio.run(run())


def test_what_is_sent_somewhere_is_not_sent_elsewhere() -> None:
    heard: list[bytes] = []

    async def moved(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await head(reader) + await reader.read(100))
        writer.write(said(status="307 Elsewhere", more="Location: /elsewhere\r\n"))

    async def run() -> None:
        async with answering(moved) as port:
            rules, address = here("127.0.0.1", port=port), f"http://127.0.0.1:{port}/"
            async with Session(rules) as session:
                with pytest.raises(BadAnswer, match="307"):
                    await session.post_json(address, {"a": 1})
            with pytest.raises(BadAnswer, match="307"):
                await asyncio.to_thread(
                    send, "POST", address, json={"a": 1}, headers={}, most=99, seconds=WAIT, rules=rules
                )  # fmt: skip
        assert [b"application/json" in each for each in heard] == [True, True]
        assert [each.split(b"\r\n\r\n")[1].replace(b" ", b"") for each in heard] == [b'{"a":1}', b'{"a":1}']

    asyncio.run(run())


def test_a_packed_body_that_unpacks_to_nothing_for_ever_is_cut_off() -> None:
    """Empty blocks of deflate: nothing decoded, and no end."""

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
        packer = zlib.compressobj(wbits=31)
        writer.write(packer.compress(b"x") + packer.flush(zlib.Z_SYNC_FLUSH))
        while True:
            writer.write(b"\x00\x00\x00\xff\xff" * 10_000)
            await writer.drain()

    async def run() -> None:
        async with answering(endless) as port, Session(here("127.0.0.1", port=port)) as session:
            with pytest.raises(TooLarge):
                await session.get(f"http://127.0.0.1:{port}/", most=1000, seconds=WAIT)

    asyncio.run(run())


@pytest.mark.parametrize(
    "nonsense",
    [b"SSH-2.0\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x00" * 99 + b"\n", b"HTTP/1.1 200 OK\r\nA: " + b"b" * 99_000],
)
def test_what_is_not_http_is_unreachable(nonsense: bytes) -> None:
    async def odd(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(nonsense)
        await writer.drain()
        writer.close()

    async def run() -> None:
        async with answering(odd) as port, Session(here("127.0.0.1", port=port)) as session:
            with pytest.raises(Unreachable):
                await session.get(f"http://127.0.0.1:{port}/", seconds=WAIT)

    asyncio.run(run())


def test_a_cancelled_request_leaves_at_once_and_gives_its_turn_back() -> None:
    async def run() -> None:
        counting = Counting()
        async with answering(counting) as port, Session(here("127.0.0.1", port=port), per_host=1) as session:
            task = asyncio.create_task(session.get(f"http://127.0.0.1:{port}/", seconds=WAIT))
            await counting.until(1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            counting.go.set()
            assert (await session.get(f"http://127.0.0.1:{port}/", seconds=WAIT)).status == 200

    asyncio.run(run())


def test_requests_that_last_step_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    """One turn in all, taken by a server that hangs: the others go on."""
    monkeypatch.setattr("web.outbound.session.SLOW", 0.1)

    async def run() -> None:
        counting, quick = Counting(), Counting()
        quick.go.set()
        async with answering(counting) as hangs, answering(quick) as lives:
            rules = Rules(allow=frozenset({("127.0.0.1", hangs), ("127.0.0.1", lives)}))
            async with Session(rules, total=1) as session:
                stuck = [asyncio.create_task(session.get(f"http://127.0.0.1:{hangs}/")) for _ in range(4)]
                await counting.until(1)
                for _ in range(3):
                    answer = await asyncio.wait_for(session.get(f"http://127.0.0.1:{lives}/"), WAIT)
                    assert answer.body == b"x"
                await counting.until(4)  # as many as may step aside
                counting.go.set()
                assert [each.status for each in await asyncio.gather(*stuck)] == [200] * 4

    asyncio.run(run())


def test_a_body_can_be_cut_instead_of_refused() -> None:
    async def long(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await head(reader)
        writer.write(said(b"0123456789" * 100_000))
        await writer.drain()

    async def run() -> None:
        async with answering(long) as port, Session(here("127.0.0.1", port=port)) as session:
            answer = await session.get(f"http://127.0.0.1:{port}/", most=25, cut=True)
            assert answer.body == b"0123456789012345678901234"

    asyncio.run(run())


def test_what_the_check_raises_ends_the_request_before_it_is_made() -> None:
    async def run() -> None:
        counting = Counting()
        async with answering(counting) as port, Session(here("127.0.0.1", port=port)) as session:
            with pytest.raises(ZeroDivisionError):
                await session.get(f"http://127.0.0.1:{port}/", check=lambda: 1 / 0)  # type: ignore[arg-type, return-value]
            assert counting.connections == 0

    asyncio.run(run())

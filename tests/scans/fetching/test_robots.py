"""robots.txt by RFC 9309: what each answer allows."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from scans.fetching import robots
from scans.fetching.faults import Failed
from scans.fetching.robots import Robots
from web.outbound import Answer

FORBIDS = b"User-agent: *\nDisallow: /private\n"


def answer(status: int, body: bytes = FORBIDS) -> Answer:
    return Answer(status, httpx.Headers(), body, "https://acme.example/robots.txt", 0)


def allowed(said: Answer | Failed, *paths: str) -> list[bool]:
    asked: list[str] = []

    async def read(address: str) -> Answer:
        asked.append(address)
        await asyncio.sleep(0)
        if isinstance(said, Failed):
            raise said
        return said

    async def check(known: Robots, path: str) -> bool:
        try:
            await known.check(f"https://acme.example{path}")
        except Failed:
            return False
        return True

    async def run() -> list[bool]:
        known = Robots(read)
        found = await asyncio.gather(*(check(known, path) for path in paths))
        assert asked == ["https://acme.example/robots.txt"]
        return list(found)

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (answer(200), [True, False]), (answer(404), [True, True]), (answer(403), [True, True]),
        (answer(500), [False, False]), (answer(599), [False, False]), (answer(200, b""), [True, True]),
        (answer(200, b"<html>" * 1000), [True, True]), (answer(200, b"\xff\xfe\x00" * 99), [True, True]),
        (answer(200, FORBIDS + b"#" * robots.MOST), [True, False]),
        (Failed("UNREACHABLE", "dead"), [False, False]), (Failed("REFUSED", "inside"), [False, False]),
        (Failed("BUSY", "later"), [False, False]), (Failed("UNREADABLE", "too many redirects"), [True, True]),
    ],
)  # fmt: skip
def test_what_is_allowed(said: Answer | Failed, found: list[bool]) -> None:
    assert allowed(said, "/public", "/private") == found


def test_rules_for_us_come_before_rules_for_all() -> None:
    body = b"User-agent: *\nDisallow: /\n\nUser-agent: Scanward\nDisallow: /b\nAllow: /b/c\n"
    assert allowed(answer(200, body), "/a", "/b", "/b/c") == [True, False, True]


def test_many_hosts_keep_memory_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(robots, "KEPT", 10_000)

    async def run() -> int:
        async def read(address: str) -> Answer:
            return answer(200, FORBIDS + b"#" * 1000)

        known = Robots(read)
        for number in range(500):
            await known.check(f"https://h{number}.example/")
        return len(known._known)

    assert asyncio.run(run()) <= 10

"""The ways out of this installation under one signature: what holds for one has to hold for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from web.outbound import Session, fetch, send

Reach = Callable[..., bytes]


def by_fetch(folder: Path) -> Reach:
    def reach(address: str, *, most: int, seconds: float, headers: dict[str, str] | None = None, **rest: Any) -> bytes:
        target = folder / "reached"
        fetch(address, target, most=most, seconds=seconds, secret_headers=headers, **rest)
        return target.read_bytes()

    return reach


def by_send(folder: Path) -> Reach:
    def reach(address: str, **asked: Any) -> bytes:
        return send("GET", address, **asked).body

    return reach


def by_session(folder: Path) -> Reach:
    def reach(address: str, *, most: int, seconds: float, headers: dict[str, str] | None = None, **rest: Any) -> bytes:
        async def get() -> bytes:
            async with Session(**rest) as session:
                return (await session.get(address, headers, most=most, seconds=seconds)).body

        return asyncio.run(get())

    return reach


WAYS = [by_fetch, by_send, by_session]

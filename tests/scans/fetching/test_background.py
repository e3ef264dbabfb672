"""Reading ahead of whoever takes what was read, within bounds."""

from __future__ import annotations

import pytest

from scans.fetching import background
from scans.fetching.background import Background
from scans.fetching.reading import Limits, Reader
from tests.until import until
from web.outbound import Session

LIMITS = Limits(seconds=10, wasted=30, patience=30)


async def read(reader: Reader) -> bytes:
    return b"x" * 100


def test_requests_pause_while_too_much_waits_to_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "UNTAKEN", 250 + 3 * background.OF_A_RESULT)
    with Background[int, bytes](Session, LIMITS, len) as reading:

        def going() -> bool:
            return reading._session._going.is_set()

        for number in range(2):
            reading.start(number, read)
        until(lambda: reading._results.qsize() == 2)
        assert going()
        reading.start(2, read)
        until(lambda: not going(), "the pause")
        assert reading.take() == (0, b"x" * 100)
        until(going, "the end of the pause")

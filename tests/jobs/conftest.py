from __future__ import annotations

import pytest

from jobs import wires


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids published, instead of messages that no worker of this test would read."""
    ids: list[str] = []
    monkeypatch.setattr(wires, "send", lambda task, queue, job_id: ids.append(job_id) or True)
    return ids

"""The sandbox provider, served over real HTTP in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from prospecting.providers.sandbox import Sandbox
from tests.prospecting.providers.served import served


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Sandbox]:
    """What test keys reach."""
    ending = threading.Event()
    with served(Sandbox(), ending) as (sandbox, address):
        settings.SANDBOX_PROVIDER_URL = address
        yield sandbox
        ending.set()

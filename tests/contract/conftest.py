"""The sandbox provider, which test keys reach, for tests of every route."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def sandbox_address() -> Iterator[str]:
    from prospecting.providers.sandbox import Sandbox  # models: only once Django stands
    from tests.prospecting.providers.served import served

    ending = threading.Event()
    with served(Sandbox(), ending) as (_, address):
        yield address
        ending.set()


@pytest.fixture
def sandbox_provider(settings: Any, sandbox_address: str) -> None:
    settings.SANDBOX_PROVIDER_URL = sandbox_address

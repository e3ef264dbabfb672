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


@pytest.fixture
def served_provider(settings: Any, system_environment: dict[str, str]) -> Iterator[None]:
    """Where the running server looks for it."""
    from prospecting.providers.sandbox import Sandbox
    from tests.prospecting.providers.served import served

    settings.SANDBOX_PROVIDER_URL = system_environment["SANDBOX_PROVIDER_URL"]
    ending = threading.Event()
    with served(Sandbox(), ending, int(settings.SANDBOX_PROVIDER_URL.rpartition(":")[2])):
        yield
        ending.set()

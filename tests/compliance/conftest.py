"""A Spark Connect server for the tests of the engine that needs one."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def sail() -> Iterator[str]:
    """The address of a Sail that runs inside this process."""
    os.environ |= {"RUST_LOG": "off", "SAIL_EXECUTION__DEFAULT_PARALLELISM": "2"}
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer()
    server.start()
    yield f"sc://127.0.0.1:{server.listening_address[1]}"
    server.stop()

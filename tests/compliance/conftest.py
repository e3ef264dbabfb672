"""What the tests of compliance run beside the project: an object store, a Spark Connect server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from config.storage import storage_of


@pytest.fixture(scope="session")
def sail() -> Iterator[str]:
    """The address of a Sail that runs inside this process."""
    os.environ |= {"RUST_LOG": "off", "SAIL_EXECUTION__DEFAULT_PARALLELISM": "2"}
    from pysail.spark import SparkConnectServer

    server = SparkConnectServer()
    server.start()
    yield f"sc://127.0.0.1:{server.listening_address[1]}"
    server.stop()


@pytest.fixture
def bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An S3 server of this test's own, and Django's default storage on it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    store = boto3.resource("s3", endpoint_url=endpoint, region_name="us-east-1").Bucket("files")
    store.create()
    url = f"s3://files/scan%20ward?endpoint={endpoint}&region=us-east-1"
    settings.STORAGES = {**settings.STORAGES, "default": storage_of(url)}
    yield store
    store.objects.all().delete()  # servers of one process share what they hold
    server.stop()

"""The house in which the fault suite breaks things: one for all its tests, gone when they are over."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from config import local_servers
from scans.demo import world as worlds
from scans.demo.invented import Invented
from tests.faults import house as houses
from tests.faults.house import House
from tests.faults.workload import COMPANIES, LONG, Size

LATENCY = 0.2  # seconds in which a company answers: a signal scan takes some time, and little work


@pytest.fixture(scope="session")
def size() -> Size:
    """Of one run; the long form (make faults) has more than 200 jobs. Each fault takes a round of jobs."""
    return Size(5, 14) if LONG else Size(2, 8)


@pytest.fixture(scope="module")
def schema(migrated: str) -> bytes:
    """Of a migrated database. Copied, as migrating takes longer than all the rest of a house."""
    dump = [str(local_servers._postgres_binaries() / "pg_dump"), "--no-owner", f"--dbname={_url(migrated)}"]
    return subprocess.run(dump, stdout=subprocess.PIPE, check=True).stdout


def _url(database: str) -> str:
    at = connection.settings_dict
    return f"postgresql://{quote(at['USER'])}:{quote(at['PASSWORD'])}@{at['HOST']}:{at['PORT']}/{database}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, schema: bytes) -> Iterator[House]:
    now = datetime.now(UTC)
    companies = [Invented.make(number, now=now, news=3, openings=2) for number in range(COMPANIES)]
    with (
        worlds.running(worlds.World(companies, latency=LATENCY)) as world,
        houses.opened(tmp_path_factory.mktemp("house"), world, schema) as house,
    ):
        yield house


@pytest.fixture
def house(built: House, django_db_blocker: Any) -> Iterator[House]:
    """The ORM of the test works on the house's database, in autocommit."""
    with django_db_blocker.unblock(), built.pointed_at():
        yield built

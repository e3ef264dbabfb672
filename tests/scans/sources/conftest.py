"""A world of invented companies, and a look at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import AccountGroup
from jobs.working import Work
from prospecting.models import Company
from scans.demo.invented import Invented
from scans.demo.world import World, running
from scans.enums import OF_COMPANIES
from scans.sources.documents import Gathered
from scans.sources.gathering import gather

Look = Callable[..., dict[str, Gathered]]


@pytest.fixture
def world(settings: Any) -> Iterator[World]:
    now = datetime.now(UTC)
    with running(World(Invented.make(number, now=now, news=3, openings=2) for number in range(6))) as known:
        settings.OUTBOUND_ALLOW = frozenset({("127.0.0.1", known.port)})
        settings.GREENHOUSE_URL = settings.LEVER_URL = settings.ASHBY_URL = known.base
        settings.SIGNAL_INTERVAL_LEAST = 0
        yield known


@pytest.fixture
def group(db: None) -> AccountGroup:
    return AccountGroup.objects.create(name="Acme")


@pytest.fixture
def company(group: AccountGroup, world: World) -> Callable[..., Company]:
    """The company of the world with this number, as enrichment would have left it."""

    def make(number: int = 0, **fields: Any) -> Company:
        known = world.companies[f"c{number}"]
        return Company.objects.create(group=group, **{"key": known.slug} | known.sources(world.base) | fields)

    return make


@pytest.fixture
def look(group: AccountGroup) -> Look:
    """What is gathered of companies, by their key."""

    def gathered(*companies: Company, types: Any = OF_COMPANIES, since: datetime | None = None) -> dict[str, Gathered]:
        found: list[Gathered] = []
        work = Work(None, time_limit=60)  # type: ignore[arg-type]
        gather(group, companies, types, since=since, work=work, on_done=found.extend)
        assert len({each.company.pk for each in found}) == len(found)
        return {each.company.key: each for each in found}

    return gathered

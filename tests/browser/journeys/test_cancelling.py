"""Journey: a signal scan that a worker is amid is cancelled, and seen to end by whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.enums import Role
from scans.demo.invented import Invented
from scans.demo.world import World, running
from scans.models import SignalScan
from tests.browser.conftest import PATIENCE
from tests.browser.journeys.conftest import Enter, Person
from tests.partner import Partner
from tests.scans import factories
from tests.scans.watching import Watching, environment

pytestmark = pytest.mark.system

COMPANIES = 40
NEWS = {"source": "company_news", "keywords": ["company"]}


@pytest.fixture
def watching(new_partner: Callable[..., Partner]) -> Watching:
    return Watching(new_partner(permissions=factories.ALL))


def test_a_running_scan_is_cancelled_and_watched(enter: Enter, watching: Watching, start_worker: Any) -> None:
    invented = [Invented.make(number, now=datetime.now(UTC), news=1, openings=0) for number in range(COMPANIES)]
    with running(World(invented, latency=5)) as world:
        people = [each for number in range(COMPANIES) for each in watching.company(world, number).prospects.all()]
        factories.audience(watching.group, *people, name="Prospects of autumn")
        factories.specification(watching.group, NEWS, name="Any news")
        start_worker(**environment(world, SIGNAL_REQUESTS_PER_HOST="1"))
        person, colleague = enter(Role.PROSPECTING_OPERATOR, watching.group), enter(Role.AUDITOR, watching.group)
        start(person)
        expect(state(person)).to_contain_text("running", timeout=PATIENCE)
        colleague.follow("Signal scans")
        colleague.first_of_list()
        expect(state(colleague)).to_contain_text("running")
        person.follow("Cancel")
        person.reads("The scan stops at once")
        person.press("Cancel")
        person.reads("Cancelled:")
        expect(state(person)).to_contain_text("cancelled")
        expect(state(colleague)).to_contain_text("cancelled", timeout=PATIENCE)  # who has pressed nothing
        assert SignalScan.objects.get(group=watching.group).status == "cancelled"
        assert not person.page.get_by_role("link", name="Cancel", exact=True).count()


def start(person: Person) -> None:
    person.follow("Signal scans", "Add signal scan")
    person.fill({"Audience": "Prospects of autumn", "Specification": "Any news"})
    person.press("Start a scan")


def state(person: Person) -> Any:
    return person.fact("State")

"""Journey: a source is scanned on a schedule, told in words, and once at once."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.enums import Role
from compliance.models import Schedule
from tests.browser.journeys.conftest import Enter, Person
from tests.compliance import factories
from tests.web.file_server import serving

pytestmark = pytest.mark.system

LEDGER = b"Account,Amount\nA1,500\nA2,5\n"
MAPPING = {"account": "Account", "amount": "Amount"}


def test_a_schedule_is_made_and_run_at_once(enter: Enter, start_worker: Any) -> None:
    with serving() as server:
        server.serve("/ledger.csv", LEDGER)
        start_worker(OUTBOUND_ALLOW=f"127.0.0.1:{server.port}")
        person = enter(Role.COMPLIANCE_ANALYST)
        url = f"http://127.0.0.1:{server.port}/ledger.csv"
        factories.source(person.group, name="The bank", config={"url": url}, mapping_config=MAPPING)
        factories.policy(person.group, name="Large amounts")
        make(person)
        run(person)


def make(person: Person) -> None:
    person.follow("Schedules", "Add schedule")
    person.fill({"Name": "Nightly", "Policy": "Large amounts", "Source": "The bank", "Cron": "30 2 * * *"})
    person.put("Time zone", "Europe/Vienna")
    person.press("Save")
    person.reads("Every day at 02:30")
    assert person.section("Next runs (Europe/Vienna)").locator("p").count() == 5
    person.reads("It has not run yet.")


def run(person: Person) -> None:
    person.follow("Run now")
    person.press("Run now")
    person.reads("The run has begun.")
    person.reads("scanned")
    schedule = Schedule.objects.get(group=person.group)
    person.follow("Its scan")
    person.reads("of 100")
    assert schedule.runs.get().scan.violation_count == 1

"""Journey: a file is mapped, a rule changed and tried on it, the policy run, the scan watched to its end."""

from __future__ import annotations

import re

import pytest

from accounts.enums import Role
from compliance.models import ComplianceScan, DryRun, Mapping
from tests.browser.journeys.conftest import Enter, Person, file

pytestmark = pytest.mark.system

LEDGER = "Who,Moved,What\nA1,12000,TRANSFER\nA2,700,TRANSFER\nA3,40,TRANSFER\n"
MAPPING = {"account": "Who", "amount": "Moved", "type": "What"}


def test_from_a_file_to_its_violations(enter: Enter, worker: None) -> None:
    person = enter(Role.COMPLIANCE_ANALYST)
    send_and_map(person)
    take_a_policy(person)
    change_a_rule(person)
    scan_and_watch(person)


def send_and_map(person: Person) -> None:
    person.follow("Uploads", "Add upload")
    person.put("File", file("march.csv", LEDGER))
    person.press("Upload a file")
    person.reads("Received: march.csv (3 records).")
    person.follow("Map columns")
    person.fill(MAPPING)
    person.press("Map columns")
    person.reads("Confirmed: account=Who, amount=Moved, type=What.")
    assert Mapping.objects.get(upload__group=person.group).config == MAPPING


def take_a_policy(person: Person) -> None:
    person.home()
    person.follow("Policies", "Add policy")
    person.fill({"Name": "Laundering", "Pack": "Anti"})
    person.press("Save")


def change_a_rule(person: Person) -> None:
    """From 10,000 down to 500, tried before it is published."""
    person.follow("CTR_THRESHOLD")
    body = person.field("What it looks at")
    body.fill(body.input_value().replace("10000", "500"))
    person.press("Try it")
    person.reads(re.compile("1 more and 0 fewer than version 1 finds"))
    assert DryRun.objects.get(group=person.group).policy.current().number == 1
    person.press("Save as a new version")
    person.reads("version 2 is what scans run from now on")


def scan_and_watch(person: Person) -> None:
    person.home()
    person.follow("Uploads", "march.csv", "Scan this upload")
    person.put("Policy", "Laundering")
    person.press("Scan this upload")
    person.reads("The scan is queued.")
    person.reads(re.compile("of 100"))
    scan = ComplianceScan.objects.get(group=person.group)
    assert (scan.status, scan.policy_version.number) == ("completed", 2)
    assert person.section("Score").inner_text().split()[1] == str(scan.score)
    person.section("Violations").get_by_role("link", name=str(scan.violation_count)).click()
    person.reads("CTR_THRESHOLD")

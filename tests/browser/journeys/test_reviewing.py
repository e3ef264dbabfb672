"""Journey: ten violations are reviewed one after the other by keyboard, and the score moves before one's eyes."""

from __future__ import annotations

import re

import pytest

from accounts.enums import Role
from tests.browser.journeys.conftest import Enter, Person
from tests.compliance import factories

pytestmark = pytest.mark.system

LEDGER = "Account,Amount\n" + "".join(f"A{number:02},{500 if number < 11 else 5}\n" for number in range(60))
KEYS = "afdfafdffa"  # approve, false positive, dispute


def score_said(person: Person) -> str:
    """What the message at the top says the score has become."""
    said = person.page.get_by_text(re.compile("Score .* → ")).inner_text()
    return said.rpartition("→ ")[2].strip(" .")


def test_ten_in_a_row_by_keyboard(enter: Enter) -> None:
    person = enter(Role.COMPLIANCE_ANALYST)
    scan = factories.executed(person.group, LEDGER.encode(), {"account": "Account", "amount": "Amount"})
    person.follow("Compliance scans")
    person.first_of_list()
    person.follow("Review those that are pending")
    person.first_of_list()
    scores = [scan.score]
    for key in KEYS:
        person.key(key)
        scan.refresh_from_db()
        assert score_said(person) == str(scan.score)
        scores.append(scan.score)
    assert scan.violations.filter(status="pending").count() == 1
    person.follow(re.compile("^Policy"))
    assert person.section("Score").inner_text().split()[1] == str(scan.score)
    assert [after > before for before, after in zip(scores, scores[1:], strict=False)] == [key == "f" for key in KEYS]

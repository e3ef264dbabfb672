"""Reviewing violations by keyboard: decide, go on, write a note; keys are letters while one writes."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from compliance.models import ComplianceScan, Violation
from tests.browser.conftest import Visit
from tests.compliance import factories

pytestmark = pytest.mark.system


@pytest.fixture
def scan(system_db: None) -> ComplianceScan:
    return factories.completed(factories.group(), accounts=["A1", "A2", "A3", "A4"])


@pytest.fixture
def reviewer(scan: ComplianceScan) -> User:
    return factories.staff(f"reviewer-{User.objects.count()}", superuser=True)


@pytest.fixture
def page(visit: Visit, reviewer: User, scan: ComplianceScan) -> Any:
    """The first violation of the queue of those that are pending, by account."""
    visitor = visit(reviewer)
    queue = reverse(
        "admin:compliance_violation_changelist",
        query={"scan__id__exact": scan.pk, "status__exact": "pending", "o": "3"},
    )
    visitor.open(queue).click("#result_list tbody th a")
    visitor.page.wait_for_selector("#review")
    return visitor.page


def account(page: Any) -> str:
    return page.locator("#content h1").inner_text().partition(" on ")[2]


def press(page: Any, key: str) -> None:
    """A key that leads to another page."""
    with page.expect_navigation():
        page.keyboard.press(key)


def test_a_key_decides_and_leads_to_the_next(page: Any, scan: ComplianceScan) -> None:
    assert account(page) == "A1"
    for key, status, following in (("a", "approved", "A2"), ("f", "false_positive", "A3"), ("d", "disputed", "A4")):
        here = account(page)
        press(page, key)
        assert scan.violations.get(account=here).status == status
        assert account(page) == following
    assert "→" in page.locator(".messagelist").inner_text()


def test_j_and_k_go_through_the_list_and_r_reopens(page: Any, scan: ComplianceScan) -> None:
    press(page, "j")
    press(page, "j")
    assert account(page) == "A3"
    press(page, "k")
    assert account(page) == "A2"
    press(page, "a")
    page.go_back()
    page.reload()  # decided by now
    press(page, "r")
    assert scan.violations.get(account="A2").status == "pending"


def test_n_writes_a_note_in_which_keys_are_letters(page: Any, scan: ComplianceScan) -> None:
    page.keyboard.press("n")
    page.keyboard.type("a fad: jk?")
    assert page.locator("#id_note").input_value() == "a fad: jk?"
    assert account(page) == "A1"
    page.keyboard.press("Escape")
    press(page, "f")
    decided = Violation.objects.get(scan=scan, account="A1")
    assert (decided.status, decided.review_note) == ("false_positive", "a fad: jk?")


def test_help_lists_the_keys_and_goes_away_again(page: Any) -> None:
    keys = page.locator("#keys dl")
    assert not keys.is_visible()
    page.keyboard.press("?")
    assert keys.is_visible()
    assert "False positive" in keys.inner_text()
    page.keyboard.press("?")
    assert not keys.is_visible()


def test_keys_with_control_are_the_browsers_own(page: Any, scan: ComplianceScan) -> None:
    page.keyboard.press("Control+a")
    assert account(page) == "A1"
    assert scan.violations.get(account="A1").status == "pending"

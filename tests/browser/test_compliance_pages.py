"""The pages of compliance that are no list and no row: as clean as the others; a trial follows itself to its end."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import User
from compliance import trying
from compliance.models import ComplianceScan, DryRun
from tests.browser.conftest import Visit
from tests.browser.test_every_page import FORM, looked_at
from tests.compliance import factories

pytestmark = pytest.mark.system
LEDGER = b"Account,Amount\nA1,500\nA2,60\nA3,70\n"
CONFIG = {"account": "Account", "amount": "Amount"}


@pytest.fixture
def scan(system_db: None) -> ComplianceScan:
    """The second of two scans of one policy with two rules, one of which cannot run."""
    nowhere = {**factories.RULE, "rule_id": "NOWHERE", "where": {"field": "country", "operator": "==", "value": "KP"}}
    group = factories.group()
    policy = factories.policy(group, rules=[factories.RULE, nowhere])
    factories.executed(group, LEDGER, CONFIG, on=policy)
    return factories.executed(group, LEDGER.replace(b"A2,60", b"A2,600"), CONFIG, on=policy)


@pytest.fixture
def person(system_db: None) -> User:
    return factories.staff(f"person-{User.objects.count()}", superuser=True)


@pytest.mark.parametrize("theme", FORM)
def test_pages_about_a_scan_and_a_rule_are_clean(visit: Visit, person: User, scan: ComplianceScan, theme: str) -> None:
    visitor, violation = visit(person, theme=theme, width=FORM[theme]), scan.violations.order_by("account")[0]
    policy = reverse("admin:compliance_policy_change", args=[scan.policy_id])
    addresses = [
        reverse("admin:compliance_compliancescan_change", args=[scan.pk]),
        reverse("admin:compliance_compliancescan_compare", args=[scan.pk]),
        reverse("admin:compliance_violation_change", args=[violation.pk]), policy,
        reverse("admin:compliance_policy_add_rule", args=[scan.policy_id]),
        reverse("admin:compliance_policy_rule", args=[scan.policy_id, "BIG"]),
        reverse("admin:compliance_policy_remove_rule", args=[scan.policy_id, "BIG"]), "/admin/",
    ]  # fmt: skip
    wrong = [fault for address in addresses for fault in looked_at(visitor, address)]
    assert not wrong, "\n".join(wrong)


def test_a_rule_says_in_words_what_it_means_while_it_is_written(
    visit: Visit, person: User, scan: ComplianceScan
) -> None:
    page = visit(person).open(reverse("admin:compliance_policy_rule", args=[scan.policy_id, "BIG"]))
    words = page.locator("#words")
    expect(words).to_contain_text("amount is above 100")
    page.fill("#id_body", "where: {field: amount, operator: '>', value: 50}")
    expect(words).to_contain_text("amount is above 50")
    page.fill("#id_body", "where: {field: amount, operator: '>', valeu: 50}")
    expect(words).to_contain_text("Cannot be read yet. Line 1: where unknown key 'valeu'")
    assert scan.policy.current().number == 1


def test_a_trial_is_followed_to_its_end_beside_the_form(visit: Visit, person: User, scan: ComplianceScan) -> None:
    page = visit(person).open(reverse("admin:compliance_policy_rule", args=[scan.policy_id, "BIG"]))
    page.fill("#id_body", "where: {field: amount, operator: '>', value: 50}")
    page.click("button[name=try]")
    page.wait_for_selector("#trial")
    assert not page.locator("#trial .figure").count()
    factories.finished(DryRun.objects.get(policy=scan.policy), trying.execute)
    page.wait_for_selector("#trial .figure")
    assert "3 violations" in page.locator("#trial").inner_text()
    assert "value: 50" in page.locator("#id_body").input_value()

"""The versions of a policy: listed, shown whole, and compared."""

from __future__ import annotations

import pytest
from django.urls import reverse

from compliance.models import PolicyVersion
from tests.compliance import factories
from tests.compliance.desk import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_versions_are_listed_newest_first_and_shown_whole(desk: Desk) -> None:
    policy = desk.post("/api/policies", {"name": "P", "rules": [factories.RULE]}, 201)
    path = f"/api/policies/{policy['id']}"
    second = desk.patch(f"{path}/rules/BIG", {"severity": "LOW"})
    listed = desk.get(f"{path}/versions")["versions"]
    assert [(version["version"], version["rule_count"]) for version in listed] == [(2, 1), (1, 1)]
    assert desk.get(f"{path}/versions/1")["rules"] == policy["rules"]
    assert desk.get(f"{path}/versions/2")["rules"] == [second]
    for unknown in ("3", "0", "01", "-1", "x", "9" * 30):
        assert "no version" in desk.get(f"{path}/versions/{unknown}", 404)["message"]


def test_the_difference_names_rules_and_fields(desk: Desk) -> None:
    rules = [factories.RULE, {**factories.RULE, "rule_id": "GONE"}]
    path = f"/api/policies/{desk.post('/api/policies', {'name': 'P', 'rules': rules}, 201)['id']}"
    lower = {**factories.RULE, "where": {**factories.RULE["where"], "value": 50}}
    desk.patch(path, {"rules": [lower, {**factories.RULE, "rule_id": "FRESH"}]})
    found = desk.get(f"{path}/versions/1/diff/2")
    assert [[rule["rule_id"] for rule in found[kind]] for kind in ("added", "removed", "changed")] == [
        ["FRESH"], ["GONE"], ["BIG"],
    ]  # fmt: skip
    assert found["changed"][0]["changes"] == [{"path": "where.value", "before": 100, "after": 50}]
    back = desk.get(f"{path}/versions/2/diff/1")
    assert back["changed"][0]["changes"] == [{"path": "where.value", "before": 50, "after": 100}]
    same = desk.get(f"{path}/versions/2/diff/2")
    assert (same["added"], same["removed"], same["changed"], same["reordered"]) == ([], [], [], False)


def test_the_page_of_a_version_shows_what_it_changed(desk: Desk, client: object) -> None:
    policy = factories.policy(desk.group)
    rules = [{**factories.RULE, "severity": "CRITICAL"}]
    second = PolicyVersion.objects.create(policy=policy, number=2, rules=rules, content_hash="1" * 64, created_by="t")
    browser = desk.client.__class__()
    browser.force_login(factories.staff("admin", superuser=True))
    page = browser.get(reverse("admin:compliance_policyversion_change", args=[second.pk])).content.decode()
    assert "Changed since version 1" in page
    first = policy.versions.get(number=1)
    assert (
        "Changed since"
        not in browser.get(reverse("admin:compliance_policyversion_change", args=[first.pk])).content.decode()
    )


def test_policies_of_one_name_are_told_apart_where_one_is_chosen(desk: Desk) -> None:
    twins = [factories.policy(desk.group, name="Twin") for _ in range(2)]
    PolicyVersion.objects.create(policy=twins[1], number=2, rules=[], content_hash="1" * 64, created_by="t")
    browser = desk.client.__class__()
    browser.force_login(factories.staff("admin", superuser=True))
    for page in ("compliance_compliancescan_changelist", "compliance_audit_changelist", "compliance_audit_add"):
        content = browser.get(reverse(f"admin:{page}")).content.decode()
        assert "Twin (version 1, " in content, page
        assert "Twin (version 2, " in content, page

"""Rule health: what never fires, always fires, repeats another rule, or is called false by reviewers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.actions.health import wilson
from compliance.models import ComplianceScan, Violation
from tests.compliance import factories
from tests.compliance.desk import Desk

SILENT = {**factories.RULE, "rule_id": "SILENT"}
WIDE = {**factories.RULE, "rule_id": "WIDE"}


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk()


def scanned(desk: Desk, policy: Any, found: dict[str, list[str]], *, state: str = "completed") -> ComplianceScan:
    scan = factories.completed(desk.group, [], on=policy)
    for rule_id, accounts in found.items():
        for account in accounts:
            factories.violation(scan, scan.visible_attempt, account, rule_id=rule_id)
    results = [
        {"rule_id": rule["rule_id"], "state": state, "findings": len(found.get(rule["rule_id"], ())),
         "violations": len(found.get(rule["rule_id"], ())), "evaluated": 10, "not_evaluated": 0}
        for rule in policy.current().rules
    ]  # fmt: skip
    ComplianceScan.objects.filter(pk=scan.pk).update(rule_results=results)
    return scan


def health(desk: Desk, policy: Any, **query: Any) -> dict[str, Any]:
    answer = desk.get(f"/api/policies/{policy.pk}/health", **query)
    return {rule["rule_id"]: rule for rule in answer["rules"]}


def test_rules_that_never_or_always_fire_are_told(desk: Desk) -> None:
    policy = factories.policy(desk.group, [factories.RULE, SILENT, WIDE])
    many = [f"A{n}" for n in range(6)]
    scanned(desk, policy, {"BIG": ["A1"], "WIDE": many})
    scanned(desk, policy, {"WIDE": many[:5]})
    rules = health(desk, policy)
    told = {name: (rule["never_fires"], rule["always_fires"], rule["least_share"]) for name, rule in rules.items()}
    assert told == {"BIG": (False, False, 0), "SILENT": (True, False, 0), "WIDE": (False, True, 0.5)}
    assert (rules["WIDE"]["scans"], rules["WIDE"]["violations"]) == (2, 11)
    newest_only = health(desk, policy, k=1)
    assert (newest_only["BIG"]["never_fires"], newest_only["WIDE"]["violations"]) == (True, 5)


def test_a_rule_that_could_not_run_neither_fires_nor_is_silent(desk: Desk) -> None:
    policy = factories.policy(desk.group)
    assert health(desk, policy)["BIG"]["scans"] == 0
    scanned(desk, policy, {}, state="not_applicable")
    rule = health(desk, policy)["BIG"]
    assert (rule["scans"], rule["never_fires"], rule["always_fires"], rule["least_share"]) == (0, False, False, None)


def test_a_rule_whose_accounts_another_finds_as_well_is_contained_in_it(desk: Desk) -> None:
    policy = factories.policy(desk.group, [factories.RULE, SILENT, WIDE])
    scanned(desk, policy, {"BIG": ["A1", "A2", "A3"], "WIDE": ["A9"]})
    scanned(desk, policy, {"BIG": ["A1", "A2"], "WIDE": ["A1", "A2", "A3"], "SILENT": ["A3", "A4"]})
    assert {name: rule["contained_in"] for name, rule in health(desk, policy).items()} == {
        "BIG": ["WIDE"], "WIDE": [], "SILENT": [],
    }  # fmt: skip


def test_precision_comes_from_the_decisions_in_those_scans(desk: Desk) -> None:
    policy = factories.policy(desk.group)
    scanned(desk, policy, {"BIG": [f"A{n}" for n in range(25)]})
    decided = {"reviewed_by": "Ann", "reviewed_at": "2026-01-01T00:00:00Z"}
    ids = list(Violation.objects.order_by("account").values_list("pk", flat=True))
    for status, chosen in ("approved", ids[:9]), ("false_positive", ids[9:10]), ("disputed", ids[10:12]):
        Violation.objects.filter(pk__in=chosen).update(status=status, **decided)
    precision = health(desk, policy)["BIG"]["precision"]
    assert precision == {
        "approved": 9, "false_positive": 1, "value": 0.9, "low": 0.5958, "high": 0.9821, "not_enough_reviews": True,
    }  # fmt: skip
    Violation.objects.filter(pk__in=ids[12:]).update(status="approved", **decided)
    assert health(desk, policy)["BIG"]["precision"]["not_enough_reviews"] is False


def test_k_is_a_number_of_scans(desk: Desk) -> None:
    policy = factories.policy(desk.group)
    for k in ("0", "-1", "101", "x", "1.5", "", "\u0661"):
        assert desk.get(f"/api/policies/{policy.pk}/health", 400, k=k)["details"][0]["path"] == "k"


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_the_interval_holds_the_share_and_narrows_with_more_decisions(approved: int, false: int) -> None:
    found = wilson(approved, false)
    if approved + false == 0:
        assert (found.value, found.low, found.high) == (None, None, None)
        return
    assert 0 <= found.low <= found.value <= found.high <= 1
    more = wilson(approved * 10, false * 10)
    assert more.high - more.low <= found.high - found.low + 0.0002

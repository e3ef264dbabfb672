"""POST /api/validate: the findings of a scan against the labels in its upload."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.models import ComplianceScan
from tests.compliance import factories
from tests.compliance.desk import Desk

pytestmark = pytest.mark.django_db

LEDGER = b"Account,Amount,Fraud\nA1,500,yes\nA1,600,no\nA2,700,\nA3,5,Y\nA4,1,0\nA5,2,f\n"
CONFIG = {"account": "Account", "amount": "Amount"}
NEVER = {**factories.RULE, "rule_id": "NEVER", "where": {"field": "amount", "operator": ">", "value": 9000}}
OFTEN = {
    "rule_id": "OFTEN", "name": "Often", "kind": "aggregate", "severity": "LOW", "function": "count", "operator": ">=",
    "threshold": 2, "is_active": True,
}  # fmt: skip


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def scan(desk: Desk) -> ComplianceScan:
    policy = factories.policy(desk.group, [factories.RULE, NEVER, OFTEN])
    return factories.executed(desk.group, LEDGER, CONFIG, on=policy)


def validated(desk: Desk, scan: ComplianceScan, status: int = 200, column: str = "Fraud") -> Any:
    return desk.post("/api/validate", {"scan_id": str(scan.pk), "label_column": column}, status)


def test_the_ratios_of_each_rule_and_of_all_together(desk: Desk, scan: ComplianceScan) -> None:
    answer = validated(desk, scan)
    assert (answer["labelled"], answer["unlabelled"], answer["positives"]) == (5, 1, 2)
    ratios = {"precision": 0.5, "recall": 0.5, "f1": 0.5, "false_positive_rate": 0.333333}
    expected = {"tp": 1, "fp": 1, "fn": 1, "tn": 2, **ratios}
    assert answer["overall"] == expected
    rules = {rule.pop("rule_id"): rule for rule in answer["by_rule"]}
    assert rules["BIG"] == {"name": "Big", **expected}
    assert rules["OFTEN"] == {"name": "Often", **expected}  # both records of A1 are its evidence
    assert (rules["NEVER"]["precision"], rules["NEVER"]["recall"], rules["NEVER"]["false_positive_rate"]) == (
        None,
        0,
        0,
    )


def test_what_is_not_there_is_named(desk: Desk, scan: ComplianceScan) -> None:
    assert validated(desk, scan, 400, "fraud")["details"][0]["path"] == "label_column"
    assert "no boolean words" in validated(desk, scan, 400, "Account")["message"]
    assert "only a completed one" in validated(desk, factories.scan(desk.group), 409)["message"]
    ComplianceScan.objects.filter(pk=scan.pk).update(findings="")
    assert "evidence" in validated(desk, scan, 409)["message"]
    desk.client.delete(f"/api/data/{scan.upload_id}")
    assert "content of this upload" in validated(desk, scan, 409)["message"]

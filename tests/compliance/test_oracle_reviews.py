"""The score after reviews equals the oracle's: what is decided to be a false positive weighs nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from accounts.audit import Actor
from accounts.requester import Requester
from compliance.actions import reviews, scoring
from compliance.enums import ReviewStatus
from compliance.models import ComplianceScan
from jobs import lifecycle
from tests.compliance import factories, oracle
from tests.compliance.oracle_results import score

RULES: list[dict[str, Any]] = [
    {
        "rule_id": severity,
        "name": "Large",
        "kind": "record",
        "severity": severity,
        "is_active": True,
        "where": {"field": "amount", "operator": ">", "value": least},
    }
    for severity, least in (("CRITICAL", 9), ("HIGH", 5), ("MEDIUM", 3), ("LOW", 99))
]
ROWS: list[list[str | None]] = [["A", "10"], ["A", "6"], ["B", "6"], ["B", "4"]] + [["C", "1"]] * 8
JUDGED = oracle.judge(RULES, ["account", "amount"], ROWS, {"account": "account", "amount": "amount"}, created_at_us=0)
CLOSED = frozenset({"HIGH:A", "MEDIUM:B", "CRITICAL:A"})
METHODS = ["severity_weighted", "rules"]


def scanned(method: str) -> ComplianceScan:
    """A completed scan that holds what the oracle found."""
    group = factories.group()
    scan, lease = factories.running(group, on=factories.policy(group, RULES))
    weight = 0
    for rule in RULES:
        accounts = [each["account"] for each in JUDGED["rules"][rule["rule_id"]]["findings"]]
        for account in sorted(set(accounts)):
            about = {"rule_id": rule["rule_id"], "severity": rule["severity"], "finding_count": accounts.count(account)}
            weight += scoring.weight_of(factories.violation(scan, lease.attempt, account, **about))
    states = [{"rule_id": rule["rule_id"], "state": "completed"} for rule in RULES]
    count = len(JUDGED["signatures"])
    ComplianceScan.objects.filter(pk=scan.pk).update(record_count=len(ROWS), score_method=method)
    with lifecycle.finish(lease) as (_, results):
        results.update(
            score=score(RULES, JUDGED["rules"], len(ROWS), method=method), result_digest=JUDGED["digest"],
            violation_count=count, open_weight=weight, review_counts={"pending": count}, rule_results=states,
            rules_processed=len(RULES),
        )  # fmt: skip
    return ComplianceScan.objects.get(pk=scan.pk)


def reviewed(scan: ComplianceScan, status: ReviewStatus) -> Decimal:
    """The scan's score after `status` was given to every violation in CLOSED."""
    by = Requester(Actor("user:tests"), group=scan.group)
    for violation in scan.violations.order_by("rule_id", "account"):
        if violation.signature in CLOSED:
            reviews.review_violation(violation=violation, by=by, status=status)
    return ComplianceScan.objects.get(pk=scan.pk).score


def expected(method: str, closed: frozenset[str] = CLOSED) -> Decimal | None:
    return score(RULES, JUDGED["rules"], len(ROWS), closed=closed, method=method)


@pytest.mark.django_db
@pytest.mark.parametrize("method", METHODS)
def test_false_positives_leave_the_score_and_come_back_when_reopened(method: str) -> None:
    scan = scanned(method)
    assert scan.violations.count() == len(JUDGED["signatures"]) == 5
    assert reviewed(scan, ReviewStatus.FALSE_POSITIVE) == expected(method)
    assert reviewed(scan, ReviewStatus.DISPUTED) == expected(method, frozenset())
    assert reviewed(scan, ReviewStatus.FALSE_POSITIVE) == expected(method)
    assert reviewed(scan, ReviewStatus.PENDING) == expected(method, frozenset())


@pytest.mark.django_db
def test_a_score_that_ignores_the_weight_of_false_positives_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    scan = scanned("severity_weighted")
    monkeypatch.setattr(reviews, "weight_of", lambda violation: 0)
    assert reviewed(scan, ReviewStatus.FALSE_POSITIVE) != expected("severity_weighted")


@pytest.mark.django_db
def test_a_false_positive_that_counts_once_whatever_its_findings_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    scan = scanned("severity_weighted")
    monkeypatch.setattr(reviews, "weight_of", lambda violation: scoring.score.WEIGHTS[violation.severity])
    assert reviewed(scan, ReviewStatus.FALSE_POSITIVE) != expected("severity_weighted")


@pytest.mark.django_db
def test_a_rules_score_that_still_counts_false_positives_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    scan = scanned("rules")
    monkeypatch.setattr(scoring, "OPEN", list(ReviewStatus.values))
    assert reviewed(scan, ReviewStatus.FALSE_POSITIVE) != expected("rules")

"""Cases: violations by account, and the work on one account until everything is decided."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from compliance.models import Case, CaseEvent, CaseNote, ComplianceScan, Policy, Violation
from tests.compliance import factories
from tests.compliance.desk import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def policy(desk: Desk) -> Policy:
    return factories.policy(desk.group)


def opened(desk: Desk, policy: Policy, status: int = 201, account: str = "A1", **body: Any) -> Any:
    return desk.post("/api/cases", {"policy_id": str(policy.pk), "account": account, **body}, status)


def decide(desk: Desk, violation: Violation, status: str = "approved") -> None:
    desk.patch(f"/api/violations/{violation.pk}", {"status": status, "review_note": "Seen", "reviewer": "Ann"})


def test_a_case_gathers_the_violations_of_its_account_in_the_newest_scan(desk: Desk, policy: Policy) -> None:
    factories.completed(desk.group, ["A1"], on=policy)
    case = opened(desk, policy, priority="high", reviewer="Ann")
    assert (case["status"], case["priority"], case["violation_count"], case["pending_count"]) == ("open", "high", 1, 1)
    assert case["opened_by"] == "Ann (key tests)"
    newer = factories.completed(desk.group, ["A1", "A2"], on=policy)
    factories.violation(newer, newer.visible_attempt, "A1", rule_id="SECOND")
    factories.completed(desk.group, ["A1"])  # of another policy
    seen = desk.get(f"/api/cases/{case['id']}")
    assert (seen["scan_id"], seen["violation_count"]) == (str(newer.pk), 2)
    assert [violation["rule_id"] for violation in seen["violations"]] == ["BIG", "SECOND"]


def test_it_is_closed_only_when_every_violation_is_decided(desk: Desk, policy: Policy) -> None:
    scan = factories.completed(desk.group, ["A1"], on=policy)
    factories.violation(scan, scan.visible_attempt, "A1", rule_id="SECOND")
    path = f"/api/cases/{opened(desk, policy)['id']}"
    assert "2 violations are pending" in desk.patch(path, {"status": "closed"}, 409)["message"]
    Violation.objects.filter(rule_id="SECOND").update(waiver=factories.waiver(desk.group))
    assert "1 violation is pending" in desk.patch(path, {"status": "closed"}, 409)["message"]
    decide(desk, Violation.objects.get(rule_id="BIG"))
    closed = desk.patch(path, {"status": "closed", "reviewer": "Ann"})
    assert (closed["status"], closed["closed_by"], closed["closed_at"] is None) == ("closed", "Ann (key tests)", False)
    assert desk.patch(path, {"status": "open"}, 409)["error"] == "CONFLICT"


def test_its_timeline_tells_steps_notes_and_reviews_in_order(desk: Desk, policy: Policy) -> None:
    scan = factories.completed(desk.group, ["A1", "A2"], on=policy)
    case = opened(desk, policy)
    path = f"/api/cases/{case['id']}"
    factories.staff("bob", desk.group)
    desk.patch(path, {"status": "in_review", "assignee": "bob"})
    desk.post(f"{path}/notes", {"text": "Called the bank", "reviewer": "Ann"}, 201)
    for violation in Violation.objects.filter(scan=scan):
        decide(desk, violation)
    steps = desk.get(path)["timeline"]
    assert [(step["kind"], step["before"], step["after"]) for step in steps] == [
        ("opened", None, "open"), ("status", "open", "in_review"), ("assignee", None, "bob"), ("note", None, None),
        ("review", "pending", "approved"),
    ]  # fmt: skip
    assert (steps[3]["text"], steps[3]["who"]) == ("Called the bank", "Ann (key tests)")
    assert steps[4]["violation_id"] == str(Violation.objects.get(scan=scan, account="A1").pk)
    assert desk.get(path)["assignee"] == "bob"
    assert desk.patch(path, {"assignee": None})["assignee"] is None


def test_an_account_has_one_open_case_in_a_policy(desk: Desk, policy: Policy) -> None:
    factories.completed(desk.group, ["A1", "A2"], on=policy)
    first = opened(desk, policy)
    assert opened(desk, policy, 409)["error"] == "CONFLICT"
    opened(desk, policy, account="A2")
    with pytest.raises(IntegrityError, match="an_account_has_one_open_case_in_a_policy"), transaction.atomic():
        Case.objects.create(group=desk.group, policy=policy, account="A1", opened_by="t")
    decide(desk, Violation.objects.get(account="A1"))
    desk.patch(f"/api/cases/{first['id']}", {"status": "closed"})
    assert opened(desk, policy)["status"] == "open"


def test_there_must_be_something_to_decide(desk: Desk, policy: Policy) -> None:
    assert opened(desk, policy, 422)["error"] == "UNPROCESSABLE"
    factories.completed(desk.group, ["A1"], on=policy)
    assert opened(desk, policy, 422, account="a1")["error"] == "UNPROCESSABLE"
    foreign = factories.policy(factories.group())
    assert opened(desk, foreign, 404)["error"] == "NOT_FOUND"
    factories.staff("stranger", foreign.group)
    assert opened(desk, policy, 400, assignee="stranger")["details"][0]["path"] == "assignee"


def test_notes_and_steps_are_append_only(desk: Desk, policy: Policy) -> None:
    factories.completed(desk.group, ["A1"], on=policy)
    case = opened(desk, policy)
    desk.post(f"/api/cases/{case['id']}/notes", {"text": "x"}, 201)
    for rows in (CaseNote.objects, CaseEvent.objects):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            rows.update(at="2020-01-01T00:00:00Z")
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            rows.all()._raw_delete("default")


def test_the_list_finds_by_every_filter(desk: Desk, policy: Policy) -> None:
    factories.completed(desk.group, ["A1", "A2"], on=policy)
    factories.staff("bob", desk.group)
    first, second = opened(desk, policy, assignee="bob"), opened(desk, policy, account="A2", priority="urgent")
    for query, expected in (
        ({}, [second, first]), ({"account": "A1"}, [first]), ({"priority": "urgent"}, [second]),
        ({"assignee": "bob"}, [first]), ({"policy_id": policy.pk}, [second, first]), ({"status": "closed"}, []),
    ):  # fmt: skip
        assert [case["id"] for case in desk.get("/api/cases", **query)["cases"]] == [case["id"] for case in expected]


def scan_of_accounts(desk: Desk) -> ComplianceScan:
    scan = factories.completed(desk.group, ["one", "two"])
    for account, rule, severity, amount in (
        ("two", "X", "LOW", 5), ("worst", "Y", "CRITICAL", None), ("worst", "Z", "LOW", 7), ("small", "X", "LOW", 1),
    ):  # fmt: skip
        factories.violation(scan, scan.visible_attempt, account, rule_id=rule, severity=severity, amount=amount)
    return scan


def test_accounts_come_gravest_first_with_their_violations(desk: Desk) -> None:
    scan = scan_of_accounts(desk)
    found = desk.get("/api/violations/cases", scan_id=scan.pk)["cases"]
    names = ("account_id", "violation_count", "max_severity", "top_rule", "total_amount")
    shown = [tuple(case[name] for name in names) for case in found]
    assert shown == [
        ("worst", 2, "CRITICAL", "Y", 7), ("two", 2, "HIGH", "BIG", 505), ("one", 1, "HIGH", "BIG", 500),
        ("small", 1, "LOW", "X", 1),
    ]  # fmt: skip
    assert [violation["rule_id"] for violation in found[0]["violations"]] == ["Y", "Z"]


def test_walking_the_pages_gives_every_account_once(desk: Desk) -> None:
    scan, found, query = scan_of_accounts(desk), [], {}
    while True:
        page = desk.get("/api/violations/cases", scan_id=scan.pk, limit=1, **query)
        found += [case["account_id"] for case in page["cases"]]
        if not page["has_more"]:
            break
        query = {"cursor": page["next_cursor"]}
    assert found == ["worst", "two", "one", "small"]
    other = factories.completed(desk.group)
    refused = desk.get("/api/violations/cases", 400, scan_id=other.pk, **query)
    assert refused["details"][0]["path"] == "cursor"
    assert desk.get("/api/violations/cases", 400)["details"][0]["path"] == "scan_id"


def test_an_account_with_very_many_violations_shows_a_bounded_number(desk: Desk) -> None:
    scan = factories.completed(desk.group, ["A1"])
    for n in range(120):
        factories.violation(scan, scan.visible_attempt, "A1", rule_id=f"R{n:03}")
    (case,) = desk.get("/api/violations/cases", scan_id=scan.pk)["cases"]
    assert (case["violation_count"], len(case["violations"])) == (121, 100)

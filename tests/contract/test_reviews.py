"""Decisions, many at once and from scan to scan, and waivers, as partners see them."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.models import GroupSettings
from tests.contract.ledgers import BIG, ledger, scanned
from tests.contract.standing import standing
from tests.partner import Partner

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("worker")]

WAIVER = {"reason": "Salaries", "owner": "Ann", "expires_at": "2999-01-01T00:00:00Z"}


def many(partner: Partner, **body: Any) -> dict[str, Any]:
    return partner.ok(partner.http.post("/api/violations/review", json={"status": "approved", **body}))


def test_a_filter_chooses_what_is_decided(partner: Partner) -> None:
    policy = partner.policy(BIG)
    scanned(partner, policy, ledger("A"))
    scan = scanned(partner, policy, ledger("A", "B", "C"))
    answer = many(partner, filter={"scan_id": scan["id"], "delta": "new"}, status="false_positive")
    assert {name: answer[name] for name in ("success", "reviewed", "unchanged", "proposed", "newer_scan_id")} == {
        "success": True, "reviewed": 2, "unchanged": 0, "proposed": 0, "newer_scan_id": None,
    }  # fmt: skip
    seen = partner.status(scan["id"])
    assert seen["compliance_score"] == answer["updated_score"]
    assert seen["review_summary"]["false_positive"] == 2
    step = seen["score_history"][-1]
    assert (step["action"], step["violation_id"], step["score"]) == ("bulk_review", None, answer["updated_score"])
    assert many(partner, filter={"scan_id": scan["id"], "severity": "LOW"})["reviewed"] == 0
    assert many(partner, filter={"scan_id": scan["id"], "status": "pending", "account": "A"})["reviewed"] == 1


@pytest.mark.parametrize("more", [{}, {"ids": "both"}])
def test_ids_or_filter_and_not_both(partner: Partner, more: dict[str, Any]) -> None:
    scan = scanned(partner, partner.policy(BIG), ledger("A"))
    (item,) = partner.violations(scan_id=scan["id"])
    body = {"ids": [item["id"]], "filter": {"scan_id": scan["id"]}} if more else {}
    before = standing(partner.group)
    answer = partner.http.post("/api/violations/review", json={"status": "approved", **body})
    assert (answer.status_code, answer.json()["error"]) == (400, "VALIDATION_ERROR")
    assert standing(partner.group) == before


def test_a_filter_names_its_scan_and_knows_no_other_words(partner: Partner) -> None:
    scan = scanned(partner, partner.policy(BIG), ledger("A"))
    for wrong in ({}, {"scan_id": scan["id"], "delta": "resolved"}, {"scan_id": scan["id"], "acount": "A"}):
        answer = partner.http.post("/api/violations/review", json={"status": "approved", "filter": wrong})
        assert answer.status_code == 400, wrong
    unknown = {"scan_id": "550e8400-e29b-41d4-a716-446655440000"}
    answer = partner.http.post("/api/violations/review", json={"status": "approved", "filter": unknown})
    assert answer.status_code == 404


def test_a_decision_is_seen_in_the_next_scan_and_an_old_scan_names_the_newer_one(partner: Partner) -> None:
    policy = partner.policy(BIG, reopen_growth=0)
    first = scanned(partner, policy, ledger("A", "B"))
    items = {item["account"]: item for item in partner.violations(scan_id=first["id"])}
    for item in items.values():
        partner.ok(partner.http.patch(f"/api/violations/{item['id']}", json={"status": "disputed"}))
    second = scanned(partner, policy, ledger("A", "B", "B"))
    now = {item["account"]: item for item in partner.violations(scan_id=second["id"])}
    assert (now["A"]["status"], now["A"]["carried_over_from"]) == ("disputed", first["id"])
    assert (now["B"]["status"], now["B"]["carried_over_from"]) == ("pending", None)
    assert "1 of 2 evidence records" in now["B"]["reopened_because"]
    assert (now["B"]["last_decision"]["status"], now["B"]["last_decision"]["scan"]) == ("disputed", first["id"])
    assert second["review_summary"]["disputed"] == 1
    assert second["reopen_growth"] == 0
    late = partner.http.patch(f"/api/violations/{items['A']['id']}", json={"status": "approved"})
    assert partner.ok(late)["newer_scan_id"] == second["id"]


def test_a_waiver_from_its_making_to_its_end(partner: Partner) -> None:
    scan = scanned(partner, partner.policy(BIG), ledger("PAY-1", "PAY-2", "B"))
    about = {"rule_id": "BIG", "account_pattern": "PAY-*", **WAIVER}
    made = partner.ok(partner.http.post("/api/waivers", json=about))
    assert (made["state"], made["account_pattern"], made["signature"]) == ("active", "PAY-*", None)
    seen = partner.status(scan["id"])
    assert seen["compliance_score"] > scan["compliance_score"]
    assert (seen["review_summary"]["waived"], seen["review_summary"]["pending"]) == (2, 3)
    assert seen["waivers"] == [
        {"id": made["id"], "reason": "Salaries", "owner": "Ann", "expires_at": WAIVER["expires_at"], "violations": 2}
    ]
    waived = partner.violations(scan_id=scan["id"], waived="true")
    assert {item["account"] for item in waived} == {"PAY-1", "PAY-2"}
    assert {item["waiver_id"] for item in waived} == {made["id"]}
    assert [item["account"] for item in partner.violations(scan_id=scan["id"], waived="false")] == ["B"]
    score = partner.ok(partner.http.get("/api/compliance/score", params={"scan_id": scan["id"]}))
    assert (score["open_violations"], score["waived"]) == (1, 2)
    path = f"/api/waivers/{made['id']}"
    assert partner.ok(partner.http.delete(path)) == {"success": True}
    assert partner.http.delete(path).status_code == 409
    assert partner.ok(partner.http.get(path))["state"] == "ended"
    assert partner.status(scan["id"])["compliance_score"] == scan["compliance_score"]
    assert [step["action"] for step in partner.status(scan["id"])["score_history"]] == [
        "scan_completed", "waived", "waiver_expired",
    ]  # fmt: skip
    states = {
        state: partner.ok(partner.http.get("/api/waivers", params={"state": state})) for state in ("active", "over")
    }
    assert [len(page["waivers"]) for page in states.values()] == [0, 1]


@pytest.mark.parametrize(
    "subject",
    [{}, {"rule_id": "BIG"}, {"account_pattern": "A"}, {"signature": "BIG:A", "rule_id": "BIG"}],
)
def test_a_waiver_says_what_it_waives_in_one_of_two_ways(partner: Partner, subject: dict[str, str]) -> None:
    answer = partner.http.post("/api/waivers", json={**WAIVER, **subject})
    assert (answer.status_code, answer.json()["error"]) == (400, "VALIDATION_ERROR")


def test_a_first_reviewer_proposes_and_a_second_one_decides(partner: Partner, new_partner: Any) -> None:
    GroupSettings.objects.create(group=partner.group, second_reviewer=True)
    scan = scanned(partner, partner.policy({**BIG, "severity": "CRITICAL"}), ledger("A"))
    (item,) = partner.violations(scan_id=scan["id"])
    path, body = f"/api/violations/{item['id']}", {"status": "false_positive", "reviewer": "Ann"}
    first = partner.ok(partner.http.patch(path, json=body))
    assert first["violation"]["status"] == "pending"
    assert first["violation"]["pending_decision"]["by"] == "Ann (key tests)"
    assert first["updated_score"] == scan["compliance_score"]
    assert partner.ok(partner.http.get(path))["pending_decision"]["status"] == "false_positive"
    colleague = new_partner(partner.group)
    second = colleague.ok(colleague.http.patch(path, json={**body, "reviewer": "Bob"}))
    assert (second["violation"]["status"], second["violation"]["pending_decision"]) == ("false_positive", None)
    assert second["updated_score"] == 100

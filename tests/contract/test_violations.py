"""Violations: found by filters, walked by cursors, shown with their evidence, and decided on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from compliance.actions.history import chained
from compliance.models import ComplianceScan
from tests.contract.ledgers import BIG, OFTEN, ledger, scanned
from tests.contract.standing import standing
from tests.partner import Partner

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("worker")]

HIGH, LOW = 3, 1  # quarters of the weight of a finding
ACTIONS = {"approved": "approved", "false_positive": "false_positive", "disputed": "disputed", "pending": "reopened"}


def review(partner: Partner, violation: dict[str, Any] | str, status: str, **more: Any) -> dict[str, Any]:
    violation_id = violation if isinstance(violation, str) else violation["id"]
    return partner.ok(partner.http.patch(f"/api/violations/{violation_id}", json={"status": status, **more}))


def formula(weight: int, records: int) -> float:
    """Of the score, with `weight` in quarters."""
    return max(0.0, round(100 * (1 - weight / (4 * records)), 2))


def check_chain(scan_id: str) -> list[Any]:
    """The score history, after checking that its steps are numbered without gaps and chained by hash."""
    scan = ComplianceScan.objects.get(pk=scan_id)
    events = list(scan.score_events.order_by("sequence"))
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    before = scan.result_digest
    for event in events:
        assert event.hash == chained(before, event)
        before = event.hash
    assert events[-1].score == scan.score
    return events


def test_the_list_finds_by_every_filter(partner: Partner) -> None:
    policy = partner.policy(BIG, OFTEN)
    first = scanned(partner, policy, ledger("A", "A", "B"))
    second = scanned(partner, policy, ledger("A", "A", "C"))
    (of_c,) = partner.violations(scan_id=second["id"], account="C")
    review(partner, of_c, "approved")
    a, c = {("BIG", "A"), ("OFTEN", "A")}, {("BIG", "C")}
    for query, expected in (
        ({}, a | c),
        ({"severity": "HIGH"}, {("BIG", "A")} | c),
        ({"severity": "CRITICAL"}, set()),
        ({"status": "approved"}, c),
        ({"status": "pending"}, a),
        ({"rule_id": "OFTEN"}, {("OFTEN", "A")}),
        ({"account": "A"}, a),
        ({"account": "a"}, set()),
        ({"delta": "new"}, c),
        ({"delta": "unchanged"}, a),
        ({"delta": "resolved"}, {("BIG", "B")}),
        ({"delta": "new", "status": "pending"}, set()),
        ({"account": "A", "rule_id": "BIG"}, {("BIG", "A")}),
    ):
        found = partner.violations(scan_id=second["id"], **query)
        assert {(item["rule_id"], item["account"]) for item in found} == expected, query
        assert len(found) == len(expected)
    everywhere = partner.violations(rule_id="BIG", account="A")
    assert [item["scan_id"] for item in everywhere] == [second["id"], first["id"]]
    assert [item["delta"] for item in everywhere] == ["unchanged", "new"]
    assert {item["first_seen_scan_id"] for item in everywhere} == {first["id"]}


def test_walking_the_pages_gives_every_violation_exactly_once(partner: Partner) -> None:
    accounts = [f"A{n:03}" for n in range(130)]
    scan = scanned(partner, partner.policy(BIG), ledger(*accounts))
    query = {"scan_id": scan["id"], "limit": 50}
    pages = [partner.ok(partner.http.get("/api/violations", params=query))]
    while pages[-1]["has_more"]:
        query["cursor"] = pages[-1]["next_cursor"]
        pages.append(partner.ok(partner.http.get("/api/violations", params=query)))
    assert [len(page["violations"]) for page in pages] == [50, 50, 30]
    assert pages[-1]["next_cursor"] is None
    assert sorted(item["account"] for page in pages for item in page["violations"]) == accounts
    assert partner.http.get("/api/violations", params={**query, "limit": 10}).status_code == 200
    assert partner.http.get("/api/violations", params={**query, "severity": "HIGH"}).status_code == 400


def test_a_cursor_is_of_no_use_to_another_account_group(partner: Partner, new_partner: Callable[..., Partner]) -> None:
    scanned(partner, partner.policy(BIG), ledger("A", "B"))
    query: dict[str, Any] = {"limit": 1}
    query["cursor"] = partner.ok(partner.http.get("/api/violations", params=query))["next_cursor"]
    assert partner.http.get("/api/violations", params=query).status_code == 200
    assert new_partner().http.get("/api/violations", params=query).status_code == 400


def test_the_detail_shows_the_evidence_with_its_line_and_the_rules_own_words(partner: Partner) -> None:
    rule = {**BIG, "policy_excerpt": "No more than 100.", "policy_section": "4.2", "description": "Why"}
    scan = scanned(partner, partner.policy(rule), ledger("A", "B", "A"))
    item = next(item for item in partner.violations(scan_id=scan["id"]) if item["account"] == "A")
    seen = partner.ok(partner.http.get(f"/api/violations/{item['id']}"))
    assert {name: seen[name] for name in item} == item
    assert [evidence["row"] for evidence in seen["evidence"]] == [1, 3]
    assert seen["evidence"][0]["values"] == {"Account": "A", "Amount": "500", "Date": "2024-01-01T00:00:00"}
    assert (seen["threshold"], seen["amount"], seen["finding_count"]) == (100, 1000, 2)
    assert (seen["policy_excerpt"], seen["policy_section"], seen["description"]) == ("No more than 100.", "4.2", "Why")
    assert seen["first_at"] == seen["last_at"] == "2024-01-01T00:00:00Z"
    assert "A" in seen["explanation"]
    assert (seen["status"], seen["review_note"], seen["reviewed_by"], seen["reviews"]) == ("pending", None, None, [])


def test_every_decision_moves_the_score_and_adds_one_step_of_history(partner: Partner) -> None:
    scan = scanned(partner, partner.policy(BIG, OFTEN), ledger("A", "A", "B", harmless=7))
    of = {(item["rule_id"], item["account"]): item for item in partner.violations(scan_id=scan["id"])}
    weight, records = 2 * HIGH + HIGH + LOW, scan["record_count"]
    assert scan["compliance_score"] == formula(weight, records)
    steps = []
    for status, open_weight in (
        ("approved", weight), ("false_positive", weight - 2 * HIGH), ("disputed", weight),
        ("false_positive", weight - 2 * HIGH), ("false_positive", weight - 2 * HIGH), ("pending", weight),
    ):  # fmt: skip
        answer = review(partner, of["BIG", "A"], status)
        steps.append((ACTIONS[status], formula(open_weight, records)))
        assert answer["updated_score"] == formula(open_weight, records)
        assert (answer["success"], answer["violation"]["status"]) == (True, status)
        assert (answer["violation"]["reviewed_at"] is None) == (status == "pending")
        seen = partner.status(scan["id"])
        assert seen["compliance_score"] == answer["updated_score"]
        assert seen["review_summary"][status] == (3 if status == "pending" else 1)
    shown = [(step["action"], step["score"]) for step in seen["score_history"]]
    assert shown == [("scan_completed", formula(weight, records)), *steps]
    assert {step["violation_id"] for step in seen["score_history"][1:]} == {of["BIG", "A"]["id"]}
    assert (seen["violation_count"], seen["delta"]) == (3, None)
    assert len(check_chain(scan["id"])) == 7


def test_the_rules_method_counts_rules_without_an_open_violation(partner: Partner) -> None:
    scan = scanned(partner, partner.policy(BIG, OFTEN, score_method="rules"), ledger("A", "B"))
    assert (scan["score_method"], scan["compliance_score"]) == ("rules", 25)  # OFTEN (1) is clean, BIG (3) is not
    scores = [
        review(partner, item, "false_positive")["updated_score"] for item in partner.violations(scan_id=scan["id"])
    ]
    assert scores == [25, 100]


def test_a_note_is_kept_until_another_one_is_given(partner: Partner) -> None:
    scan = scanned(partner, partner.policy(BIG), ledger("A"))
    (item,) = partner.violations(scan_id=scan["id"])
    path, notes = f"/api/violations/{item['id']}", []
    for status, more in (
        ("approved", {"review_note": "Seen", "reviewer": "Ann"}),
        ("disputed", {}),
        ("pending", {}),
        ("false_positive", {"review_note": "", "reviewer": "Bob"}),
    ):
        review(partner, item, status, **more)
        notes.append(partner.ok(partner.http.get(path))["review_note"])
    seen = partner.ok(partner.http.get(path))
    assert notes == ["Seen", "Seen", "Seen", None]
    assert seen["reviewed_by"] == "Bob (key tests)"
    assert [
        (decision["from"], decision["to"], decision["note"], decision["reviewer"]) for decision in seen["reviews"]
    ] == [
        ("pending", "approved", "Seen", "Ann (key tests)"),
        ("approved", "disputed", None, "key tests"),
        ("disputed", "pending", None, "key tests"),
        ("pending", "false_positive", None, "Bob (key tests)"),
    ]


def test_a_decision_on_what_has_changed_meanwhile_is_refused(partner: Partner) -> None:
    scan = scanned(partner, partner.policy(BIG), ledger("A"))
    (item,) = partner.violations(scan_id=scan["id"])
    path = f"/api/violations/{item['id']}"
    old = partner.http.get(path).headers["ETag"]
    new = decide(partner, path, old).headers["ETag"]
    before = standing(partner.group)
    for tag in (old, f"W/{new}", '"nonsense"', ""):
        refused = decide(partner, path, tag)
        assert (refused.status_code, refused.json()["error"]) == (412, "PRECONDITION_FAILED"), tag
    assert standing(partner.group) == before
    for tag in (new, "*"):
        assert decide(partner, path, tag).status_code == 200


def decide(partner: Partner, path: str, tag: str) -> httpx.Response:
    return partner.http.patch(path, json={"status": "disputed"}, headers={"If-Match": tag})


def test_decisions_made_at_once_all_count(partner: Partner) -> None:
    accounts = [f"A{n}" for n in range(12)]
    scan = scanned(partner, partner.policy(BIG), ledger(*accounts, harmless=20))
    found = partner.violations(scan_id=scan["id"])
    statuses = ["false_positive", "approved", "false_positive", "disputed"] * 3

    def one(decision: tuple[dict[str, Any], str]) -> httpx.Response:
        item, status = decision
        address = f"{partner.http.base_url}/api/violations/{item['id']}"
        return httpx.patch(address, json={"status": status}, headers=partner.http.headers, timeout=300)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(one, zip(found, statuses, strict=True)))
    assert {answer.status_code for answer in answers} == {200}
    seen = partner.status(scan["id"])
    assert seen["compliance_score"] == formula(HIGH * 6, scan["record_count"])
    counts = {word: seen["review_summary"][word] for word in ACTIONS}
    assert counts == {"approved": 3, "false_positive": 6, "disputed": 3, "pending": 0}
    events = check_chain(scan["id"])[1:]
    assert sorted(str(event.violation_id) for event in events) == sorted(item["id"] for item in found)
    assert [step["score"] for step in seen["score_history"][1:]] == [float(event.score) for event in events]


def test_a_decision_on_an_older_scan_leaves_the_newer_one_alone(partner: Partner) -> None:
    policy = partner.policy(BIG)
    first, second = scanned(partner, policy, ledger("A")), scanned(partner, policy, ledger("A"))
    (old,) = partner.violations(scan_id=first["id"])
    review(partner, old, "false_positive")
    assert partner.status(first["id"])["compliance_score"] == 100
    after = partner.status(second["id"])
    assert (after["compliance_score"], after["score_history"]) == (second["compliance_score"], second["score_history"])


def test_the_score_at_a_glance(partner: Partner) -> None:
    policy = partner.policy(BIG, OFTEN)
    scanned(partner, policy, ledger("A", "Z"))
    scan = scanned(partner, policy, ledger("A", "A", "B"))
    (item,) = partner.violations(scan_id=scan["id"], account="B")
    score = review(partner, item, "false_positive")["updated_score"]
    expected = {
        "scan_id": scan["id"], "score": score, "total_violations": 3, "open_violations": 2, "resolved_violations": 1,
        "false_positives": 1, "waived": 0, "by_severity": {"CRITICAL": 0, "HIGH": 2, "MEDIUM": 0, "LOW": 1},
        "by_rule_type": {"record": 2, "aggregate": 1},
    }  # fmt: skip
    for query in ({}, {"scan_id": scan["id"]}):
        assert partner.ok(partner.http.get("/api/compliance/score", params=query)) == expected

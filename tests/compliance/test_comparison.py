"""Two scans side by side, on rows: every delta, every part, and the same sums however they are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models.functions import Now

from accounts.models import AccountGroup
from compliance.engine.score import WEIGHTS, by_rules, severity_weighted
from compliance.models import ComplianceScan, Policy, PolicyVersion, Violation, Waiver
from jobs import lifecycle
from tests.compliance import factories
from tests.compliance.desk import Desk

pytestmark = pytest.mark.django_db

BIG = factories.RULE
LATE = {**BIG, "rule_id": "LATE", "severity": "LOW"}
ODD = {**BIG, "rule_id": "ODD", "severity": "CRITICAL"}
Found = tuple[str, str, int, str]  # rule_id, account, findings, review status


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def policy(desk: Desk) -> Policy:
    return factories.policy(desk.group, [BIG, LATE, ODD])


def scan(
    group: AccountGroup, policy: Policy, found: Iterable[Found], *, records: int = 1000,
    ran: Iterable[str] = ("BIG", "LATE", "ODD"), method: str = "severity_weighted",
) -> ComplianceScan:  # fmt: skip
    """A completed scan with these violations, scored as a worker and reviewers would have left it."""
    made, lease = factories.running(group, on=policy, upload_of=factories.upload(group, row_count=records))
    severity = {rule["rule_id"]: rule["severity"] for rule in made.policy_version.rules}
    rows = list(found)
    for rule_id, account, findings, status in rows:
        decided = {} if status == "pending" else {"reviewed_by": "Ann", "reviewed_at": Now()}
        factories.violation(
            made, lease.attempt, account, rule_id=rule_id, severity=severity[rule_id], finding_count=findings,
            status=status, **decided,
        )  # fmt: skip
    still_open = [row for row in rows if row[3] != "false_positive"]
    weight = sum(WEIGHTS[severity[row[0]]] * row[2] for row in still_open)
    hit = {row[0] for row in still_open}
    score = severity_weighted(weight, records)
    if method == "rules":
        score = by_rules([(severity[name], name in hit) for name in ran if name in severity])
    with lifecycle.finish(lease) as (_, results):
        results.update(
            score=score, result_digest="d" * 64, violation_count=len(rows), open_weight=weight,
            rules_processed=made.rules_total, score_method=method,
            rule_results=[{"rule_id": name, "state": "completed"} for name in ran],
        )  # fmt: skip
    made.refresh_from_db()
    return made


def change_rule(policy: Policy, *rules: dict[str, Any]) -> None:
    number = policy.versions.count() + 1
    PolicyVersion.objects.create(policy=policy, number=number, rules=list(rules), content_hash="1" * 64, created_by="t")


def compared(desk: Desk, one: ComplianceScan, other: ComplianceScan, status: int = 200, **query: Any) -> Any:
    return desk.get(f"/api/scan/{one.pk}/compare/{other.pk}", status, **query)


def parts(answer: dict[str, Any]) -> dict[str, float]:
    """Those that are not 0, after checking that all sum to the change, also by rule, and that scores are the scans'."""
    exact = {part: Decimal(str(amount)) for part, amount in answer["score_parts"].items()}
    change = Decimal(str(answer["score_change"]))
    assert sum(exact.values()) == change
    assert change == Decimal(str(answer["after"]["score"])) - Decimal(str(answer["before"]["score"]))
    for side in ("before", "after"):
        known = ComplianceScan.objects.get(pk=answer[side]["scan_id"])
        assert Decimal(str(answer[side]["score"])) == known.score
    of_rules = sum(Decimal(str(rule["score_change"])) for rule in answer["by_rule"])
    volume = 0 if answer["score_method"] == "rules" else exact["volume"]
    assert of_rules + volume + exact["bounds"] == change
    return {part: float(amount) for part, amount in exact.items() if amount}


def test_every_cause_has_its_part_and_its_rule(desk: Desk, policy: Policy) -> None:
    before = scan(desk.group, policy, [
        ("BIG", "gone", 1, "pending"), ("BIG", "grows", 1, "pending"), ("BIG", "shrinks", 4, "disputed"),
        ("BIG", "closed", 2, "pending"), ("BIG", "opened", 1, "false_positive"), ("BIG", "same", 5, "pending"),
    ])  # fmt: skip
    after = scan(desk.group, policy, [
        ("LATE", "fresh", 2, "pending"), ("BIG", "grows", 3, "approved"), ("BIG", "shrinks", 1, "disputed"),
        ("BIG", "closed", 2, "false_positive"), ("BIG", "opened", 3, "pending"), ("BIG", "same", 5, "approved"),
    ])  # fmt: skip
    answer = compared(desk, before, after)
    counts = {delta: answer[f"{delta}_count"] for delta in ("new", "resolved", "unchanged")}
    assert counts == {"new": 1, "resolved": 1, "unchanged": 5}
    per_point = 100 / 4 / 1000
    assert parts(answer) == pytest.approx({
        "new": -2 * per_point, "resolved": 3 * per_point, "grown": -6 * per_point, "shrunk": 9 * per_point,
        "review": (6 - 9) * per_point, "bounds": answer["score_parts"]["bounds"],
    })  # fmt: skip
    by_rule = {rule["rule_id"]: (rule["new"], rule["resolved"], rule["unchanged"]) for rule in answer["by_rule"]}
    assert by_rule == {"BIG": (0, 1, 5), "LATE": (1, 0, 0), "ODD": (0, 0, 0)}
    assert compared(desk, after, before) == answer  # the earlier one comes first, whichever is named first


def test_a_changed_rule_takes_all_that_its_violations_moved(desk: Desk, policy: Policy) -> None:
    found = [("BIG", "A", 1, "pending"), ("LATE", "A", 1, "pending")]
    before = scan(desk.group, policy, found)
    change_rule(policy, {**BIG, "where": {**BIG["where"], "value": 50}}, {**LATE, "name": "Renamed"}, ODD)
    after = scan(desk.group, policy, [*found, ("BIG", "B", 4, "pending"), ("LATE", "B", 4, "pending")])
    answer = compared(desk, before, after)
    assert {rule["rule_id"] for rule in answer["by_rule"] if rule["rule_changed"]} == {"BIG"}
    assert parts(answer) == {"rule": -0.3, "new": -0.1}


def test_a_new_severity_a_rule_switched_off_and_one_added_are_changes_of_the_rule(desk: Desk) -> None:
    policy = factories.policy(desk.group, [BIG, LATE])
    before = scan(desk.group, policy, [("BIG", "A", 4, "pending"), ("LATE", "A", 4, "pending")], ran=["BIG", "LATE"])
    change_rule(policy, {**BIG, "severity": "MEDIUM"}, {**LATE, "is_active": False}, ODD)
    after = scan(desk.group, policy, [("BIG", "A", 4, "pending"), ("ODD", "A", 4, "pending")], ran=["BIG", "ODD"])
    assert parts(compared(desk, before, after)) == {"rule": -0.2}
    changed = {rule["rule_id"] for rule in compared(desk, before, after)["by_rule"] if rule["rule_changed"]}
    assert changed == {"BIG", "LATE", "ODD"}


def test_more_rows_with_the_same_violations_are_volume(desk: Desk, policy: Policy) -> None:
    found = [("BIG", "A", 40, "pending")]
    before, after = scan(desk.group, policy, found), scan(desk.group, policy, found, records=2000)
    assert parts(compared(desk, before, after)) == {"volume": 1.5}


def test_scans_without_records_and_scores_held_at_0_still_sum(desk: Desk, policy: Policy) -> None:
    empty, full = (
        scan(desk.group, policy, [], records=0),
        scan(desk.group, policy, [("ODD", "A", 30, "pending")], records=10),
    )
    assert parts(compared(desk, empty, full)) == {"new": -300, "bounds": 200}
    again = scan(desk.group, policy, [], records=0)
    assert parts(compared(desk, full, again)) == {"resolved": 300, "bounds": -200}
    assert parts(compared(desk, empty, again)) == {}


def test_the_rules_method_is_split_by_the_rules_that_turned(desk: Desk, policy: Policy) -> None:
    def one(found: list[Found], ran: Iterable[str] = ("BIG", "LATE", "ODD")) -> ComplianceScan:
        return scan(desk.group, policy, found, method="rules", ran=ran)

    clean, hit = one([]), one([("ODD", "A", 1, "pending"), ("LATE", "A", 1, "pending")])
    assert parts(compared(desk, clean, hit)) == {"new": -62.5}
    closed = one([("ODD", "A", 1, "false_positive"), ("BIG", "A", 1, "pending")])
    assert parts(compared(desk, hit, closed)) == {"review": 50, "resolved": 12.5, "new": -37.5}
    fewer = one([("BIG", "A", 1, "pending")], ran=["BIG", "LATE"])
    assert set(parts(compared(desk, closed, fewer))) == {"volume"}


def test_the_list_has_each_violation_once_on_whatever_pages(desk: Desk, policy: Policy) -> None:
    before = scan(desk.group, policy, [("BIG", f"A{n}", 1, "pending") for n in range(7)])
    after = scan(desk.group, policy, [("BIG", f"A{n}", 2, "pending") for n in range(3, 12)])
    expected = {
        "new": {f"A{n}" for n in range(7, 12)}, "resolved": {"A0", "A1", "A2"},
        "unchanged": {f"A{n}" for n in range(3, 7)},
    }  # fmt: skip
    for delta, accounts in {**expected, None: set().union(*expected.values())}.items():
        found = walk(desk, before, after, **({"delta": delta} if delta else {}))
        assert sorted(item["account"] for item in found) == sorted(accounts)
        for item in found:
            assert item["account"] in expected[item["delta"]]
            assert (item["before"] is None, item["after"] is None) == (
                item["delta"] == "new",
                item["delta"] == "resolved",
            )
            counts = [side and side["finding_count"] for side in (item["before"], item["after"])]
            assert counts == [None if item["delta"] == "new" else 1, None if item["delta"] == "resolved" else 2]


def walk(desk: Desk, one: ComplianceScan, other: ComplianceScan, **query: Any) -> list[dict[str, Any]]:
    found, query = [], {"limit": 2, **query}
    while True:
        page = compared(desk, one, other, **query)
        found += page["violations"]
        if not page["has_more"]:
            return found
        query["cursor"] = page["next_cursor"]


def test_a_scan_beside_itself_differs_in_nothing(desk: Desk, policy: Policy) -> None:
    same = scan(desk.group, policy, [("BIG", "A", 1, "pending")])
    answer = compared(desk, same, same)
    assert (parts(answer), answer["unchanged_count"], answer["violations"][0]["delta"]) == ({}, 1, "unchanged")


def test_what_cannot_be_compared_is_refused(desk: Desk, policy: Policy) -> None:
    one, other = scan(desk.group, policy, []), scan(desk.group, policy, [], method="rules")
    assert "different methods" in compared(desk, one, other, 409)["message"]
    assert "only completed" in compared(desk, one, factories.scan(desk.group), 409)["message"]
    stranger = factories.completed(factories.group())
    assert compared(desk, one, stranger, 404)["error"] == "NOT_FOUND"
    assert compared(desk, stranger, one, 404)["error"] == "NOT_FOUND"
    assert compared(desk, one, one, 400, delta="gone")["details"][0]["path"] == "delta"


def test_a_waived_violation_moves_the_review_part(desk: Desk, policy: Policy) -> None:
    found = [("BIG", "A", 40, "pending")]
    before, after = scan(desk.group, policy, found), scan(desk.group, policy, found)
    waive(after)
    assert parts(compared(desk, before, after)) == {"review": 3}


def waive(of: ComplianceScan) -> None:
    waiver = Waiver.objects.create(
        group=of.group, rule_id="BIG", account="A", reason="known", owner="Ann", created_by="tests",
        expires_at=of.created_at + timedelta(days=9),
    )  # fmt: skip
    Violation.objects.filter(scan=of).update(waiver=waiver)
    ComplianceScan.objects.filter(pk=of.pk).update(open_weight=0, score=100)

"""Why the score moved, through the whole system: one cause at a time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.ledgers import BIG, OFTEN, ledger, scanned
from tests.partner import Partner

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("worker")]


def moved(partner: Partner, before: dict[str, Any], after: dict[str, Any], **query: Any) -> dict[str, Any]:
    """The answer, with only those parts that are not 0."""
    answer = partner.ok(partner.http.get(f"/api/scan/{before['id']}/compare/{after['id']}", params=query))
    assert (answer["before"]["score"], answer["after"]["score"]) == (
        before["compliance_score"], after["compliance_score"],
    )  # fmt: skip
    return {**answer, "score_parts": {part: amount for part, amount in answer["score_parts"].items() if amount}}


def test_editing_only_a_rule_moves_the_score_by_the_rule_part_alone(partner: Partner) -> None:
    policy, content = partner.policy(BIG, OFTEN), ledger("A", "A", "B", harmless=17)
    before = scanned(partner, policy, content)
    lower = {"where": {"field": "amount", "operator": ">=", "value": 1}}
    partner.ok(partner.http.patch(f"/api/policies/{policy}/rules/BIG", json=lower))
    answer = moved(partner, before, scanned(partner, policy, content))
    assert answer["score_parts"] == {"rule": answer["score_change"]} == {"rule": -63.75}
    assert {rule["rule_id"]: rule["rule_changed"] for rule in answer["by_rule"]} == {"BIG": True, "OFTEN": False}
    assert (answer["new_count"], answer["resolved_count"], answer["unchanged_count"]) == (17, 0, 3)


def test_adding_only_harmless_rows_moves_the_score_by_volume_alone(partner: Partner) -> None:
    policy = partner.policy(BIG)
    before, after = (scanned(partner, policy, ledger("A", "B", harmless=harmless)) for harmless in (8, 38))
    answer = moved(partner, before, after)
    assert answer["score_parts"] == {"volume": answer["score_change"]} == {"volume": 11.25}
    assert (answer["new_count"], answer["resolved_count"], answer["unchanged_count"]) == (0, 0, 2)


def test_a_review_a_new_and_a_resolved_violation_each_have_their_part(partner: Partner) -> None:
    policy = partner.policy(BIG)
    before = scanned(partner, policy, ledger("A", "B", harmless=8))
    middle = scanned(partner, policy, ledger("A", "C", harmless=8))
    after = scanned(partner, policy, ledger("A", "D", harmless=8))
    (of_a,) = partner.violations(scan_id=after["id"], account="A")
    partner.ok(partner.http.patch(f"/api/violations/{of_a['id']}", json={"status": "false_positive"}))
    answer = moved(partner, before, partner.status(after["id"]))  # the scan between them does not matter
    assert answer["score_parts"] == {"new": -7.5, "resolved": 7.5, "review": 7.5}
    resolved = moved(partner, before, partner.status(after["id"]), delta="resolved")["violations"]
    assert [(item["account"], item["after"]) for item in resolved] == [("B", None)]
    assert middle["delta"]["resolved_count"] == 1

"""The packs from end to end: a CSV file in, a real worker, the documented answer out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from compliance.demo.ledger import write_ledger
from tests.contract.registers import GDPR, PERSON, SOC2, SYSTEM, register, table
from tests.partner import Partner

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("worker")]


def signatures(partner: Partner, scan: dict[str, Any], **query: str) -> set[tuple[str, str]]:
    found = partner.violations(scan_id=scan["id"], **query)
    return {(violation["rule_id"], violation["account"]) for violation in found}


def scanned(partner: Partner, policy: str, content: str) -> dict[str, Any]:
    """The finished scan of a file, mapped as its upload suggests."""
    upload = partner.upload(content)
    scale = {"temporal_scale": upload["temporal_scale"]}
    return partner.run(policy, upload, partner.confirm(upload, upload["suggested_mapping"], **scale))


def ledger(folder: Path, month: int) -> tuple[str, set[tuple[str, str]]]:
    """A PaySim-shaped file and the violations of the AML pack in it."""
    truth = write_ledger(folder / "ledger.csv", seed=5, month=month, records=2_500)
    return (folder / "ledger.csv").read_text(), set(truth.violations)


@pytest.mark.parametrize(
    ("pack", "complying", "cases", "besides"),
    [
        ("gdpr", PERSON, GDPR, {("GDPR-006", "GDPR-001")}),  # an overdue request is an open one, too
        ("soc2", SYSTEM, SOC2, set()),
    ],
)
def test_each_rule_of_a_pack_finds_the_one_account_that_differs_in_its_respect(
    partner: Partner, pack: str, complying: dict[str, str], cases: dict[str, Any], besides: set[tuple[str, str]]
) -> None:
    upload = partner.upload(register(complying, cases))
    scan = partner.run(partner.pack(pack), upload, partner.confirm(upload, {"account": "account"}))
    assert signatures(partner, scan) == {(rule_id, rule_id) for rule_id in cases} | besides
    assert (scan["rules_processed"], scan["record_count"]) == (len(cases), len(cases) + 1)
    assert {rule["state"] for rule in scan["rule_results"]} == {"completed"}


def test_the_aml_pack_finds_what_was_planted_and_next_month_what_changed(partner: Partner, tmp_path: Path) -> None:
    policy = partner.pack("aml")
    (january, expected), (february, expected_next) = ledger(tmp_path, 1), ledger(tmp_path, 2)
    before, after = scanned(partner, policy, january), scanned(partner, policy, february)
    assert signatures(partner, before) == expected
    assert signatures(partner, after, delta="new") == expected_next - expected
    assert signatures(partner, after, delta="unchanged") == expected & expected_next
    assert signatures(partner, after, delta="resolved") == expected - expected_next
    assert {rule_id for rule_id, _ in expected} == {rule["rule_id"] for rule in before["rule_results"]}


def test_the_same_file_twice_is_unchanged_and_a_shuffled_one_has_the_same_digest(
    partner: Partner, tmp_path: Path
) -> None:
    content, expected = ledger(tmp_path, 1)
    header, *records = content.splitlines()
    random.Random(7).shuffle(records)
    policy = partner.pack("aml")
    first, again, shuffled = (
        scanned(partner, policy, text) for text in (content, content, "\n".join([header, *records]))
    )
    assert first["delta"] is None
    for before, scan in ((first, again), (again, shuffled)):
        assert scan["delta"] == {
            "new_count": 0, "resolved_count": 0, "unchanged_count": len(expected), "previous_scan_id": before["id"],
            "previous_violation_count": len(expected),
        }  # fmt: skip
        assert scan["compliance_score"] == first["compliance_score"] < 100
        assert scan["result_digest"] == first["result_digest"]


# The documented example: 42,000 records, 15 rules, 87.5 %; 30 violations, then 23: 5 new, 12 resolved, 18 unchanged.
# Each violation is named (account, what is wrong with its records, how many of them).
STAYING = [
    *((f"unencrypted-{n}", {"encrypted": "false"}, 300) for n in range(10)),  # GDPR-003, CRITICAL
    *((f"plain-text-{n}", {"tls_enabled": "false"}, 300) for n in range(8)),  # GDPR-010, HIGH
]
LEAVING = [(f"pending-{n}", {"consent_status": "pending"}, 90) for n in range(12)]  # GDPR-002, CRITICAL
COMING = [(f"withdrawn-{n}", {"consent_status": "withdrawn"}, 90) for n in range(5)]  # GDPR-002, CRITICAL
# Open weight 10 x 300 x 4 + 8 x 300 x 3 + 5 x 90 x 4 = 21,000 of 4 x 42,000 possible: 12.5 % lost.
MAPPING = {"amount": "Transaction Amount", "account": "Account ID", "timestamp": "Date"}
DELTA = {"new_count": 5, "resolved_count": 12, "unchanged_count": 18, "previous_violation_count": 30}


def payments(violating: Sequence[tuple[str, dict[str, str], int]]) -> str:
    """42,000 records: those of the violating accounts, then of accounts that comply."""
    complying = {"encrypted": "true", "tls_enabled": "true", "consent_status": "granted"}
    wrong = [(account, complying | differing) for account, differing, count in violating for _ in range(count)]
    right = [(f"fine-{n % 5_000}", complying) for n in range(42_000 - len(wrong))]
    return table(
        {"Account ID": account, "Transaction Amount": "19.99", "Date": "2024-01-15", **values}
        for account, values in wrong + right
    )


def test_the_documented_example_comes_out_to_the_letter(partner: Partner) -> None:
    policy = partner.pack("gdpr")
    scans = []
    for violating in (STAYING + LEAVING, STAYING + COMING):
        upload = partner.upload(payments(violating))
        mapping = partner.confirm(upload, MAPPING, temporal_scale="daily")
        scans.append(partner.run(policy, upload, mapping, audit_name="Q1 2024 Compliance Audit"))
    before, after = scans
    assert (before["violation_count"], before["delta"]) == (30, None)
    assert after["delta"] == {**DELTA, "previous_scan_id": before["id"]}
    documented = {
        "id": after["id"], "status": "completed", "violation_count": 23, "compliance_score": 87.5,
        "rules_processed": 15, "rules_total": 15, "created_at": after["created_at"],
        "completed_at": after["completed_at"], "audit_name": "Q1 2024 Compliance Audit", "record_count": 42_000,
        "policy_id": policy, "upload_id": upload["upload_id"], "mapping_id": mapping, "audit_id": None,
        "mapping_config": MAPPING, "temporal_scale": "daily",
        "score_history": [
            {"score": 87.5, "timestamp": after["completed_at"], "action": "scan_completed", "violation_id": None}
        ],
        "delta": after["delta"],
    }  # fmt: skip
    assert list(after.items())[: len(documented)] == list(documented.items())
    for delta, expected in (("new", COMING), ("unchanged", STAYING), ("resolved", LEAVING)):
        accounts = {account for _, account in signatures(partner, after, delta=delta)}
        assert accounts == {account for account, _, _ in expected}

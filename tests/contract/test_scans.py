"""Scans run by a real worker: starting, repeating, comparing, deleting."""

from __future__ import annotations

import random
import secrets
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from compliance.models import ComplianceScan
from tests.compliance import factories
from tests.contract.ledgers import BIG, CONFIG, OFTEN, ledger, scanned, start, startable
from tests.contract.standing import files_of, standing
from tests.partner import Partner

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("worker")]


def test_a_start_that_waits_answers_with_the_final_status(partner: Partner) -> None:
    answer = start(partner, startable(partner, ledger("A")), Prefer="wait=20")
    assert (answer.status_code, answer.json()["status"]) == (200, "completed")
    assert answer.headers["Preference-Applied"] == "wait=20"
    assert set(answer.json()) == {"scan_id", "status"}


def test_a_start_without_a_preference_waits_a_little(partner: Partner) -> None:
    answer = start(partner, startable(partner, ledger("A")))
    assert (answer.status_code, answer.json()["status"]) == (200, "completed")
    assert "Preference-Applied" not in answer.headers


def test_a_start_that_will_not_wait_says_where_to_look(partner: Partner) -> None:
    answer = start(partner, startable(partner, ledger("A")), Prefer="respond-async")
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, "respond-async")
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.headers["Location"] == f"/api/scan/{answer.json()['scan_id']}"
    assert partner.finished(answer.json()["scan_id"])["status"] == "completed"


def test_eight_equal_starts_at_once_make_one_scan(partner: Partner) -> None:
    body = startable(partner, ledger("A"))

    def one(_: int) -> httpx.Response:
        headers = {**partner.http.headers, "Idempotency-Key": "once", "Prefer": "respond-async"}
        return httpx.post(f"{partner.http.base_url}/api/scan/run", json=body, headers=headers, timeout=300)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(one, range(8)))
    assert {answer.status_code for answer in answers} <= {200, 202}
    (scan_id,) = {answer.json()["scan_id"] for answer in answers}
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert standing(partner.group)["ComplianceScan"] == 1
    assert partner.finished(scan_id)["status"] == "completed"


def test_a_repeated_start_gives_the_same_scan_and_200_once_it_is_over(partner: Partner) -> None:
    body = startable(partner, ledger("A"))
    first = start(partner, body, Prefer="wait=25", **{"Idempotency-Key": "k"})
    again = start(partner, body, Prefer="respond-async", **{"Idempotency-Key": '"k"'})
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    other = start(partner, {**body, "audit_name": "Another"}, **{"Idempotency-Key": "k"})
    assert (other.status_code, other.json()["error"]) == (409, "IDEMPOTENCY_CONFLICT")
    assert standing(partner.group)["ComplianceScan"] == 1


def test_a_refused_start_does_not_use_the_key_up(partner: Partner) -> None:
    body = startable(partner, ledger("A"))
    wrong = {**body, "mapping_id": partner.confirm(partner.upload(ledger("B")), CONFIG)}
    assert start(partner, wrong, **{"Idempotency-Key": "k"}).status_code == 400
    assert start(partner, body, Prefer="respond-async", **{"Idempotency-Key": "k"}).is_success


def test_the_sums_of_counts_and_delta_hold_over_a_row_of_scans(partner: Partner) -> None:
    policy, chance, previous = partner.policy(BIG, OFTEN), random.Random(3), None
    for _ in range(4):
        scan = scanned(partner, policy, ledger(*chance.choices("ABCDEFGH", k=6)))
        summary = scan["review_summary"]
        assert summary["total"] == scan["violation_count"] == sum(summary["by_severity"].values()) == summary["pending"]
        assert sum(rule["violations"] for rule in scan["rule_results"]) == scan["violation_count"]
        assert len(partner.violations(scan_id=scan["id"])) == scan["violation_count"]
        for rule in scan["rule_results"]:
            assert rule["evaluated"] + rule["not_evaluated"] == scan["record_count"]
        if previous:
            delta = scan["delta"]
            assert delta["previous_scan_id"] == previous["id"]
            assert delta["previous_violation_count"] == previous["violation_count"]
            assert delta["new_count"] + delta["unchanged_count"] == scan["violation_count"]
            assert delta["resolved_count"] + delta["unchanged_count"] == previous["violation_count"]
        previous = scan


def found_files(partner: Partner) -> set[str]:
    return {path.name for path in files_of(partner.group) if "findings" in path.parts}


def test_a_deleted_scan_is_gone_and_the_next_delta_still_names_it(partner: Partner) -> None:
    policy = partner.policy(BIG)
    first = scanned(partner, policy, ledger("A", "B"))
    assert found_files(partner) == {"1.parquet", "1.evidence.parquet"}
    assert partner.ok(partner.http.delete(f"/api/scan/{first['id']}")) == {"success": True}
    for again in (partner.http.get(f"/api/scan/{first['id']}"), partner.http.delete(f"/api/scan/{first['id']}")):
        assert (again.status_code, again.json()) == (404, {"error": "NOT_FOUND", "message": "Scan not found"})
    assert found_files(partner) == {"1.evidence.parquet"}  # hashes, which carry-over still compares
    assert partner.ok(partner.http.get("/api/scan"))["scans"] == []
    second = scanned(partner, policy, ledger("B", "C"))
    assert second["delta"] == {
        "new_count": 1, "resolved_count": 1, "unchanged_count": 1, "previous_scan_id": first["id"],
        "previous_violation_count": 2,
    }  # fmt: skip
    kept = ComplianceScan.objects.get(pk=first["id"])
    assert (kept.violation_count, kept.score_events.count()) == (2, 1)


def test_hostile_names_and_values_are_only_names_and_values(partner: Partner) -> None:
    column, value = 'x"; DROP TABLE "records"; --', "'; DELETE FROM compliance_violation; --"
    header = 'Account,Amount,Date,"' + column.replace('"', '""') + '"'
    content = f'{header}\nA,1,2024-01-01,"{value}"\nB,1,2024-01-01,plain\n'
    rules = [
        {**BIG, "rule_id": "RAW", "where": {"field": column, "operator": "==", "value": value}},
        {**BIG, "rule_id": "MAPPED", "where": {"field": "it's", "operator": "contains", "value": "DELETE FROM"}},
        {**BIG, "rule_id": "EXPR", "where": {"expr": '"it\'s" - amount', "operator": ">", "value": 1}},
    ]
    upload = partner.upload(content)
    assert upload["headers"][-1] == column
    mapping = partner.confirm(upload, {**CONFIG, "it's": column})
    scan = partner.run(partner.policy(*rules), upload, mapping)
    assert (scan["status"], scan["violation_count"]) == ("completed", 2)
    found = partner.violations(scan_id=scan["id"])
    assert {(violation["rule_id"], violation["account"]) for violation in found} == {("RAW", "A"), ("MAPPED", "A")}
    states = {rule["rule_id"]: rule["state"] for rule in scan["rule_results"]}
    assert states == {"RAW": "completed", "MAPPED": "completed", "EXPR": "not_applicable"}


def test_an_account_longer_than_an_index_entry_is_an_account(partner: Partner) -> None:
    account = secrets.token_hex(3_000)
    upload = partner.upload(f"account,amount\n{account},500\nB,500\n")
    policy, mapping = (
        partner.policy(factories.RULE),
        partner.confirm(upload, {"account": "account", "amount": "amount"}),
    )
    first, second = partner.run(policy, upload, mapping), partner.run(policy, upload, mapping)
    assert (first["status"], first["violation_count"]) == ("completed", 2)
    assert (second["delta"]["unchanged_count"], second["delta"]["resolved_count"]) == (2, 0)
    assert partner.violations(scan_id=second["id"], delta="resolved") == []

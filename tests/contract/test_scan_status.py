"""GET /api/scan/{id} as the documented page says, field by field, in every state."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from compliance.demo.ledger import write_ledger
from tests.jobs.gates import Gate, at_each_rule
from tests.partner import Partner

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("worker")]

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BIG = {
    "rule_id": "BIG", "name": "Big amount", "kind": "record", "severity": "HIGH",
    "where": {"field": "amount", "operator": ">=", "value": 100},
}  # fmt: skip
FREQUENT = {
    "rule_id": "FREQUENT", "name": "Many records", "kind": "aggregate", "severity": "LOW", "function": "count",
    "operator": ">=", "threshold": 2,
}  # fmt: skip
FIRST = "Account ID,Transaction Amount,Date\nA,100,2024-01-01\nA,50,2024-01-02\nB,200,2024-01-01\nC,10,2024-01-03\n"
SECOND = "Account ID,Transaction Amount,Date\nA,100,2024-02-01\nA,50,2024-02-02\nB,20,2024-02-01\nD,100,2024-02-03\n"
CONFIG = {"amount": "Transaction Amount", "account": "Account ID", "timestamp": "Date"}

# The documented fields: the JSON types of each, while running and when completed.
NUMBER, TEXT, NULL, OBJECT, LIST = (int, float), str, type(None), dict, list
FIELDS: list[tuple[str, Any, Any]] = [
    ("id", TEXT, TEXT),
    ("status", TEXT, TEXT),
    ("violation_count", int, int),
    ("compliance_score", NUMBER, NUMBER),
    ("rules_processed", int, int),
    ("rules_total", int, int),
    ("created_at", TEXT, TEXT),
    ("completed_at", NULL, TEXT),
    ("audit_name", TEXT, TEXT),
    ("record_count", int, int),
    ("policy_id", TEXT, TEXT),
    ("upload_id", TEXT, TEXT),
    ("mapping_id", TEXT, TEXT),
    ("audit_id", NULL, NULL),
    ("mapping_config", OBJECT, OBJECT),
    ("temporal_scale", TEXT, TEXT),
    ("score_history", LIST, LIST),
    ("delta", NULL, OBJECT),
]


@pytest.fixture(scope="module")
def seen() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def followed(partner: Partner, tmp_path: Path, seen: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every status a partner can see of a scan, from its start to its end; of one scan for all tests here."""
    if not seen:
        with at_each_rule() as gate:
            seen.extend(statuses(partner, tmp_path, gate))
    return seen


def statuses(partner: Partner, tmp_path: Path, gate: Gate) -> Iterator[dict[str, Any]]:
    """The worker goes on to the next rule only when the status has been looked at."""
    path = tmp_path / "ledger.csv"
    write_ledger(path, seed=3, month=1, records=2_000)
    upload = partner.upload(path.read_bytes())
    mapping = partner.confirm(upload, upload["suggested_mapping"])
    body = {"policy_id": partner.pack(), "upload_id": upload["upload_id"], "mapping_id": mapping, "audit_name": "Q1"}
    started = partner.ok(partner.http.post("/api/scan/run", json=body, headers={"Prefer": "respond-async"}))
    status: dict[str, Any] = {"status": "pending"}
    while status["status"] in ("pending", "running"):
        standing = gate.look()
        yield (status := partner.status(started["scan_id"]))
        for place in standing:
            gate.let_through(place)
        time.sleep(0.01)


def test_a_poller_sees_the_rules_go_by(followed: list[dict[str, Any]]) -> None:
    between = {s["rules_processed"] for s in followed if 0 < s["rules_processed"] < s["rules_total"]}
    assert len(between) >= 3, f"only {sorted(between)}"
    processed = [status["rules_processed"] for status in followed]
    assert processed == sorted(processed)
    progress = [status["progress"] for status in followed]
    assert progress == sorted(progress)
    assert (followed[-1]["rules_processed"], followed[-1]["progress"]) == (followed[-1]["rules_total"], 1)


def test_while_it_is_in_progress_every_field_stands_as_documented(followed: list[dict[str, Any]]) -> None:
    in_progress = [status for status in followed if status["status"] in ("pending", "running")]
    assert in_progress
    for status in in_progress:
        for name, kind, _ in FIELDS:
            assert isinstance(status[name], kind), f"{name}: {status[name]!r}"
            assert not isinstance(status[name], bool)
        zeros = {name: status[name] for name in ("violation_count", "compliance_score", "score_history", "delta")}
        assert zeros == {"violation_count": 0, "compliance_score": 0, "score_history": [], "delta": None}
        assert status["error"] is None


def test_the_fields_come_in_the_documented_order(followed: list[dict[str, Any]]) -> None:
    assert list(followed[-1])[: len(FIELDS)] == [name for name, _, _ in FIELDS]


@pytest.mark.smoke
def test_a_completed_scan_has_every_documented_field(partner: Partner) -> None:
    policy = partner.policy(BIG, FREQUENT)
    first, second = [
        partner.run(policy, upload, partner.confirm(upload, CONFIG, temporal_scale="daily"), audit_name="Q1 2024")
        for upload in (partner.upload(FIRST), partner.upload(SECOND))
    ]
    for name, _, kind in FIELDS:
        assert isinstance(second[name], kind), f"{name}: {second[name]!r}"
    assert second["status"] == "completed"
    for name in ("created_at", "completed_at"):
        assert ISO.fullmatch(second[name])
    for name in ("id", "policy_id", "upload_id", "mapping_id"):
        assert UUID.fullmatch(second[name])
    assert (second["audit_name"], second["temporal_scale"]) == ("Q1 2024", "daily")
    assert (second["mapping_config"], second["record_count"]) == (CONFIG, 4)
    assert second["rules_processed"] == second["rules_total"] == 2
    # BIG on A and D (3 each), FREQUENT on A (1): W = 7, N = 4.
    assert (second["violation_count"], second["compliance_score"]) == (3, 56.25)
    assert second["score_history"] == [
        {"score": 56.25, "timestamp": second["completed_at"], "action": "scan_completed", "violation_id": None}
    ]
    assert second["delta"] == {
        "new_count": 1, "resolved_count": 1, "unchanged_count": 2, "previous_scan_id": first["id"],
        "previous_violation_count": 3,
    }  # fmt: skip
    assert first["delta"] is None


def test_an_unknown_scan_has_the_documented_body(partner: Partner) -> None:
    for unknown in (uuid.uuid4(), "abc12345-def6-7890-ghij-klmnopqrstuv", "nonsense"):
        answer = partner.http.get(f"/api/scan/{unknown}")
        assert (answer.status_code, answer.json()) == (404, {"error": "NOT_FOUND", "message": "Scan not found"})


def test_the_pages_own_script_works_without_headers_and_with_one_poll(partner: Partner) -> None:
    """fetch() with a JSON text as body sends text/plain; the answer is looked at once, right after the start."""
    upload = partner.upload(FIRST)
    ids = {
        "policy_id": partner.policy(BIG),
        "upload_id": upload["upload_id"],
        "mapping_id": partner.confirm(upload, CONFIG),
    }
    for headers in ({"Content-Type": "text/plain;charset=UTF-8"}, {}):
        request = partner.http.build_request("POST", "/api/scan/run", content=json.dumps(ids), headers=headers)
        if not headers:
            request.headers.pop("Content-Type", None)
        started = partner.http.send(request)
        assert started.status_code == 200, started.text
        status = partner.http.get(f"/api/scan/{started.json()['scan_id']}").json()
        assert (status["status"], status["violation_count"]) == ("completed", 2)


def test_a_scan_in_which_nothing_can_be_evaluated_fails_and_says_why(partner: Partner) -> None:
    upload = partner.upload("Account ID,Transaction Amount,When\nA,many,x\nB,few,y\n")
    config = {"account": "Account ID", "amount": "Transaction Amount"}
    answer = partner.http.post(
        "/api/scan/run",
        json={
            "policy_id": partner.policy(BIG),
            "upload_id": upload["upload_id"],
            "mapping_id": partner.confirm(upload, config),
        },
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "MAPPING_INCOMPLETE")

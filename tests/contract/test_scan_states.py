"""Scans that wait, run and are stopped: with no worker unless a test starts one, so that each state lasts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test import Client

from accounts.actions import issue_key
from compliance import staging
from compliance.actions.history import append_event
from compliance.api import scans
from compliance.models import ComplianceScan
from jobs import kinds, lifecycle, wires
from jobs.lifecycle import Lease
from tests.compliance import factories
from tests.contract.ledgers import BIG, ledger, start, startable
from tests.partner import Partner
from tests.until import until

pytestmark = pytest.mark.system
HERE = "worker of a test"


def pending(partner: Partner, content: str = ledger("A"), policy: str | None = None) -> str:
    body = startable(partner, content, policy)
    return str(partner.ok(start(partner, body, Prefer="respond-async"))["scan_id"])


def claim(scan_id: str) -> Lease:
    lease = lifecycle.claim(kinds.get("compliance_scan"), scan_id, worker=HERE)
    assert lease is not None
    return lease


@pytest.fixture
def limited(partner: Partner) -> Partner:
    """A partner with ten requests a minute."""
    _, text = issue_key(
        groups=[partner.group], permissions=factories.ALL, name="limited", actor=factories.ACTOR, rate_limit=10
    )
    partner.http.headers["Authorization"] = f"Bearer {text}"
    return partner


def left(answer: Any) -> int:
    """Tokens left of the key's ordinary bucket."""
    return int(answer.headers["RateLimit"].split(";r=")[1].split(";")[0])


def test_a_waiting_start_answers_202_when_its_time_is_up(partner: Partner) -> None:
    answer = start(partner, startable(partner, ledger("A")), Prefer="wait=1")
    assert (answer.status_code, answer.json()["status"], answer.headers["Preference-Applied"]) == (
        202,
        "pending",
        "wait=1",
    )


def test_both_preferences_together_wait_and_then_leave_it(partner: Partner) -> None:
    answer = start(partner, startable(partner, ledger("A")), Prefer="respond-async, wait=1")
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, "wait=1")


def test_a_replay_of_a_start_that_is_not_over_is_202(partner: Partner) -> None:
    body = startable(partner, ledger("A"))
    first, again = (start(partner, body, Prefer="respond-async", **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert (again.json()["scan_id"], again.headers["Idempotent-Replayed"]) == (first.json()["scan_id"], "true")
    assert again.headers["Location"] == f"/api/scan/{first.json()['scan_id']}"


def test_an_unchanged_status_is_304_and_costs_no_token(limited: Partner) -> None:
    path = f"/api/scan/{factories.scan(limited.group).pk}"
    first = limited.http.get(path)
    assert left(first) == 9
    for tag in (first.headers["ETag"], f'"other", {first.headers["ETag"]}', "*"):
        again = limited.http.get(path, headers={"If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
        assert left(again) >= 9  # every six seconds one comes back
    assert limited.http.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_start_takes_a_token_of_its_own_bucket_and_429_says_when_to_come_again(limited: Partner) -> None:
    answer = limited.http.post("/api/scan/run", json={})
    assert '"starts"' in answer.headers["RateLimit"]
    answers = (limited.http.get("/api/scan") for _ in range(1000))  # while they take their time, tokens come back
    refused = next(answer for answer in answers if not answer.is_success)
    assert (refused.status_code, refused.json()["error"]) == (429, "RATE_LIMITED")
    assert 1 <= int(refused.headers["Retry-After"]) <= 6


def test_the_etag_moves_when_a_public_field_does_and_not_for_a_lease(partner: Partner) -> None:
    scan, lease = factories.running(partner.group)
    path = f"/api/scan/{scan.pk}"
    tag = partner.http.get(path).headers["ETag"]
    lifecycle.heartbeat(lease)
    assert partner.http.get(path, headers={"If-None-Match": tag}).status_code == 304
    lifecycle.report(lease, rules_processed=1, progress=0.5)
    moved = partner.http.get(path, headers={"If-None-Match": tag})
    assert (moved.status_code, moved.json()["rules_processed"], moved.json()["progress"]) == (200, 1, 0.5)


def test_a_waiting_reader_is_woken_by_the_first_change(partner: Partner) -> None:
    scan, lease = factories.running(partner.group)
    path = f"/api/scan/{scan.pk}"
    tag = partner.http.get(path).headers["ETag"]
    with once_awaited(scan, lambda: lifecycle.report(lease, progress=0.25)) as moved:
        answer = partner.http.get(path, headers={"If-None-Match": tag, "Prefer": "wait=25"})
    assert time.monotonic() - moved[0] < 20, "its time ran out"
    assert (answer.status_code, answer.json()["progress"]) == (200, 0.25)
    assert answer.headers["Preference-Applied"] == "wait=25"


def test_a_reader_who_waits_in_vain_gets_304(partner: Partner) -> None:
    path = f"/api/scan/{factories.scan(partner.group).pk}"
    tag = partner.http.get(path).headers["ETag"]
    answer = partner.http.get(path, headers={"If-None-Match": tag, "Prefer": "wait=1"})
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (304, "wait=1")


def test_a_reader_without_a_tag_waits_for_another_status_only(partner: Partner) -> None:
    scan, lease = factories.running(partner.group)

    def report_and_cancel() -> None:
        lifecycle.report(lease, progress=0.25)
        time.sleep(0.5)  # for a reader who would be content with that
        cancel(partner, str(scan.pk))

    with once_awaited(scan, report_and_cancel) as moved:
        answer = partner.http.get(f"/api/scan/{scan.pk}", headers={"Prefer": "wait=25"})
    assert time.monotonic() - moved[0] < 20, "its time ran out"
    assert answer.json()["status"] == "cancelled"


def cancel(partner: Partner, scan_id: str) -> httpx.Response:
    """On a connection of its own: the partner's waits."""
    headers = {"Authorization": partner.http.headers["Authorization"]}
    return httpx.post(f"{partner.http.base_url}/api/scan/{scan_id}/cancel", headers=headers, timeout=300)


def test_a_pending_and_a_running_scan_can_be_cancelled_once(partner: Partner) -> None:
    for scan_id, lease in ((pending(partner), None), (running := pending(partner), claim(running))):
        answer = partner.http.post(f"/api/scan/{scan_id}/cancel")
        assert (answer.status_code, answer.json()) == (200, {"scan_id": scan_id, "status": "cancelled"})
        again = partner.http.post(f"/api/scan/{scan_id}/cancel")
        assert (again.status_code, again.json()["error"]) == (422, "UNPROCESSABLE")
        seen = partner.status(scan_id)
        assert (seen["status"], seen["violation_count"], seen["compliance_score"]) == ("cancelled", 0, 0)
        assert (seen["delta"], seen["score_history"], seen["completed_at"] is None) == (None, [], False)
        if lease:
            assert lifecycle.heartbeat(lease) is False


def test_what_is_over_cannot_be_cancelled(partner: Partner) -> None:
    for scan in (factories.completed(partner.group), factories.failed(partner.group)):
        answer = partner.http.post(f"/api/scan/{scan.pk}/cancel", json={"ignored": "as this route defines no body"})
        assert (answer.status_code, answer.json()["error"]) == (422, "UNPROCESSABLE")


def test_a_live_scan_keeps_itself_and_its_upload(partner: Partner) -> None:
    scan_id = pending(partner)
    for _ in range(2):
        upload = partner.status(scan_id)["upload_id"]
        for path in (f"/api/scan/{scan_id}", f"/api/data/{upload}"):
            answer = partner.http.delete(path)
            assert (answer.status_code, answer.json()["error"]) == (409, "CONFLICT")
        if partner.status(scan_id)["status"] == "pending":
            claim(scan_id)
    assert partner.http.post(f"/api/scan/{scan_id}/cancel").is_success
    assert partner.http.delete(f"/api/data/{upload}").is_success
    assert partner.http.delete(f"/api/scan/{scan_id}").is_success


def test_a_failed_scan_says_why_and_has_the_zeros(partner: Partner) -> None:
    seen = partner.status(str(factories.failed(partner.group).pk))
    assert (seen["status"], seen["error"]) == (
        "failed",
        {"code": "NO_RULE_APPLICABLE", "message": "Nothing could run."},
    )
    zeros = {name: seen[name] for name in ("violation_count", "compliance_score", "score_history", "delta")}
    assert zeros == {"violation_count": 0, "compliance_score": 0, "score_history": [], "delta": None}
    assert seen["completed_at"] is not None


def test_the_list_knows_every_status_and_filters_by_it(partner: Partner) -> None:
    group, policy = partner.group, factories.policy(partner.group)
    made = {
        "pending": factories.scan(group, on=policy), "running": factories.running(group)[0],
        "completed": factories.completed(group), "failed": factories.failed(group),
    }  # fmt: skip
    made["cancelled"] = factories.scan(group)
    lifecycle.cancel(kinds.get("compliance_scan"), str(made["cancelled"].pk), actor="tests")
    listed = partner.ok(partner.http.get("/api/scan"))["scans"]
    assert [(item["id"], item["status"]) for item in listed] == [
        (str(scan.pk), word) for word, scan in reversed(made.items())
    ]
    for word, scan in made.items():
        (item,) = partner.ok(partner.http.get("/api/scan", params={"status": word}))["scans"]
        assert item["id"] == str(scan.pk)
    (item,) = partner.ok(partner.http.get("/api/scan", params={"policy_id": str(policy.pk)}))["scans"]
    assert item["id"] == str(made["pending"].pk)


def test_history_holds_completed_scans_and_filters_them(partner: Partner) -> None:
    group = partner.group
    factories.failed(group)
    first, second = factories.completed(group), factories.completed(group)
    assert ids(partner, "/api/scan/history") == [str(second.pk), str(first.pk)]
    assert ids(partner, "/api/scan/history", policy_id=str(first.policy_id)) == [str(first.pk)]
    assert ids(partner, "/api/scan/history", since=second.created_at.isoformat()) == [str(second.pk)]


def ids(partner: Partner, path: str, **query: str) -> list[str]:
    return [item["id"] for item in partner.ok(partner.http.get(path, params=query))["scans"]]


def test_the_previous_scan_is_the_one_created_before_whatever_finishes_when(
    partner: Partner, start_worker: Callable[..., Any]
) -> None:
    """Created: first, slow, quick. Finished: first, quick, slow. Each is compared with what was finished by then."""
    policy = partner.policy(BIG)
    first, slow = pending(partner, ledger("A", "B"), policy), pending(partner, ledger("B", "C", "D"), policy)
    claim(slow)
    quick = pending(partner, ledger("A", "B", "C", "D"), policy)
    start_worker()
    assert deltas(partner.finished(quick)) == (first, 2, 0, 2)
    lifecycle.hand_back(HERE)
    assert deltas(partner.finished(slow)) == (first, 2, 1, 1)
    assert deltas(partner.status(quick)) == (first, 2, 0, 2)
    last = pending(partner, ledger("D"), policy)
    assert deltas(partner.finished(last)) == (quick, 0, 3, 1)
    since = {violation["account"]: violation["first_seen_scan_id"] for violation in partner.violations(scan_id=slow)}
    assert since == {"B": first, "C": slow, "D": slow}


def deltas(scan: dict[str, Any]) -> tuple[Any, ...]:
    names = ("previous_scan_id", "new_count", "resolved_count", "unchanged_count")
    return tuple(scan["delta"][name] for name in names)


@contextmanager
def once_awaited(scan: ComplianceScan, act: Callable[[], Any]) -> Iterator[list[float]]:
    """While inside, `act` is done, in another thread, once a request waits for `scan`; afterwards, when that was."""
    acted: list[float] = []

    def run() -> None:
        try:
            until(lambda: wires.client().pubsub_numsub(wires.channel(str(scan.pk)))[0][1], "somebody who waits")
            act()
            acted.append(time.monotonic())
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as aside:
        doing = aside.submit(run)
        yield acted
        doing.result()


def test_there_is_no_score_before_a_scan_is_completed(partner: Partner) -> None:
    scan, _ = factories.running(partner.group)
    for query in ({}, {"scan_id": str(scan.pk)}):
        answer = partner.http.get("/api/compliance/score", params=query)
        assert (answer.status_code, answer.json()["message"]) == (404, "Scan not found")


def test_what_a_running_scan_has_staged_is_seen_by_nobody(partner: Partner) -> None:
    scan, lease = factories.running(partner.group)
    staged = factories.violation(scan, lease.attempt)
    assert partner.violations() == partner.violations(scan_id=str(scan.pk)) == []
    for answer in (
        partner.http.get(f"/api/violations/{staged.pk}"),
        partner.http.patch(f"/api/violations/{staged.pk}", json={"status": "approved"}),
    ):
        assert (answer.status_code, answer.json()["error"]) == (404, "NOT_FOUND")


def test_what_a_policy_says_later_does_not_change_a_scan_already_asked_for(partner: Partner) -> None:
    upload = partner.upload("account,amount\nA,100\n")
    mapping = partner.confirm(upload, {"account": "account", "amount": "amount"})
    policy = partner.policy(factories.RULE)
    body = {"policy_id": policy, "upload_id": upload["upload_id"], "mapping_id": mapping}
    asked = []
    for settings in ({"compat": True, "time_zone": "Europe/Vienna"}, {"compat": False, "time_zone": "UTC"}):
        partner.ok(partner.http.patch(f"/api/policies/{policy}", json=settings))
        started = partner.ok(partner.http.post("/api/scan/run", json=body, headers={"Prefer": "respond-async"}))
        asked.append(started["scan_id"])
    kept = [ComplianceScan.objects.get(pk=scan) for scan in asked]
    assert [(scan.compat, scan.time_zone) for scan in kept] == [(True, "Europe/Vienna"), (False, "UTC")]


def test_a_scan_that_completes_while_its_status_is_read_is_not_shown_half(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, lease = factories.running(partner.group)
    find = scans.find_scan

    def find_then_complete(request: Any, scan_id: Any) -> ComplianceScan:
        seen = find(request, scan_id)
        with lifecycle.finish(lease) as (_, results):
            results.update(score=Decimal(99), result_digest="1" * 64, rules_processed=job.rules_total)
            job.result_digest = "1" * 64
            append_event(scan=job, action="scan_completed", score=Decimal(99), actor="w", at=staging.now())
        return seen

    monkeypatch.setattr(scans, "find_scan", find_then_complete)
    answer = Client(headers={"Authorization": partner.http.headers["Authorization"]}).get(f"/api/scan/{job.pk}").json()
    assert (answer["status"], answer["score_history"], answer["completed_at"]) == ("running", [], None)

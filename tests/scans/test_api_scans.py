"""Starting, listing, following and cancelling signal scans."""

from __future__ import annotations

import re
from typing import Any

import pytest

from accounts.models import AuditEntry
from jobs import kinds, lifecycle
from prospecting.models import ProspectingJob
from scans import remote
from scans.models import SignalScan
from tests.scans import factories
from tests.scans.asking import Asking, data, fault
from web.errors import UpstreamError

pytestmark = pytest.mark.django_db
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
ZEROS = {
    "evaluated": 0, "failed": 0, "found": 0, "kept": 0, "duplicate": 0, "belowScore": 0, "stale": 0, "excluded": 0,
}  # fmt: skip


@pytest.fixture
def asking() -> Asking:
    return Asking(factories.group())


def startable(asking: Asking, people: int = 2) -> dict[str, Any]:
    prospects = [factories.prospect(asking.group) for _ in range(people)]
    return {
        "signalSpecificationId": factories.specification(asking.group).pk,
        "audienceId": factories.audience(asking.group, *prospects).pk,
    }


def test_a_start_is_202_and_says_where_to_look(asking: Asking) -> None:
    body = startable(asking)
    answer = asking.post("/signals/scans", body)
    started = data(answer, 202)
    assert (set(started), started["status"]) == ({"scanId", "status", "createdAt"}, "queued")
    assert re.fullmatch(TIME, started["createdAt"])
    assert answer["Location"] == f"/v1/accounts/{asking.group.pk}/signals/scans/{started['scanId']}"
    seen = data(asking.client.get(answer["Location"]))
    assert seen["createdAt"] == started["createdAt"]


def test_a_queued_scan_shows_everything_the_page_names(asking: Asking) -> None:
    body = startable(asking, people=3)
    scan_id = data(asking.post("/signals/scans", body), 202)["scanId"]
    seen = data(asking.get(f"/signals/scans/{scan_id}"))
    assert re.fullmatch(TIME, seen.pop("createdAt"))
    assert re.fullmatch(TIME, seen.pop("updatedAt"))
    assert seen == {
        "scanId": scan_id, "type": "prospecting", "status": "queued", "error": None, "progress": 0.0,
        "counts": {"prospects": 3, "remaining": 3, **ZEROS}, **body, "startedAt": None, "completedAt": None,
        "findingsDeletedAt": None,
    }  # fmt: skip


def test_a_failed_scan_says_why(asking: Asking) -> None:
    scan = factories.scan(asking.group)
    lifecycle.fail(factories.claimed(scan), code="TIMED_OUT", message="Too slow.")
    seen = data(asking.get(f"/signals/scans/{scan.pk}"))
    assert (seen["status"], seen["error"]) == ("failed", {"code": "TIMED_OUT", "message": "Too slow."})


def test_the_same_status_again_is_304(asking: Asking) -> None:
    path = f"/signals/scans/{factories.scan(asking.group).pk}"
    tag = asking.get(path)["ETag"]
    assert tag.startswith('W/"')
    again = asking.get(path, **{"If-None-Match": tag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)


@pytest.mark.parametrize("field", ["signalSpecificationId", "audienceId"])
def test_ids_that_are_unknown_or_of_another_group_are_400_and_named(asking: Asking, field: str) -> None:
    foreign = startable(Asking(factories.group()))
    for unknown in (foreign[field], "0" * 24):
        answer = asking.post("/signals/scans", {**startable(asking), field: unknown})
        assert fault(answer, 400) == ("VALIDATION_ERROR", field)
    assert SignalScan.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"audienceId": "x"}, "audienceId"), ({"audienceId": None}, "audienceId"), ({"more": 1}, "more"),
        ({"prospectIds": []}, "prospectIds"), ({"prospectIds": ["0" * 24]}, "prospectIds[0]"),
        ({"prospectIds": "0" * 24}, "prospectIds"), ({"prospectIds": [5]}, "prospectIds[0]"),
    ],
)  # fmt: skip
def test_a_faulty_body_is_400_and_names_the_field(asking: Asking, change: dict[str, Any], field: str) -> None:
    assert fault(asking.post("/signals/scans", startable(asking) | change), 400) == ("VALIDATION_ERROR", field)


def test_some_of_the_audience_are_scanned_each_once(asking: Asking) -> None:
    people = [factories.prospect(asking.group) for _ in range(3)]
    body = {**startable(asking), "audienceId": factories.audience(asking.group, *people).pk}
    named = [people[2].pk, people[0].pk, people[2].pk]
    scan = SignalScan.objects.get(pk=data(asking.post("/signals/scans", {**body, "prospectIds": named}), 202)["scanId"])
    assert (scan.prospect_ids, scan.prospects_total) == ([people[2].pk, people[0].pk], 2)
    outsider = factories.prospect(asking.group).pk
    answer = asking.post("/signals/scans", {**body, "prospectIds": [people[0].pk, outsider]})
    assert fault(answer, 400) == ("VALIDATION_ERROR", "prospectIds[1]")


def test_an_audience_still_filling_is_409_until_its_job_is_over(asking: Asking) -> None:
    body = startable(asking)
    audience = factories.audience(asking.group)
    job = factories.filling(audience)
    body["audienceId"] = audience.pk
    assert fault(asking.post("/signals/scans", body), 409) == ("AUDIENCE_NOT_READY", None)
    lifecycle.cancel(kinds.of(job), job.pk, actor="tests")
    assert ProspectingJob.objects.get().is_final
    data(asking.post("/signals/scans", body), 202)


def test_a_key_used_again_answers_with_the_scan_it_started(asking: Asking) -> None:
    body, key = startable(asking), {"Idempotency-Key": "k"}
    first = data(asking.post("/signals/scans", body, **key), 202)
    again = asking.post("/signals/scans", body, **key)
    assert (data(again, 202), again["Idempotent-Replayed"]) == (first, "true")
    scan = SignalScan.objects.get()
    lifecycle.fail(factories.claimed(scan), code="TIMED_OUT", message="Too slow.")
    over = asking.post("/signals/scans", body, **key)
    assert data(over, 200) == {**first, "status": "failed"}
    other = asking.post("/signals/scans", {**body, "prospectIds": ["0" * 24]}, **key)
    assert fault(other, 409) == ("IDEMPOTENCY_CONFLICT", None)
    assert SignalScan.objects.count() == 1


def test_a_refused_start_does_not_use_its_key_up(asking: Asking) -> None:
    body, key = startable(asking), {"Idempotency-Key": "k"}
    asking.post("/signals/scans", {**body, "audienceId": "0" * 24}, **key)
    data(asking.post("/signals/scans", body, **key), 202)


def test_a_test_key_starts_scans_of_the_sandbox() -> None:
    group = factories.group()
    group.sandbox = True
    group.save()
    asking = Asking(group, factories.key(group, test=True)[1])
    data(asking.post("/signals/scans", startable(asking)), 202)
    assert SignalScan.objects.get().test


def test_the_list_is_newest_first_and_knows_the_five_words(asking: Asking) -> None:
    scans = [factories.scan(asking.group) for _ in range(3)]
    lifecycle.cancel(kinds.of(scans[0]), scans[0].pk, actor="tests")
    items = data(asking.get("/signals/scans"))["items"]
    assert [item["scanId"] for item in items] == [scan.pk for scan in reversed(scans)]
    assert set(items[0]) == {"scanId", "type", "status", "createdAt", "updatedAt"}
    for status, count in (("queued", 2), ("cancelled", 1), ("running", 0), ("completed", 0), ("failed", 0)):
        assert len(data(asking.get(f"/signals/scans?status={status}"))["items"]) == count
    assert fault(asking.get("/signals/scans?status=pending"), 400) == ("VALIDATION_ERROR", "status")


def test_a_live_scan_is_cancelled_once(asking: Asking) -> None:
    queued, running = factories.scan(asking.group), factories.scan(asking.group)
    lease = factories.claimed(running)
    for scan in (queued, running):
        answer = asking.post(f"/signals/scans/{scan.pk}/cancel", {"ignored": "as this route defines no body"})
        assert data(answer) == {"scanId": scan.pk, "status": "cancelled"}
        assert fault(asking.post(f"/signals/scans/{scan.pk}/cancel"), 422) == ("VALIDATION_ERROR", None)
        assert AuditEntry.objects.filter(action="signal_scan.cancelled", object_id=scan.pk).count() == 1
    assert not lifecycle.heartbeat(lease)


def test_what_is_over_cannot_be_cancelled(asking: Asking) -> None:
    failed, completed = factories.scan(asking.group), factories.completed(asking.group)
    lifecycle.fail(factories.claimed(failed), code="TIMED_OUT", message="Too slow.")
    for scan in (failed, completed):
        assert fault(asking.post(f"/signals/scans/{scan.pk}/cancel"), 422) == ("VALIDATION_ERROR", None)


def test_a_provider_that_refuses_to_stop_is_502_and_changes_nothing(
    asking: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(scan: SignalScan) -> None:
        raise UpstreamError

    scan = factories.scan(asking.group)
    monkeypatch.setattr(remote, "stop", refuse)
    before = asking.get(f"/signals/scans/{scan.pk}").json()["data"]
    assert fault(asking.post(f"/signals/scans/{scan.pk}/cancel"), 502) == ("UPSTREAM_ERROR", None)
    assert asking.get(f"/signals/scans/{scan.pk}").json()["data"] == before


@pytest.mark.parametrize("rows", [1, 30])
def test_the_routes_asked_most_send_few_statements_however_many_rows_there_are(rows: int) -> None:
    asking = Asking(factories.group())
    specification, audience = factories.specification(asking.group), factories.audience(asking.group)
    for _ in range(rows):
        scan = factories.scan(asking.group, specification=specification, audience=audience)
    asking.get(f"/signals/scans/{scan.pk}")
    assert len(asking.queries) == 3  # one puts on row-level security
    asking.get("/signals/scans?limit=100")
    assert len(asking.queries) == 3
    data(asking.post("/signals/scans", startable(asking)), 202)
    assert len(asking.queries) <= 11  # three of them for the audit log, two to hold what is named


@pytest.mark.parametrize("limit", [7, 100])
def test_all_pages_hold_each_old_scan_once_while_a_thousand_are_started(limit: int) -> None:
    group = factories.group()
    first = factories.scan(group)
    asking = Asking(group)

    def insert(count: int) -> None:
        SignalScan.objects.bulk_create(
            SignalScan(group=group, specification_id=first.specification_id, audience_id=first.audience_id)
            for _ in range(count)
        )

    insert(2 * limit)
    old = set(SignalScan.objects.values_list("pk", flat=True))
    seen: list[str] = []
    query = f"?limit={limit}"
    while True:
        page = data(asking.get(f"/signals/scans{query}"))
        seen += [item["scanId"] for item in page["items"]]
        if not page["hasMore"]:
            break
        insert(500)
        query = f"?limit={limit}&cursor={page['nextCursor']}"
    assert len(seen) == len(set(seen))
    assert set(seen) == old
    assert SignalScan.objects.count() == len(old) + 1000

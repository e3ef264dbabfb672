"""Uploads above UPLOAD_SYNC_MAX: received at once, read by a job that may fail, be lost or be cancelled."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest
from django.db import connection

from compliance.models import Upload, UploadReading
from config import processes
from jobs import kinds, lifecycle
from jobs.enums import Status
from tests.compliance import factories
from tests.contract.standing import files_of, standing
from tests.partner import Partner
from tests.until import until

pytestmark = pytest.mark.system

QUICK = {"JOB_LEASE": "2", "JOB_HEARTBEAT": "0.3"}  # nobody reaps but these tests, when they mean to
ROWS = 2_000
CONTENT = "Account,Amount\n" + "".join(f"A{n},{n}.50\n" for n in range(ROWS)) + "ragged\n"
CONFIG = {"account": "Account", "amount": "Amount"}


@pytest.fixture(scope="module")
def small_server(system_environment: dict[str, str]) -> Iterator[str]:
    """A web server for which 1,000 bytes are a large upload."""
    port = processes.free_port()
    with processes.running(processes.web(port), environment={**system_environment, "UPLOAD_SYNC_MAX": "1000"}) as (
        web,
    ):
        processes.wait_until_served(f"http://127.0.0.1:{port}/livez", web)
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def sender(partner: Partner, small_server: str) -> Partner:
    partner.http.base_url = httpx.URL(small_server)
    return partner


def send(partner: Partner, content: str | bytes = CONTENT, **headers: str) -> httpx.Response:
    return partner.http.post("/api/data/upload", files={"file": ("big.csv", content)}, headers=headers)


def accepted(partner: Partner, content: str | bytes = CONTENT) -> str:
    answer = send(partner, content)
    assert answer.status_code == 202, answer.text
    upload = answer.json()["upload_id"]
    assert answer.json() == {"upload_id": upload, "status": "processing"}
    assert (answer.headers["Location"], answer.headers["Retry-After"]) == (f"/api/data/{upload}", "2")
    return str(upload)


def shown(partner: Partner, upload: str) -> dict[str, Any]:
    return partner.ok(partner.http.get(f"/api/data/{upload}"))


def over(partner: Partner, upload: str) -> dict[str, Any]:
    return until(lambda: (found := shown(partner, upload))["status"] != "processing" and found)


def test_a_large_upload_is_read_by_a_job_and_then_like_any_other(sender: Partner, start_worker: Any) -> None:
    upload = accepted(sender)
    waiting = shown(sender, upload)
    assert (waiting["status"], waiting["progress"], waiting["error"], waiting["headers"]) == ("processing", 0, None, [])
    body = {"upload_id": upload, "mapping_config": CONFIG}
    calls = [
        sender.http.post("/api/data/mapping/confirm", json=body),
        sender.http.post("/api/data/mapping/readiness", json={**body, "policy_id": sender.policy(factories.RULE)}),
        sender.http.get(f"/api/data/{upload}/rejects"),
    ]
    assert [(call.status_code, "still being read" in call.json()["message"]) for call in calls] == [(409, True)] * 3
    start_worker(**QUICK)
    ready = over(sender, upload)
    assert (ready["status"], ready["row_count"], ready["rejected_rows"]) == ("ready", ROWS, 1)
    assert (ready["progress"], ready["sha256"]) == (1, waiting["sha256"])
    mapping = sender.confirm(ready, CONFIG)
    scan = sender.run(sender.policy(factories.RULE), ready, mapping)
    assert (scan["status"], scan["violation_count"]) == ("completed", ROWS - 100)
    assert sender.ok(sender.http.get(f"/api/data/{upload}/rejects"))["rejects"][0]["line"] == ROWS + 2
    assert sender.ok(sender.http.delete(f"/api/data/{upload}")) == {"success": True}
    assert [path for path in files_of(sender.group) if upload in path.parts] == []


def test_a_small_upload_is_still_read_inside_its_request(sender: Partner) -> None:
    assert send(sender, "Account,Amount\nA,1\n").status_code == 201


def test_a_large_file_that_cannot_be_read_leaves_its_row_with_the_reason(sender: Partner, start_worker: Any) -> None:
    upload = accepted(sender, "Account,Amount\n" + "1,2,3\n" * 500)
    start_worker(**QUICK)
    failed = over(sender, upload)
    assert failed["status"] == "failed"
    assert failed["error"].startswith("None of the 500 rows could be read.")
    until(lambda: files_of(sender.group) == [])
    answer = sender.http.post("/api/data/mapping/confirm", json={"upload_id": upload, "mapping_config": CONFIG})
    assert (answer.status_code, "None of the 500 rows" in answer.json()["message"]) == (409, True)
    assert sender.ok(sender.http.delete(f"/api/data/{upload}")) == {"success": True}
    assert shown(sender, upload)["status"] == "deleted"


def test_the_same_key_gives_the_same_large_upload(sender: Partner, start_worker: Any) -> None:
    answers = [send(sender, **{"Idempotency-Key": "k"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    found = standing(sender.group)
    assert (found["Upload"], found["UploadReading"], found["files"]) == (1, 1, 1)
    start_worker(**QUICK)
    over(sender, answers[0].json()["upload_id"])
    replayed = send(sender, **{"Idempotency-Key": "k"})
    assert (replayed.status_code, replayed.json()["status"]) == (200, "ready")


def test_deleting_an_upload_that_is_being_read_cancels_that(sender: Partner) -> None:
    upload = accepted(sender)
    assert sender.ok(sender.http.delete(f"/api/data/{upload}")) == {"success": True}
    assert UploadReading.objects.get(upload=upload).status == Status.CANCELLED
    deleted = shown(sender, upload)
    assert (deleted["status"], deleted["deleted_at"] is not None, files_of(sender.group)) == ("deleted", True, [])


@contextmanager
def held_before_its_end(upload: str) -> Iterator[None]:
    """While inside, the worker waits with its records stored: the upload's row is locked by us."""
    at = connection.settings_dict
    login = {"host": at["HOST"], "port": at["PORT"], "user": at["USER"], "password": at["PASSWORD"]}
    with psycopg.connect(**login, dbname=at["NAME"]) as lock:
        lock.execute("SELECT 1 FROM compliance_upload WHERE id = %s FOR UPDATE", [upload])
        yield


def test_another_worker_finishes_what_a_killed_one_was_reading(sender: Partner, start_worker: Any) -> None:
    upload = accepted(sender)
    with held_before_its_end(upload):
        doomed = start_worker(**QUICK)
        until(lambda: any("records-1" in path.name for path in files_of(sender.group)))
        os.killpg(doomed.pid, signal.SIGKILL)
        doomed.wait()
        assert Upload.objects.get(pk=upload).status == "processing"

    def reaped() -> bool:
        lifecycle.reap()
        return UploadReading.objects.get(upload=upload).status == Status.QUEUED

    until(reaped)
    start_worker(**QUICK)
    ready = over(sender, upload)
    reading = UploadReading.objects.get(upload=upload)
    assert (ready["status"], ready["row_count"], reading.attempts) == ("ready", ROWS, 2)
    names = {"original", "records-2.parquet", "rejects-2.jsonl"}
    until(lambda: {path.name for path in files_of(sender.group)} == names)


def test_a_reading_whose_workers_are_all_lost_fails_its_upload(sender: Partner) -> None:
    upload = accepted(sender)
    reading = UploadReading.objects.get(upload=upload)
    for _ in range(3):
        assert lifecycle.claim(kinds.of(reading), str(reading.pk), worker="lost") is not None
        UploadReading.objects.filter(pk=reading.pk).update(lease_until=reading.created_at)
        lifecycle.reap()
    failed = shown(sender, upload)
    assert (failed["status"], "worker was lost 3 times" in failed["error"]) == ("failed", True)
    assert files_of(sender.group) == []

"""Prospecting jobs with a real web server and real workers: twins, death, hand-back, cancel."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from jobs import lifecycle
from jobs.enums import Status
from jobs.models import JobEvent
from prospecting.models import Audience, AudienceMember, JobProspect, Prospect, ProspectingJob
from tests import commands
from tests.jobs.gates import after_the_first_people, waiting_for_locks
from tests.partner import Partner
from tests.prospecting import jobs
from tests.until import until

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("system_db")]

BATCH = 5
QUICK = {"JOB_LEASE": "2", "JOB_HEARTBEAT": "0.3", "IMPORT_BATCH_ROWS": str(BATCH)}
# Of 100 rows: 80 people, 10 of them a second time, and 10 rows that name nobody.
RECORDS = [*jobs.people(*range(80), *range(10)), *({"title": f"Chief {n}"} for n in range(10))]
Start = Callable[..., Any]
New = Callable[..., Partner]


@pytest.fixture
def acme(new_partner: New) -> Partner:
    return new_partner(jobs.group(1000), permissions=jobs.ALL)


def path(of: Partner, rest: str = "") -> str:
    return f"/v1/accounts/{of.group.pk}/prospecting{rest}"


def send(of: Partner, records: list[Any] = RECORDS, **headers: str) -> Any:
    body = {"source": "records", "records": records, "audienceName": "New"}
    return of.http.post(path(of), json=body, headers=headers)


def start(of: Partner, records: list[Any] = RECORDS) -> str:
    return str(Partner.ok(send(of, records))["data"]["jobId"])


def status(of: Partner, job: str) -> Any:
    return Partner.ok(of.http.get(path(of, f"/{job}"), headers={"Prefer": "wait=10"}))["data"]


def finished(of: Partner, job: str) -> Any:
    until(lambda: status(of, job)["status"] not in ("queued", "running"), "the job")
    return status(of, job)


def events(job: str) -> list[tuple[str, str, int]]:
    found = JobEvent.objects.filter(job_id=job).order_by("id")
    return [(event.from_status, event.to_status, event.attempt) for event in found]


def left_by(of: Partner, job: str) -> dict[str, Any]:
    """Everything a job leaves that must not depend on what became of its workers."""
    row = ProspectingJob.objects.get(pk=job)
    shown = status(of, job)
    return {
        **{name: shown[name] for name in ("status", "stages", "error", "creditsSpent")},
        "balance": jobs.balance(of.group),
        "people": sorted(Prospect.objects.for_group(of.group).values_list("email", flat=True)),
        "members": AudienceMember.objects.filter(audience=row.audience_id).count(),
        "shown members": Audience.objects.get(pk=row.audience_id).prospect_count,
        "brought": JobProspect.objects.filter(job=job).count(),
        "failed": sorted(row.row_errors.filter(lost=True).values_list("line", flat=True)),
    }


def test_eight_identical_starts_at_once_make_one_job_and_one_reservation(acme: Partner) -> None:
    acme.http.get(path(acme))  # what holds answers against the document makes it now, and not in eight threads
    with ThreadPoolExecutor(8) as together:
        answers = list(together.map(lambda _: send(acme, jobs.people(1, 2), **{"Idempotency-Key": "a"}), range(8)))
    assert {answer.status_code for answer in answers} <= {200, 202}
    assert len({answer.json()["data"]["jobId"] for answer in answers}) == 1
    assert sorted(answer.headers.get("Idempotent-Replayed", "") for answer in answers) == [""] + ["true"] * 7
    assert ProspectingJob.objects.for_group(acme.group).count() == 1
    assert Audience.objects.for_group(acme.group).count() == 1
    assert jobs.balance(acme.group) == (998, 2)
    acme.http.post(path(acme, f"/{answers[0].json()['data']['jobId']}/cancel"))


def test_a_job_whose_worker_is_killed_amid_its_import_ends_as_an_undisturbed_one(
    acme: Partner, new_partner: New, start_worker: Start
) -> None:
    job = start(acme)
    with after_the_first_people() as gate:
        doomed = start_worker(**QUICK)
        gate.reached()
        assert JobProspect.objects.filter(job=job).count() == BATCH
        os.killpg(doomed.pid, signal.SIGKILL)
        doomed.wait()
    before = status(acme, job)
    until(lambda: lifecycle.reap() >= 0 and ProspectingJob.objects.get(pk=job).status == Status.QUEUED, "the reaper")
    start_worker(**QUICK)
    after = finished(acme, job)
    assert after["status"] == "completed"
    assert all(after["stages"][name]["progress"] >= before["stages"][name]["progress"] for name in after["stages"])
    assert [to for _, to, _ in events(job)] == ["queued", "running", "queued", "running", "completed"]
    quiet = new_partner(jobs.group(1000), permissions=jobs.ALL)
    undisturbed = start(quiet)
    finished(quiet, undisturbed)
    assert left_by(acme, job) == left_by(quiet, undisturbed)
    assert after["creditsSpent"] == 80
    assert after["stages"]["import"]["counts"] == {"total": 100, "done": 80, "failed": 10, "skipped": 10}
    assert jobs.balance(acme.group) == (920, 0)


def test_a_worker_that_is_told_to_stop_hands_its_job_to_another(acme: Partner, start_worker: Start) -> None:
    job = start(acme)
    with after_the_first_people() as gate:
        leaving = start_worker(**QUICK)
        gate.reached()
        leaving.terminate()
        # Batch, heartbeat and hand-back: released earlier, the worker could finish before it hears of its end.
        until(lambda: waiting_for_locks() == 3, "the hand-back to wait for the job's row")
    until(lambda: ("running", "queued", 1) in events(job), "the hand-back")
    start_worker(**QUICK)
    assert finished(acme, job)["creditsSpent"] == 80
    assert ProspectingJob.objects.get(pk=job).attempts == 1, "a hand-back must not count as an attempt"


def test_a_cancelled_job_keeps_and_pays_for_what_was_imported_and_frees_its_worker(
    acme: Partner, start_worker: Start
) -> None:
    job = start(acme)
    with ThreadPoolExecutor(1) as aside:
        with after_the_first_people() as gate:
            start_worker(**QUICK)
            gate.reached()
            cancelling = aside.submit(acme.http.post, path(acme, f"/{job}/cancel"))
            # Batch, heartbeat and cancel: released earlier, the worker could finish before it is told to stop.
            until(lambda: waiting_for_locks() == 3, "the cancel to wait for the job's row")
        assert Partner.ok(cancelling.result())["data"] == {"jobId": job, "status": "cancelled"}
    assert finished(acme, start(acme, jobs.people(500)))["status"] == "completed", (
        "the only worker went on with what was cancelled"
    )
    left = left_by(acme, job)
    stages = left["stages"]
    assert [stage["status"] for stage in stages.values()] == ["cancelled", "cancelled"]
    imported = stages["import"]["counts"]["done"]
    assert 2 * BATCH <= imported < 80, "the cancel came between two batches"
    assert {left[name] for name in ("members", "shown members", "brought", "creditsSpent")} == {imported}
    assert jobs.balance(acme.group) == (1000 - imported - 1, 0)


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    """30 people and a row that names nobody."""
    file = tmp_path / "leads.csv"
    people = "".join(f"A,B{n},b{n}@b{n}.com\n" for n in range(30))
    file.write_text(f"First Name,Last Name,Work Email\n{people}A,,\n")
    return file


def test_a_file_is_imported_from_the_command_line_and_followed(
    start_worker: Start, leads: Path, system_environment: dict[str, str]
) -> None:
    group = jobs.group(1000)
    start_worker(**QUICK)
    ran = commands.manage(system_environment, "import_leads", leads, "--group", group.pk)
    assert ran.code == 0, ran.err
    assert ran.out == (
        "completed: 30 imported, 0 known already or not to be stored, 1 rows failed; 30 credits spent.\n"
    )
    job = ProspectingJob.objects.for_group(group).get()
    assert ran.err == f"Prospecting job {job.pk} fills audience {job.audience_id}.\n", "a bar in a pipe"
    assert Audience.objects.ready().for_group(group).get().name == "leads"
    again = commands.manage(system_environment, "import_leads", leads, "--group", group.pk, "--json")
    assert again.document == {
        "job_id": again.document["job_id"], "audience_id": again.document["audience_id"], "status": "completed",
        "credits_spent": 0, "error": None,
        "stages": {
            "import": {"status": "completed", "counts": {"total": 31, "done": 0, "failed": 1, "skipped": 30}},
            "enrichment": {"status": "completed", "counts": {"total": 30, "done": 30, "failed": 0, "skipped": 0}},
        },
    }  # fmt: skip


def test_told_to_stop_the_command_cancels_its_job(
    leads: Path, system_environment: dict[str, str], tmp_path: Path
) -> None:
    group, log = jobs.group(1000), tmp_path / "log"
    with commands.started(system_environment, log, "import_leads", leads, "--group", group.pk) as process:
        until(lambda: ProspectingJob.objects.for_group(group).exists(), "the job")
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 128 + signal.SIGTERM
    assert ProspectingJob.objects.for_group(group).get().status == Status.CANCELLED
    assert "The prospecting job is cancelled." in log.read_text()
    assert jobs.balance(group) == (1000, 0)

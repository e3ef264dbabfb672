"""Schedules with beat and worker as processes: a folder and a server on this machine, nobody in between."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now

from compliance.models import GroupSettings, Schedule
from tests.compliance import factories
from tests.partner import Partner
from tests.until import until
from tests.web.file_server import FileServer, serving

pytestmark = pytest.mark.system

CSV = b"Account,Amount\nA1,500\nA2,5\n"
CONFIG = {"account": "Account", "amount": "Amount"}


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serving() as known:
        yield known


@pytest.fixture
def running(start_worker: Any, start_beat: Any, server: FileServer, tmp_path: Path) -> Path:
    """Worker and beat, allowed this server and this folder; returns the folder their e-mails go to."""
    places = {
        "OUTBOUND_ALLOW": f"127.0.0.1:{server.port}", "SOURCE_ROOTS": f"{tmp_path}/drops/{{group}}",
        "SCHEDULE_EVERY": "1", "EMAIL_URL": f"file://{tmp_path}/mail", "PUBLIC_URL": "https://scanward.example.com",
    }  # fmt: skip
    start_worker(**places)
    start_beat(**places)
    return tmp_path / "mail"


def make_due(schedule_id: str, ago: int = 0) -> None:
    Schedule.objects.filter(pk=schedule_id).update(next_run_at=Now() - timedelta(seconds=ago))


def runs(partner: Partner, schedule_id: str) -> list[dict[str, Any]]:
    return partner.ok(partner.http.get(f"/api/schedules/{schedule_id}/runs"))["runs"]


def outcomes(partner: Partner, schedule_id: str, count: int) -> list[str]:
    """Of all runs, oldest first, once so many are over."""

    def over() -> list[str]:
        found = [run["outcome"] for run in reversed(runs(partner, schedule_id))]
        return found if len(found) == count and all(found) else []

    return until(over)


def mails(folder: Path) -> list[str]:
    return [file.read_text() for file in folder.glob("*")]


def test_a_schedule_runs_by_itself_and_says_what_came_of_it(
    partner: Partner, running: Path, server: FileServer, tmp_path: Path
) -> None:
    ann = factories.staff(f"ann-{partner.group.pk}", partner.group)
    type(ann).objects.filter(pk=ann.pk).update(email="ann@example.com")
    GroupSettings.objects.create(group=partner.group).notified.set([ann])
    server.serve("/ledger.csv", CSV)
    source = factories.source(
        partner.group, config={"url": f"http://127.0.0.1:{server.port}/ledger.csv"}, mapping_config=CONFIG
    )
    body = {
        "name": "Nightly", "policy_id": partner.policy(factories.RULE), "source_id": str(source.pk),
        "cron": "30 2 * * *", "time_zone": "Europe/Vienna",
    }  # fmt: skip
    schedule = partner.ok(partner.http.post("/api/schedules", json=body))
    assert schedule["in_words"] == "Every day at 02:30, Europe/Vienna"

    make_due(schedule["id"])
    assert outcomes(partner, schedule["id"], 1) == ["scanned"]
    (first,) = runs(partner, schedule["id"])
    assert partner.status(first["scan_id"])["violation_count"] == 1

    make_due(schedule["id"])
    assert outcomes(partner, schedule["id"], 2) == ["scanned", "unchanged"]
    assert len(partner.ok(partner.http.get("/api/scan"))["scans"]) == 1

    server.serve("/ledger.csv", CSV + b"A3,900\n")
    make_due(schedule["id"])
    assert outcomes(partner, schedule["id"], 3)[-1] == "scanned"
    newest = partner.status(runs(partner, schedule["id"])[0]["scan_id"])
    assert newest["delta"]["new_count"] == 1

    server.serve("/ledger.csv", b"", status=503)
    make_due(schedule["id"])
    assert outcomes(partner, schedule["id"], 4)[-1] == "failed"
    failed = runs(partner, schedule["id"])[0]
    assert (failed["error"]["code"], failed["scan_id"]) == ("SOURCE_UNAVAILABLE", None)
    for words in ("The score fell by 12.50 points", "SOURCE_UNAVAILABLE"):
        (mail,) = until(lambda words=words: [text for text in mails(running) if words in text], "the e-mail")
        assert "To: ann@example.com" in mail

    make_due(schedule["id"], ago=3600)
    assert outcomes(partner, schedule["id"], 5)[-1] == "missed"


def test_a_schedule_takes_the_newest_file_of_a_folder(partner: Partner, running: Path, tmp_path: Path) -> None:
    folder = tmp_path / "drops" / partner.group.pk
    folder.mkdir(parents=True)
    (folder / "old.csv").write_bytes(CSV)
    os.utime(folder / "old.csv", (1, 1))
    (folder / "new.csv").write_bytes(CSV + b"A3,900\nA4,901\n")
    source = factories.source(partner.group, kind="files", config={"path": f"{folder}/*.csv"}, mapping_config=CONFIG)
    body = {
        "name": "Drops", "policy_id": partner.policy(factories.RULE), "source_id": str(source.pk),
        "every_minutes": 60, "catch_up": "once",
    }  # fmt: skip
    schedule = partner.ok(partner.http.post("/api/schedules", json=body))["id"]
    Schedule.objects.filter(pk=schedule).update(created_at="2026-01-01T00:00:00Z")
    make_due(schedule, ago=4 * 3600)
    assert outcomes(partner, schedule, 1) == ["scanned"]
    (run,) = runs(partner, schedule)
    assert "due times passed" in run["message"]
    assert partner.status(run["scan_id"])["record_count"] == 4

    started = partner.http.post(f"/api/schedules/{schedule}/run")
    assert started.status_code == 202
    assert outcomes(partner, schedule, 2) == ["scanned", "unchanged"]

"""The doctor of a healthy system finds nothing wrong; of one with a planted fault just that fault, and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Now
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from compliance.models import ComplianceScan
from config import env
from config.processes import free_port, worker
from jobs import kinds, lifecycle, wires
from jobs.doctor import installation, processes, servers
from jobs.doctor.findings import Finding, State, looked
from terminal.command import Wrong
from tests import commands
from tests.compliance import factories
from tests.until import until
from web.sealed import Secret

OLD_KEY, NEW_KEY = "0" * 42 + "A=", "1" * 42 + "A="
ALL = 1 << 62  # bytes, more than any disk has free
Start = Callable[..., Any]


def states(ran: commands.Ran) -> dict[str, set[str]]:
    """{check: the states found}"""
    found: dict[str, set[str]] = {}
    for finding in ran.document["findings"]:
        found.setdefault(finding["check"], set()).add(finding["state"])
    return found


def finding(ran: commands.Ran, check: str) -> dict[str, str]:
    """The gravest finding of a check."""
    found = [each for each in ran.document["findings"] if each["check"] == check]
    return max(found, key=lambda each: list(State).index(State(each["state"])))


def doctor(environment: Mapping[str, str]) -> commands.Ran:
    return commands.manage(environment, "doctor", "--json")


@pytest.mark.system
def test_a_healthy_system_has_nothing_wrong(
    system_db: None, start_worker: Start, start_beat: Start, system_environment: dict[str, str]
) -> None:
    PeriodicTask.objects.update(last_run_at=None)
    for kind in kinds.every():  # what other tests have left, done with as beat would in time
        for job in kind.model.objects.live():
            lifecycle.cancel(kind, str(job.pk), actor="tests")
    start_worker()
    start_beat()
    until(lambda: PeriodicTask.objects.filter(last_run_at__isnull=False).exists(), "beat to write down what it did")
    until(processes.workers.answering, "the worker")
    ran = doctor(system_environment)
    assert ran.code == 0, ran.out
    assert set(states(ran)) == {
        "settings", "database", "clock", "migrations", "row security", "redis", "queues", "workers", "beat", "jobs",
        "storage", "disk", "secrets", "outbound", "e-mail",
    }  # fmt: skip
    for check in ("database", "clock", "migrations", "row security", "redis", "workers", "beat", "storage", "outbound"):
        assert states(ran)[check] == {"ok"}, finding(ran, check)
    assert ran.document["state"] == "warning"  # e-mails are printed here, and SUPPRESSION_KEYS are not set
    shown = commands.manage(system_environment, "doctor")
    assert shown.code == 0
    assert shown.out.splitlines()[0].split() == ["State", "What", "How", "it", "is,", "and", "what", "to", "do"]
    assert any(line.split()[:2] == ["ok", "workers"] for line in shown.out.splitlines())


@pytest.mark.system
def test_no_worker_no_beat_and_a_missing_migration_are_told_with_what_to_do(
    system_db: None, system_environment: dict[str, str]
) -> None:
    PeriodicTask.objects.update(last_run_at=timezone.now() - timedelta(hours=3))
    missing = MigrationRecorder.Migration.objects.filter(app="accounts").latest("name")
    missing.delete()
    try:
        ran = doctor(system_environment)
    finally:
        missing.save(force_insert=True)
    assert (ran.code, ran.document["state"]) == (1, "wrong")
    assert states(ran)["workers"] == states(ran)["beat"] == states(ran)["migrations"] == {"wrong"}
    assert f"accounts {missing.name}" in finding(ran, "migrations")["found"]
    assert finding(ran, "migrations")["advice"] == "Run manage.py migrate."
    assert " ".join(worker()) in finding(ran, "workers")["advice"]
    assert "celery --quiet -A config beat" in finding(ran, "beat")["advice"]
    assert "Wrong: " in ran.err


@pytest.mark.system
def test_with_redis_away_the_rest_is_looked_at_all_the_same(system_environment: dict[str, str]) -> None:
    ran = doctor({**system_environment, "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0", "REDIS_TIMEOUT": "1"})
    assert ran.code == 1
    assert finding(ran, "redis")["state"] == "wrong"
    assert "REDIS_URL" in finding(ran, "redis")["advice"]
    assert finding(ran, "workers") == {
        "check": "workers", "state": "warning", "found": "not looked at, as it needs redis",
        "advice": "See to redis first.",
    }  # fmt: skip
    assert states(ran)["database"] == states(ran)["migrations"] == states(ran)["storage"] == {"ok"}


@pytest.mark.system
def test_with_the_database_away_the_rest_is_looked_at_all_the_same(system_environment: dict[str, str]) -> None:
    port = free_port()
    ran = doctor({**system_environment, "DATABASE_URL": f"postgresql://someone:hidden@127.0.0.1:{port}/x"})
    assert ran.code == 1
    assert finding(ran, "database")["state"] == "wrong"
    assert f"127.0.0.1:{port}/x does not answer" in finding(ran, "database")["found"]
    assert {finding(ran, check)["found"] for check in ("migrations", "queues", "beat", "jobs", "secrets")} == {
        "not looked at, as it needs database"
    }
    assert states(ran)["redis"] == {"ok"}
    assert "hidden" not in ran.out + ran.err


@pytest.mark.system
def test_a_storage_that_cannot_be_written_and_a_hole_in_the_wall_are_found(
    system_environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "media").write_text("a file where a folder should be")
    own = system_environment["DATABASE_URL"].rpartition("@")[2].partition("/")[0]
    ran = doctor(
        {
            **system_environment, "MEDIA_ROOT": str(tmp_path / "media"), "OUTBOUND_ALLOW": f"{own},files.example:8443",
            "OUTBOUND_HTTP": "true", "SOURCE_ROOTS": str(tmp_path / "nowhere"), "DEBUG": "true", "ENCRYPTION_KEYS": "",
            "EMAIL_URL": f"smtp://me:hidden@127.0.0.1:{free_port()}", "SIGNING_KEY": "-----BEGIN PRIVATE KEY-----\nx",
        }
    )  # fmt: skip
    assert ran.code == 1
    assert "cannot be written: " in finding(ran, "storage")["found"]
    assert finding(ran, "outbound")["found"] == f"{own} is the database of this installation"
    told = [each["found"] for each in ran.document["findings"]]
    assert "plain http to public addresses is allowed" in told
    assert f"SOURCE_ROOTS names {tmp_path / 'nowhere'}, and there is no folder {tmp_path / 'nowhere'}" in told
    assert f"https to public addresses; exceptions (OUTBOUND_ALLOW): {own}, files.example:8443" in told
    assert "no ENCRYPTION_KEYS: secrets of data sources are refused" in told
    assert "SIGNING_KEY is no Ed25519 private key in PEM" in told
    assert "DEBUG is on" in finding(ran, "settings")["found"]
    assert finding(ran, "e-mail")["state"] == "wrong"
    assert "hidden" not in ran.out


def found_by(look: Any, state: State | None = None) -> list[Finding]:
    found = looked("look", look)
    return [each for each in found if state in (None, each.state)]


@pytest.mark.django_db
def test_a_job_that_nobody_takes_up_again_is_stalled() -> None:
    assert found_by(processes.jobs)[0].state == State.OK
    group = factories.group()
    lost, _ = factories.running(group)
    queued, fresh = factories.scan(group), factories.scan(group)
    long_ago = Now() - timedelta(seconds=processes.STALLED + 60)
    ComplianceScan.objects.filter(pk=lost.pk).update(lease_until=long_ago)
    ComplianceScan.objects.filter(pk=queued.pk).update(publish_after=long_ago)
    ComplianceScan.objects.filter(pk=fresh.pk).update(publish_after=Now())
    (wrong,) = found_by(processes.jobs)
    assert (wrong.state, wrong.found) == (State.WRONG, "stalled for more than 120 s: 2 compliance_scan")


@pytest.mark.django_db
def test_an_unforeseen_failure_of_today_is_told() -> None:
    failed = factories.failed(factories.group())
    ComplianceScan.objects.filter(pk=failed.pk).update(error_code="INTERNAL_ERROR")
    (told,) = found_by(processes.jobs)
    assert (told.state, told.found) == (State.WARNING, "failed within a day: 1 with INTERNAL_ERROR")
    ComplianceScan.objects.filter(pk=failed.pk).update(completed_at=Now() - timedelta(days=2))
    assert found_by(processes.jobs)[0].state == State.OK


@pytest.mark.django_db
def test_what_waits_is_counted_and_told_when_it_waits_long() -> None:
    client: Any = wires.client()
    key = f"{env.REDIS_PREFIX}long"
    before = client.llen(key)
    client.rpush(key, "a message", "another")
    try:
        scan = factories.scan(factories.group())
        (fine,) = found_by(processes.queues)
        assert (fine.state, f"{before + 2} messages in long" in fine.found) == (State.OK, True)
        ComplianceScan.objects.filter(pk=scan.pk).update(created_at=Now() - timedelta(minutes=11))
        (slow,) = found_by(processes.queues)
    finally:
        client.ltrim(key, 0, before - 1) if before else client.delete(key)
    assert slow.state == State.WARNING
    assert "1 jobs queued, the oldest for 11 minutes" in slow.found


@pytest.mark.django_db
def test_beat_lives_as_long_as_it_writes_down_what_it_published() -> None:
    (never,) = found_by(processes.beat)
    assert (never.state, "it has never run" in never.found) == (State.WRONG, True)
    every = IntervalSchedule.objects.create(every=5, period=IntervalSchedule.SECONDS)
    task = PeriodicTask.objects.create(name="dispatch due schedules", task="x", interval=every)
    for age, state in ((20, State.OK), (3 * 3600, State.WRONG)):
        PeriodicTask.objects.filter(pk=task.pk).update(last_run_at=timezone.now() - timedelta(seconds=age))
        (found,) = found_by(processes.beat)
        assert found.state == state
    assert found.found.startswith("it last published 3 hours ago")


@pytest.mark.django_db
def test_a_stored_secret_that_no_key_opens_is_wrong(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [OLD_KEY]
    factories.source(factories.group(), secret=Secret.of("planted"))
    assert found_by(installation.secrets)[-1].found == "set; 1 stored secrets can be opened"
    settings.ENCRYPTION_KEYS = [NEW_KEY]
    (wrong,) = found_by(installation.secrets, State.WRONG)
    assert wrong.found == "1 stored secrets cannot be opened"
    settings.ENCRYPTION_KEYS = []
    (wrong,) = found_by(installation.secrets, State.WRONG)
    assert wrong.found == "1 stored secrets cannot be opened"


@pytest.mark.parametrize(
    ("ahead", "state", "words"),
    [(0.3, "ok", "agrees"), (-2.2, "ok", "agrees"), (5, "warning", "4.5 s ahead of"), (-90, "wrong", "89.5 s behind")],
)
def test_clocks_that_disagree_are_told(ahead: float, state: str, words: str) -> None:
    told = servers.clock(ahead, took=0.5)
    assert (told.state, words in told.found) == (state, True)


@pytest.mark.parametrize(("least", "little", "state"), [(0, 0, "ok"), (0, ALL, "warning"), (ALL, ALL, "wrong")])
def test_space_that_runs_out_is_told(monkeypatch: pytest.MonkeyPatch, least: int, little: int, state: str) -> None:
    monkeypatch.setattr(installation, "SPACE_LEAST", least)
    monkeypatch.setattr(installation, "SPACE", little)
    assert {each.state for each in found_by(installation.disk)} == {state}


@pytest.mark.django_db
def test_a_database_from_the_future_is_told() -> None:
    MigrationRecorder.Migration.objects.create(app="compliance", name="9999_from_the_future")
    (told,) = found_by(servers.migrations)
    assert (told.state, "compliance 9999_from_the_future" in told.found) == (State.WARNING, True)


@pytest.mark.django_db
def test_a_look_that_breaks_does_not_end_the_doctor() -> None:
    def broken() -> Any:
        yield Finding("part", State.OK, "so far")
        raise ZeroDivisionError("oh")

    def unmigrated() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM not_there")
        yield Finding("never", State.OK, "")

    so_far, wrong = looked("part", broken)
    assert (so_far.found, wrong.state, "ZeroDivisionError: oh" in wrong.found) == ("so far", State.WRONG, True)
    (wrong,) = looked("tables", unmigrated)
    assert (wrong.state, "migrations" in wrong.advice) == (State.WRONG, True)


@pytest.mark.django_db
def test_the_exit_code_is_1_exactly_when_something_is_wrong() -> None:
    out = StringIO()
    with pytest.raises(Wrong):  # neither worker nor beat here
        call_command("doctor", json=True, stdout=out)
    assert json.loads(out.getvalue())["state"] == "wrong"

"""What becomes of a run: import, mapping, unchanged, scan, overlap, catch-up; and that each due time is taken once."""

from __future__ import annotations

import threading
from datetime import UTC, timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from compliance.actions import runs, schedules
from compliance.actions.schedules import change_schedule, delete_schedule, dispatch_due, run_now
from compliance.actions.sources import delete_source
from compliance.enums import CatchUp, Overlap, RunState
from compliance.errors import RunGoesOn, SourceInUse
from compliance.models import ComplianceScan, Schedule, ScheduleRun
from jobs import kinds, lifecycle
from tests.compliance import factories
from tests.compliance.schedule_rows import CONFIG, by, due, import_failed, imported, scanned, schedule, states
from tests.database_faults import DEADLOCK, LIMIT, failing
from web.errors import ValidationFailed


def only(of: Schedule) -> ScheduleRun:
    return of.runs.get()


@pytest.mark.django_db
def test_a_due_schedule_imports_scans_and_says_so() -> None:
    made = schedule()
    at = due(made)
    assert dispatch_due() == 1
    run = only(made)
    assert (run.state, run.due_at, run.asked_by) == (RunState.IMPORTING, at, "")
    imported(run)
    assert run.state == RunState.SCANNING
    assert run.scan.mapping_config == CONFIG
    assert run.scan.audit_name == "Nightly"
    scanned(run)
    assert (run.state, run.message) == (RunState.SCANNED, "")
    assert run.ended_at is not None
    made.refresh_from_db()
    assert made.next_run_at > timezone.now()
    assert dispatch_due() == 0


@pytest.mark.django_db
def test_what_the_database_will_always_refuse_ends_the_run_and_what_passes_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = schedule()
    run = run_now(schedule=made, by=by(made))
    monkeypatch.setattr(runs, "_step", failing(DEADLOCK))
    with pytest.raises(OperationalError), transaction.atomic():
        runs.advance(run.pk)
    assert only(made).state == RunState.IMPORTING
    monkeypatch.setattr(runs, "_step", failing(LIMIT))
    runs.advance(run.pk)
    assert (only(made).state, only(made).error_code) == (RunState.FAILED, "INTERNAL_ERROR")


@pytest.mark.django_db
def test_a_schedule_that_the_database_refuses_keeps_no_other_from_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    due(schedule()), due(schedule())
    dispatch = schedules._dispatch
    refusals = iter([LIMIT])

    def refused_once(of: Schedule) -> bool:
        with transaction.atomic():
            return failing(state)() if (state := next(refusals, None)) else dispatch(of)

    monkeypatch.setattr(schedules, "_dispatch", refused_once)
    assert dispatch_due() == 1
    monkeypatch.setattr(schedules, "_dispatch", failing(DEADLOCK))
    with pytest.raises(OperationalError), transaction.atomic():
        dispatch_due()


@pytest.mark.django_db
def test_nothing_is_scanned_when_nothing_has_changed() -> None:
    made = schedule()
    for expected in (RunState.SCANNED, RunState.UNCHANGED, RunState.SCANNED):
        run = run_now(schedule=made, by=by(made))
        imported(run, sha256=("b" if states(made).count(RunState.UNCHANGED) else "a") * 64)
        if run.state == RunState.SCANNING:
            scanned(run)
        assert run.state == expected
    assert ComplianceScan.objects.filter(policy=made.policy).count() == 2
    unchanged = made.runs.get(state=RunState.UNCHANGED)
    assert unchanged.scan == ComplianceScan.objects.filter(policy=made.policy).earliest("created_at")


@pytest.mark.django_db
@pytest.mark.parametrize("other", ["overrides", "context"])
def test_a_scan_that_read_the_file_otherwise_or_looked_back_is_not_the_same(other: str) -> None:
    made = schedule()
    first = run_now(schedule=made, by=by(made))
    imported(first, sha256="a" * 64)
    scan = scanned(first)
    ComplianceScan.objects.filter(pk=scan.pk).update(
        mapping_overrides={"Amount": {"decimal_mark": ","}} if other == "overrides" else {},
        context_uploads=[str(factories.upload(made.group).pk)] if other == "context" else [],
    )  # fmt: skip
    again = run_now(schedule=made, by=by(made))
    imported(again, sha256="a" * 64)
    assert again.state == RunState.SCANNING


@pytest.mark.django_db
def test_a_file_that_lacks_a_mapped_column_ends_the_run_with_its_reason() -> None:
    made = schedule()
    run = run_now(schedule=made, by=by(made))
    imported(run, columns=("Other",))
    assert (run.state, run.error_code) == (RunState.FAILED, "VALIDATION_ERROR")
    assert "Account" in run.message


@pytest.mark.django_db
def test_an_archived_policy_ends_the_run_with_its_reason() -> None:
    made = schedule()
    type(made.policy).objects.filter(pk=made.policy_id).update(archived_at=timezone.now())
    run = run_now(schedule=made, by=by(made))
    imported(run)
    assert (run.state, run.error_code) == (RunState.FAILED, "NOT_FOUND")


@pytest.mark.django_db
def test_a_failed_or_cancelled_job_ends_its_run() -> None:
    made = schedule()
    run = run_now(schedule=made, by=by(made))
    import_failed(run)
    assert (run.state, run.error_code, run.message) == (RunState.FAILED, "SOURCE_EMPTY", "No file fits *.csv.")

    run = run_now(schedule=made, by=by(made))
    imported(run)
    lifecycle.cancel(kinds.get("compliance_scan"), str(run.scan_id), actor="somebody")
    runs.advance_all()
    run.refresh_from_db()
    assert (run.state, run.message) == (RunState.CANCELLED, "The compliance scan was cancelled.")


@pytest.mark.django_db
def test_an_overlapping_run_is_skipped() -> None:
    made = schedule(overlap=Overlap.SKIP)
    for _ in range(2):
        due(made)
        dispatch_due()
    assert states(made) == [RunState.IMPORTING, RunState.SKIPPED_OVERLAP]


@pytest.mark.django_db
def test_one_overlapping_run_waits_and_starts_when_the_first_has_ended() -> None:
    made = schedule(overlap=Overlap.QUEUE)
    for _ in range(3):
        due(made)
        dispatch_due()
    assert states(made) == [RunState.IMPORTING, RunState.WAITING, RunState.SKIPPED_OVERLAP]
    first, second = made.runs.order_by("created_at")[:2]
    imported(first)
    assert states(made)[1] == RunState.WAITING
    scanned(first)
    second.refresh_from_db()
    assert (second.state, second.source_import is not None) == (RunState.IMPORTING, True)


@pytest.mark.django_db
@pytest.mark.parametrize("scanning", [False, True])
def test_an_overlapping_run_cancels_the_one_before(scanning: bool) -> None:
    made = schedule(overlap=Overlap.CANCEL_PREVIOUS)
    due(made)
    dispatch_due()
    first = only(made)
    if scanning:
        imported(first)
    due(made)
    dispatch_due()
    assert states(made) == [RunState.CANCELLED, RunState.IMPORTING]
    first.refresh_from_db()
    assert (first.scan if scanning else first.source_import).status == "cancelled"


@pytest.mark.django_db
@pytest.mark.parametrize(("catch_up", "state"), [(CatchUp.NONE, RunState.MISSED), (CatchUp.ONCE, RunState.IMPORTING)])
def test_times_that_passed_while_nothing_ran_are_said_and_caught_up_once(catch_up: str, state: str) -> None:
    made = schedule(cron="", every_minutes=10, catch_up=catch_up)
    Schedule.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(days=1))
    at = due(made, timedelta(minutes=35))
    assert dispatch_due() == 1
    run = only(made)
    assert (run.state, run.due_at) == (state, at)
    assert run.message.startswith("4 due times passed") or run.message.startswith("5 due times passed")
    assert dispatch_due() == 0


@pytest.mark.django_db
def test_a_paused_or_deleted_schedule_is_never_due() -> None:
    made = schedule()
    paused = change_schedule(schedule=made, by=by(made), is_active=False)
    assert paused.next_run_at is None
    again = change_schedule(schedule=made, by=by(made), is_active=True)
    assert again.next_run_at > timezone.now()
    with pytest.raises(SourceInUse):
        delete_source(source=made.source, by=by(made))
    delete_schedule(schedule=made, by=by(made))
    assert dispatch_due() == 0
    assert not Schedule.objects.in_use().filter(pk=made.pk).exists()


@pytest.mark.django_db
def test_a_schedule_is_either_cron_or_an_interval() -> None:
    group = factories.group()
    for chosen in ({"cron": ""}, {"every_minutes": 5}, {"cron": "x"}):
        with pytest.raises(ValidationFailed):
            schedule(group, **chosen)
    made = schedule(group)
    assert change_schedule(schedule=made, by=by(made), every_minutes=30).cron == ""
    changed = change_schedule(schedule=made, by=by(made), cron="0 4 * * *", time_zone="Europe/Vienna")
    assert (changed.every_minutes, changed.next_run_at.astimezone(UTC).hour in (2, 3)) == (None, True)


@pytest.mark.django_db
def test_run_now_is_refused_while_a_run_goes_on() -> None:
    made = schedule()
    run_now(schedule=made, by=by(made))
    with pytest.raises(RunGoesOn):
        run_now(schedule=made, by=by(made))


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_dispatch_each_due_time_once() -> None:
    made = [schedule() for _ in range(5)]
    for each in made:
        due(each)
    together = threading.Barrier(4)

    def dispatch() -> None:
        try:
            together.wait(300)
            dispatch_due()
        finally:
            connection.close()

    threads = [threading.Thread(target=dispatch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [states(each) for each in made] == [[RunState.IMPORTING]] * 5

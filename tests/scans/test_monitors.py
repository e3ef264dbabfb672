"""Monitors: each due time starts a scan at most once, one at a time."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from jobs import kinds, lifecycle
from scans.actions import monitors
from scans.actions.monitors import dispatch_due
from scans.enums import ScanType
from scans.models import Monitor, SignalScan
from tests.database_faults import DEADLOCK, LIMIT, failing
from tests.scans import factories
from tests.scans.asking import Asking, fault


@pytest.mark.django_db
def test_a_due_monitor_starts_a_scan_of_type_monitoring_and_is_due_again_later() -> None:
    monitor = factories.monitor(factories.group(), test=True)
    assert dispatch_due() == 1
    scan = SignalScan.objects.get()
    assert (scan.type, scan.monitor, scan.status, scan.test) == (ScanType.MONITORING, monitor, "queued", True)
    assert (scan.specification_id, scan.audience_id) == (monitor.specification_id, monitor.audience_id)
    monitor.refresh_from_db()
    assert monitor.next_run_at > timezone.now()
    assert dispatch_due() == 0


@pytest.mark.django_db
def test_a_monitor_that_the_database_refuses_keeps_no_other_from_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    group = factories.group()
    factories.monitor(group), factories.monitor(group)
    dispatch, refusals = monitors._dispatch, iter([LIMIT])
    monkeypatch.setattr(
        monitors, "_dispatch", lambda pk: failing(state)() if (state := next(refusals, None)) else dispatch(pk)
    )
    assert dispatch_due() == 1
    Monitor.objects.update(next_run_at=timezone.now())
    monkeypatch.setattr(monitors, "_dispatch", failing(DEADLOCK))
    with pytest.raises(OperationalError):
        dispatch_due()


@pytest.mark.django_db
def test_many_missed_due_times_are_made_up_for_by_one_scan() -> None:
    monitor = factories.monitor(
        factories.group(), cron="* * * * *", next_run_at=timezone.now() - timedelta(days=3)
    )  # fmt: skip
    assert dispatch_due() == 1
    monitor.refresh_from_db()
    assert monitor.next_run_at > timezone.now()


@pytest.mark.django_db
def test_a_due_time_passes_while_the_scan_before_goes_on() -> None:
    monitor = factories.monitor(factories.group())
    dispatch_due()
    Monitor.objects.update(next_run_at=timezone.now())
    assert dispatch_due() == 0
    monitor.refresh_from_db()
    assert monitor.note
    assert monitor.next_run_at > timezone.now()
    scan = SignalScan.objects.get()
    lifecycle.cancel(kinds.of(scan), scan.pk, actor="tests")
    Monitor.objects.update(next_run_at=timezone.now())
    assert dispatch_due() == 1
    monitor.refresh_from_db()
    assert monitor.note == ""


@pytest.mark.django_db
def test_a_monitor_waits_until_its_audience_is_filled() -> None:
    monitor = factories.monitor(factories.group())
    job = factories.filling(monitor.audience)
    assert dispatch_due() == 0
    lifecycle.cancel(kinds.of(job), job.pk, actor="tests")
    assert dispatch_due() == 1


@pytest.mark.django_db
def test_a_paused_monitor_is_never_due() -> None:
    factories.monitor(factories.group(), is_active=False, next_run_at=None)
    assert dispatch_due() == 0


@pytest.mark.django_db
def test_the_database_keeps_a_monitor_to_one_live_scan() -> None:
    monitor = factories.monitor(factories.group())
    first = factories.scan(monitor.group, monitor=monitor)
    with pytest.raises(IntegrityError, match="a_monitor_has_one_live_scan"), transaction.atomic():
        factories.scan(monitor.group, monitor=monitor)
    lifecycle.cancel(kinds.of(first), first.pk, actor="tests")
    factories.scan(monitor.group, monitor=monitor)


@pytest.mark.django_db(transaction=True)
def test_of_two_dispatchers_at_once_one_starts_the_scan() -> None:
    monitor = factories.monitor(factories.group())
    started: list[int] = []
    together = threading.Barrier(2, timeout=300)

    def dispatch() -> None:
        together.wait()
        started.append(dispatch_due())
        connection.close()

    threads = [threading.Thread(target=dispatch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)
    assert sorted(started) == [0, 1]
    assert SignalScan.objects.filter(monitor=monitor).count() == 1


def test_beat_looks_for_due_monitors() -> None:
    from scans import tasks

    entries = [entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()]
    assert entries.count(tasks.tend_monitors.name) == 1


@pytest.mark.django_db
def test_an_audience_with_a_monitor_is_not_deleted_under_it() -> None:
    monitor = factories.monitor(factories.group())
    asking = Asking(monitor.group)
    where = f"/audiences/{monitor.audience_id}"
    assert fault(asking.delete(where), 409) == ("CONFLICT", None)
    monitor.delete()
    assert asking.delete(where).status_code == 200

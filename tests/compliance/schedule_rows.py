"""Schedules and their runs for tests, moved on as workers would move them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.requester import Requester
from compliance.actions import runs
from compliance.actions.schedules import create_schedule
from compliance.columns import Column
from compliance.models import ComplianceScan, Schedule, ScheduleRun, Upload
from jobs import kinds, lifecycle
from jobs.lifecycle import Lease
from tests.compliance import factories

CONFIG = {"account": "Account", "amount": "Amount"}


def by(schedule_or_group: Any) -> Requester:
    return Requester.command("tests", getattr(schedule_or_group, "group", schedule_or_group))


def schedule(group: Any = None, **chosen: Any) -> Schedule:
    group = group or factories.group()
    source = factories.source(group, mapping_config=CONFIG)
    about: dict[str, Any] = {"name": "Nightly", "cron": "30 2 * * *", **chosen}
    return create_schedule(
        group=group, by=by(group), policy_id=factories.policy(group).pk, source_id=source.pk, **about
    )  # fmt: skip


def due(of: Schedule, ago: timedelta = timedelta(seconds=1)) -> datetime:
    """Make it due since a moment ago."""
    at = timezone.now() - ago
    Schedule.objects.filter(pk=of.pk).update(next_run_at=at)
    return at


def states(of: Schedule) -> list[str]:
    return list(of.runs.order_by("created_at", "due_at").values_list("state", flat=True))


def imported(run: ScheduleRun, columns: Sequence[str] = ("Account", "Amount"), **fields: Any) -> Upload:
    """Its import ends as a worker would end it."""
    run.refresh_from_db()
    profile = {**factories.PROFILE, "columns": [_column(name, n) for n, name in enumerate(columns)]}
    upload = factories.upload(run.schedule.group, profile=profile, **fields)
    with lifecycle.finish(_claimed("source_import", run.source_import_id)) as (_, results):
        results["upload"] = upload
    runs.advance_import(str(run.source_import_id))
    run.refresh_from_db()
    return upload


def import_failed(run: ScheduleRun, code: str = "SOURCE_EMPTY", message: str = "No file fits *.csv.") -> None:
    run.refresh_from_db()
    lifecycle.fail(_claimed("source_import", run.source_import_id), code=code, message=message)
    runs.advance_import(str(run.source_import_id))
    run.refresh_from_db()


def scanned(run: ScheduleRun, *, score: str = "99.00", critical: int = 0, previous: Any = None) -> ComplianceScan:
    """Its scan ends as a worker would end it, with so many new CRITICAL violations."""
    run.refresh_from_db()
    scan = run.scan
    assert scan is not None
    lease = _claimed("compliance_scan", scan.pk)
    for n in range(critical):
        factories.violation(scan, lease.attempt, f"A{n}", severity="CRITICAL")
    delta: dict[str, Any] = {}
    if previous is not None:
        delta = {
            "previous_scan": previous, "new_count": critical, "unchanged_count": 0,
            "resolved_count": previous.violation_count, "previous_violation_count": previous.violation_count,
        }  # fmt: skip
    with lifecycle.finish(lease) as (_, results):
        results.update(
            score=Decimal(score), result_digest=uuid.uuid4().hex * 2, violation_count=critical,
            rules_processed=scan.rules_total, **delta,
        )  # fmt: skip
    runs.advance_scan(str(scan.pk))
    run.refresh_from_db()
    scan.refresh_from_db()
    return scan


def _claimed(kind: str, job_id: Any) -> Lease:
    lease = lifecycle.claim(kinds.get(kind), str(job_id), worker="worker of a test")
    assert lease is not None
    return lease


def _column(name: str, n: int) -> dict[str, Any]:
    numbers = 0 if name == "Account" else 1000
    about = Column(
        name=name, stored=f"c{n}", type="number" if numbers else "text", nulls=0, distinct=10, min=None, max=None,
        numbers=numbers,
    )  # fmt: skip
    return asdict(about)

"""A run of a schedule: import, confirm the mapping, leave it when nothing has changed, else scan; then what came of it.

No worker waits for another. `advance` looks at how far the import or the scan of a run is and takes the next step; it
is called when one of them ends, and by a sweep for whatever ended otherwise (cancelled, its worker lost).
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import structlog
from django.db import transaction
from django.db.models.functions import Now

from accounts.requester import Requester
from compliance.actions.rescans import is_unchanged
from compliance.actions.scans import start_scan
from compliance.actions.sources import start_import
from compliance.actions.uploads import confirm_mapping
from compliance.enums import LIVE_RUNS, Overlap, RunState
from compliance.models import ComplianceScan, Mapping, Schedule, ScheduleRun, SourceImport, Upload
from jobs import kinds, lifecycle, wires
from jobs.enums import Status
from jobs.errors import NotCancellable
from jobs.models import Job
from web.database import is_passing
from web.errors import Refused

log = structlog.get_logger(__name__)

AT_ONCE = 500


def begin(run: ScheduleRun) -> None:
    """Start a new run, or do what its schedule wants when another one goes on. Inside the caller's transaction."""
    schedule = Schedule.objects.select_for_update(no_key=True).get(pk=run.schedule_id)
    rows = schedule.runs.live().exclude(pk=run.pk).select_for_update(no_key=True)
    others = list(rows.order_by("created_at", "id"))
    if not others:
        _import(run, schedule)
    elif schedule.overlap == Overlap.CANCEL_PREVIOUS:
        for other in others:
            _cancel(other, schedule)
        _import(run, schedule)
    elif schedule.overlap == Overlap.SKIP or any(other.state == RunState.WAITING for other in others):
        _end(run, RunState.SKIPPED_OVERLAP, "The run before was still going on.")


def advance(run_id: object) -> None:
    """Take the next step of a run, if there is one to take. Harmless when nothing is."""
    try:
        with transaction.atomic():
            run = _locked(run_id)
            if run is not None:
                _step(run)
    except Exception as fault:
        if is_passing(fault):
            raise  # the sweep comes again
        log.exception("schedule_run_broke", run_id=str(run_id))
        with transaction.atomic():
            if (run := _locked(run_id)) is not None:
                _unforeseen(run)
    if run is not None and run.state not in LIVE_RUNS:
        _begin_waiting(run.schedule_id)


def _locked(run_id: object) -> ScheduleRun | None:
    live = ScheduleRun.objects.live().select_for_update(no_key=True, of=("self",))
    run: ScheduleRun | None = live.filter(pk=run_id).first()
    return run


def advance_scan(scan_id: str) -> None:
    """The scan of this id may have ended: move on the runs that wait for it."""
    for run_id in ScheduleRun.objects.live().filter(scan_id=scan_id).values_list("pk", flat=True):
        advance(run_id)


def advance_import(import_id: str) -> None:
    """The import of this id may have ended: move on the run that waits for it."""
    for run_id in ScheduleRun.objects.live().filter(source_import_id=import_id).values_list("pk", flat=True):
        advance(run_id)


def advance_all() -> None:
    """The sweep: every run that goes on is looked at; those that wait begin when nothing is before them."""
    for run_id in ScheduleRun.objects.stalled().values_list("pk", flat=True)[:AT_ONCE]:
        advance(run_id)
    for schedule_id in ScheduleRun.objects.live().filter(state=RunState.WAITING).values_list("schedule_id", flat=True):
        _begin_waiting(schedule_id)


def _step(run: ScheduleRun) -> None:
    match (run.state, run.source_import, run.scan):
        case (RunState.IMPORTING, SourceImport(status=Status.COMPLETED, upload=Upload() as upload), _):
            _scan(run, upload)
        case (RunState.IMPORTING, SourceImport() as wanted, _):
            _end_as(run, wanted)
        case (RunState.SCANNING, _, ComplianceScan(status=Status.COMPLETED)):
            _end(run, RunState.SCANNED)
        case (RunState.SCANNING, _, ComplianceScan() as scan):
            _end_as(run, scan)


def _import(run: ScheduleRun, schedule: Schedule) -> None:
    run.source_import = start_import(source=schedule.source, by=_actor(schedule))
    run.state, run.started_at = RunState.IMPORTING, Now()
    run.save(update_fields=["source_import", "state", "started_at"])


def _scan(run: ScheduleRun, upload: Upload) -> None:
    """Confirm the source's mapping and scan; what refuses that ends the run with its reason."""
    schedule = Schedule.objects.select_related("source", "group", "policy").get(pk=run.schedule_id)
    by = _actor(schedule)
    try:
        with transaction.atomic():
            mapping = _mapping(schedule, upload, by)
            newest = ComplianceScan.objects.for_group(schedule.group).shown().completed()
            last = newest.filter(policy=schedule.policy).order_by("-created_at", "-pk").first()
            if last is not None and is_unchanged(
                scan=last, upload_sha256=upload.sha256, mapping_config=mapping.config,
                temporal_scale=mapping.temporal_scale, overrides=mapping.overrides, context_uploads=(),
            ):  # fmt: skip
                run.scan = last
                _end(run, RunState.UNCHANGED, "Nothing has changed since the last scan, so nothing was scanned.")
                return
            run.scan = start_scan(
                group=schedule.group, by=by, policy_id=schedule.policy_id, upload_id=upload.pk, mapping_id=mapping.pk,
                audit_name=schedule.name,
            )  # fmt: skip
            run.state = RunState.SCANNING
            run.save(update_fields=["scan", "state"])
    except Refused as refusal:
        run.scan = None
        _end(run, RunState.FAILED, refusal.message, code=refusal.code)


def _mapping(schedule: Schedule, upload: Upload, by: Requester) -> Mapping:
    """The source's mapping, or the suggested one when it has none, confirmed for this upload."""
    source = schedule.source
    config = source.mapping_config or upload.profile["suggested_mapping"]
    return confirm_mapping(upload=upload, by=by, config=config, temporal_scale=source.temporal_scale or None)


def _end_as(run: ScheduleRun, job: Job) -> None:
    """End the run as its job has ended; nothing while that goes on."""
    if job.status == Status.FAILED:
        _end(run, RunState.FAILED, job.error_message, code=job.error_code)
    elif job.status == Status.CANCELLED:
        _end(run, RunState.CANCELLED, f"The {type(job)._meta.verbose_name} was cancelled.")


def _end(run: ScheduleRun, state: RunState, message: str = "", *, code: str = "") -> None:
    """The one way a run ends. People are told after the commit, by a task of its own."""
    run.state, run.error_code, run.ended_at = state, code, Now()
    run.message = f"{run.message} {message}".strip()
    told = state in (RunState.SCANNED, RunState.FAILED)
    run.notify_after = Now() if told else None
    run.save(update_fields=["state", "error_code", "ended_at", "message", "scan", "notify_after"])
    if told:
        transaction.on_commit(lambda: wires.send("compliance.tasks.tell", "short", str(run.pk)), robust=True)
    log.info("schedule_run_ended", run_id=str(run.pk), state=state, code=code)


def _unforeseen(run: ScheduleRun) -> None:
    _end(run, RunState.FAILED, "An unexpected error stopped the run. It has been recorded.", code="INTERNAL_ERROR")


def _cancel(run: ScheduleRun, schedule: Schedule) -> None:
    """Stop a run for the next one: its jobs are cancelled as a partner would."""
    by = _actor(schedule)
    jobs: list[tuple[str, Any]] = [("compliance_scan", run.scan), ("source_import", run.source_import)]
    for kind, job in jobs:
        if job is not None:
            with suppress(NotCancellable):
                lifecycle.cancel(kinds.get(kind), str(job.pk), actor=by.name)
    if run.scan is not None and ComplianceScan.objects.completed().filter(pk=run.scan_id).exists():
        _end(run, RunState.SCANNED)  # it was quicker
    else:
        _end(run, RunState.CANCELLED, "The next run was due and cancelled this one.")


def _begin_waiting(schedule_id: object) -> None:
    """Begin the run that waits, once nothing of its schedule goes on."""
    with transaction.atomic():
        schedule = Schedule.objects.select_for_update(no_key=True).get(pk=schedule_id)
        live = schedule.runs.live()
        if live.exclude(state=RunState.WAITING).exists():
            return
        waiting = live.order_by("created_at", "id").first()
        if waiting is not None:
            _import(waiting, schedule)


def _actor(schedule: Schedule) -> Requester:
    return Requester.on_behalf(
        f"schedule:{schedule.pk}", schedule.group, key=schedule.created_by_key, user=schedule.created_by_user
    )

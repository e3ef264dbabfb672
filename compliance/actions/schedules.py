"""Making, changing and deleting schedules, and finding out which are due."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import AccountGroup
from accounts.requester import Requester
from compliance import staging
from compliance.actions import runs
from compliance.enums import CatchUp, RunState
from compliance.errors import PolicyNotFound, RunGoesOn, ScheduleNotFound, SourceNotFound
from compliance.models import Policy, Schedule, ScheduleRun, Source
from jobs.schedule_times import BadCron, Cron
from web.database import is_passing
from web.errors import ValidationFailed

log = structlog.get_logger(__name__)

AT_ONCE = 500  # schedules dispatched in one go
COUNTED = 1000  # missed times are counted no further


def create_schedule(
    *, group: AccountGroup, by: Requester, policy_id: uuid.UUID, source_id: uuid.UUID, **chosen: Any
) -> Schedule:
    """PolicyNotFound, SourceNotFound, or ValidationFailed for times that mean nothing."""
    made = staging.now()
    with transaction.atomic():
        schedule = Schedule(
            group=group, policy=_policy(group, policy_id), source=_source(group, source_id), created_at=made,
            created_by_key=by.key, created_by_user=by.user, **chosen,
        )  # fmt: skip
        _set_next(schedule, made)
        schedule.save(force_insert=True)
        by.audit("schedule.created", schedule, after=_facts(schedule))
    return schedule


def change_schedule(*, schedule: Schedule, by: Requester, **chosen: Any) -> Schedule:
    """Change what is named. A pause forgets the next run; going on again counts from now."""
    with transaction.atomic():
        locked = _locked(schedule)
        before = _facts(locked)
        if "policy_id" in chosen:
            locked.policy = _policy(locked.group, chosen.pop("policy_id"))
        if "source_id" in chosen:
            locked.source = _source(locked.group, chosen.pop("source_id"))
        for name, value in chosen.items():
            setattr(locked, name, value)
        if chosen.get("cron") and not chosen.get("every_minutes"):
            locked.every_minutes = None
        elif chosen.get("every_minutes") and not chosen.get("cron"):
            locked.cron = ""
        _set_next(locked, staging.now())
        locked.updated_at = Now()
        locked.save()
        by.audit("schedule.changed", locked, before=before, after=_facts(locked))
    locked.refresh_from_db()
    return locked


def delete_schedule(*, schedule: Schedule, by: Requester) -> None:
    """It is never due again; its runs stay, and one that goes on ends as it would have."""
    with transaction.atomic():
        locked = _locked(schedule)
        Schedule.objects.filter(pk=locked.pk).update(
            is_active=False, next_run_at=None, deleted_at=Now(), updated_at=Now()
        )  # fmt: skip
        by.audit("schedule.deleted", locked)


def run_now(*, schedule: Schedule, by: Requester) -> ScheduleRun:
    """A run beside the plan. RunGoesOn while another one of this schedule waits or goes on."""
    with transaction.atomic():
        locked = _locked(schedule)
        if locked.runs.live().exists():
            raise RunGoesOn
        run = ScheduleRun.objects.create(schedule=locked, due_at=staging.now(), asked_by=by.name)
        runs.begin(run)
        by.audit("schedule.run", locked, after={"run": str(run.pk)})
    run.refresh_from_db()
    return run


def dispatch_due() -> int:
    """Start a run for every schedule that is due; returns how many times were dispatched.

    Two dispatchers at once are harmless: the time is taken by moving `next_run_at` in one conditional UPDATE.
    """
    due = list(Schedule.objects.due().select_related("group").order_by("next_run_at")[:AT_ONCE])
    return sum(_dispatched(schedule) for schedule in due)


def _dispatched(schedule: Schedule) -> bool:
    """One schedule that cannot be dispatched keeps no other from it."""
    try:
        return _dispatch(schedule)
    except Exception as fault:
        if is_passing(fault):
            raise
        log.exception("schedule_not_dispatched", schedule_id=str(schedule.pk))
        return False


def _dispatch(schedule: Schedule) -> bool:
    now, due_at = staging.now(), schedule.next_run_at
    assert due_at is not None  # noqa: S101  it is due
    following = schedule.times.after(now)
    with transaction.atomic():
        seen = Schedule.objects.filter(pk=schedule.pk, is_active=True, next_run_at=due_at)
        if not seen.update(next_run_at=following):
            return False
        late = now - due_at > timedelta(seconds=settings.SCHEDULE_LATE)
        run = ScheduleRun(schedule=schedule, due_at=due_at)
        if late:
            run.message = _missed(schedule, due_at, now)
        if late and schedule.catch_up == CatchUp.NONE:
            run.state, run.ended_at = RunState.MISSED, now
            run.save(force_insert=True)
            return True
        run.save(force_insert=True)
        runs.begin(run)
    return True


def _missed(schedule: Schedule, due_at: datetime, now: datetime) -> str:
    count = 1 + schedule.times.between(due_at, now, most=COUNTED)
    many = "1 due time" if count == 1 else f"{count if count <= COUNTED else f'more than {COUNTED}'} due times"
    return f"{many} passed before anything looked, the first at {due_at:%Y-%m-%d %H:%M} UTC."


def _set_next(schedule: Schedule, now: datetime) -> None:
    if bool(schedule.cron) == bool(schedule.every_minutes):
        raise ValidationFailed.at("cron", "write either cron or every_minutes")
    if schedule.cron:
        try:
            Cron.parse(schedule.cron)
        except BadCron as fault:
            raise ValidationFailed.at("cron", str(fault)) from fault
    schedule.next_run_at = schedule.times.after(now) if schedule.is_active else None


def _locked(schedule: Schedule) -> Schedule:
    rows = Schedule.objects.in_use().select_related("group").select_for_update(no_key=True, of=("self",))
    locked: Schedule | None = rows.filter(pk=schedule.pk).first()
    if locked is None:
        raise ScheduleNotFound
    return locked


def _policy(group: AccountGroup, policy_id: uuid.UUID) -> Policy:
    policy: Policy | None = Policy.objects.for_group(group).in_use().filter(pk=policy_id).first()
    if policy is None:
        raise PolicyNotFound
    return policy


def _source(group: AccountGroup, source_id: uuid.UUID) -> Source:
    """Locked against its deletion until the schedule's row stands."""
    sources = Source.objects.for_group(group).in_use().select_for_update(no_key=True)
    source: Source | None = sources.filter(pk=source_id).first()
    if source is None:
        raise SourceNotFound
    return source


def _facts(schedule: Schedule) -> dict[str, Any]:
    names = (
        "name", "policy_id", "source_id", "cron", "every_minutes", "time_zone", "is_active", "overlap", "catch_up",
        "jitter",
    )  # fmt: skip
    return {name: getattr(schedule, name) for name in names}

"""Making, changing and deleting monitors, and starting the scans of those that are due."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.models import AccountGroup
from accounts.requester import Requester
from jobs.schedule_times import BadCron, Cron
from prospecting.models import Audience
from scans.actions.scans import audience_named, specification_named, start_scan
from scans.errors import MonitorNotFound
from scans.models import Monitor
from web.database import is_passing
from web.errors import ValidationFailed

log = structlog.get_logger(__name__)

AT_ONCE = 500  # monitors looked at in one go
OVERLAP = "The scan before was still going on at the last due time, so none was started."
_NAMED = ("signal_specification_id", "audience_id")


def create_monitor(*, group: AccountGroup, by: Requester, test: bool = False, **chosen: Any) -> Monitor:
    """`chosen`: signal_specification_id, audience_id, cron, time_zone, is_active. ValidationFailed for unknown ids."""
    with transaction.atomic():
        monitor = Monitor(
            group=group, test=test, created_by_key=by.key, created_by_user=by.user, created_at=_now()
        )  # fmt: skip
        _apply(monitor, chosen)
        monitor.save(force_insert=True)
        by.audit("monitor.created", monitor, after=chosen)
    return monitor


def change_monitor(*, monitor: Monitor, by: Requester, **chosen: Any) -> Monitor:
    """Change what is named. A pause forgets the next run; going on again counts from now."""
    with transaction.atomic():
        locked = _locked(monitor)
        _apply(locked, chosen)
        locked.updated_at = Now()
        locked.save()
        by.audit("monitor.changed", locked, after=chosen)
    return locked


def delete_monitor(*, monitor: Monitor, by: Requester) -> None:
    """It is never due again; its scans stay, and one that goes on ends as it would have."""
    with transaction.atomic():
        locked = _locked(monitor)
        by.audit("monitor.deleted", locked)
        locked.delete()


def dispatch_due() -> int:
    """Start a scan for every monitor that is due; returns how many.

    Due times that nothing looked at are made up for by one scan. While the audience is being filled a monitor stays
    due; while its scan before goes on, the due time passes. Two dispatchers at once are harmless: the time is taken
    under the monitor's lock.
    """
    due = Monitor.objects.due().order_by("next_run_at").values_list("pk", flat=True)[:AT_ONCE]
    return sum(_dispatched(monitor_id) for monitor_id in list(due))


def _dispatched(monitor_id: str) -> bool:
    """One monitor that cannot be dispatched keeps no other from it."""
    try:
        with transaction.atomic():
            return _dispatch(monitor_id)
    except Exception as fault:
        if is_passing(fault):
            raise
        log.exception("monitor_not_dispatched", monitor_id=monitor_id)
        return False


def _dispatch(monitor_id: str) -> bool:
    rows = Monitor.objects.due().select_related("group", "created_by_key", "created_by_user")
    monitor: Monitor | None = rows.select_for_update(of=("self",), skip_locked=True).filter(pk=monitor_id).first()
    if monitor is None or Audience.objects.with_filling().get(pk=monitor.audience_id).filling:
        return False
    busy = monitor.scans.live().exists()
    following = monitor.times.after(_now())
    Monitor.objects.filter(pk=monitor.pk).update(next_run_at=following, note=OVERLAP if busy else "")
    if busy:
        return False
    by = Requester.on_behalf(
        f"monitor:{monitor.pk}", monitor.group, key=monitor.created_by_key, user=monitor.created_by_user
    )  # fmt: skip
    start_scan(
        group=monitor.group, by=by, signal_specification_id=monitor.specification_id, audience_id=monitor.audience_id,
        test=monitor.test, monitor=monitor,
    )  # fmt: skip
    return True


def _apply(monitor: Monitor, chosen: dict[str, Any]) -> None:
    if "signal_specification_id" in chosen:
        monitor.specification = specification_named(monitor.group, chosen["signal_specification_id"])
    if "audience_id" in chosen:
        monitor.audience = audience_named(monitor.group, chosen["audience_id"])
    for name, value in chosen.items():
        if name not in _NAMED:
            setattr(monitor, name, value)
    try:
        Cron.parse(monitor.cron)
    except BadCron as fault:
        raise ValidationFailed.at("cadence.cron", str(fault)) from fault
    timing = {"cron", "time_zone", "is_active"} & chosen.keys()
    if timing or monitor._state.adding:
        monitor.next_run_at = monitor.times.after(_now()) if monitor.is_active else None


def _locked(monitor: Monitor) -> Monitor:
    rows = Monitor.objects.select_related("group").select_for_update(of=("self",))
    locked: Monitor | None = rows.filter(pk=monitor.pk).first()
    if locked is None:
        raise MonitorNotFound
    return locked


def _now() -> datetime:
    """The database's clock, by which monitors are due."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment

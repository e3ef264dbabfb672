"""Telling staff by e-mail what a scheduled run brought: once, only when something is new, and never in its way.

A run that ended keeps `notify_after` until somebody has looked whether there is anything to tell and told it. A mail
server that is away is asked again, later and later, up to TRIES times.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.models import User
from compliance.enums import ReviewStatus, RunState, Severity
from compliance.models import ComplianceScan, GroupSettings, ScheduleRun, Violation

log = structlog.get_logger(__name__)

TRIES = 8
BACKOFF = timedelta(minutes=1)  # doubling
AT_ONCE = 100


@dataclass(frozen=True)
class Notice:
    """What is new about a run: a subject of a few words and one line for each thing."""

    subject: str
    lines: list[str]


def tell_all() -> None:
    """The sweep: every run about which somebody may have to be told."""
    for run_id in ScheduleRun.objects.to_tell().order_by("notify_after").values_list("pk", flat=True)[:AT_ONCE]:
        tell(str(run_id))


def tell(run_id: str) -> bool:
    """Send the one e-mail of a run if it is due; whether one was sent. Two at once send one."""
    run = ScheduleRun.objects.to_tell().select_related("schedule__group", "scan").filter(pk=run_id).first()
    if run is None or not _claimed(run):
        return False
    chosen = GroupSettings.objects.filter(group=run.schedule.group).first()
    notice = notice_of(run, chosen) if chosen is not None else None
    to = recipients(chosen) if chosen is not None and notice is not None else []
    try:
        if notice is not None and to:
            EmailMessage(notice.subject, _text(run, notice), to=to).send()
    except OSError as fault:  # smtplib's errors are OSErrors
        log.warning("notice_not_sent", run_id=run_id, fault=type(fault).__name__, attempts=run.notify_attempts + 1)
        if run.notify_attempts + 1 < TRIES:
            return False  # the claim has set when it is tried again
    ScheduleRun.objects.filter(pk=run_id).update(notify_after=None)
    return bool(notice and to)


def notice_of(run: ScheduleRun, chosen: GroupSettings) -> Notice | None:
    """None when nothing is new: a failure like the one before, a score that holds, no new CRITICAL violation."""
    if run.state == RunState.FAILED:
        return _failure(run)
    if run.scan is None:
        return None
    lines = [*_score_drop(run.scan, chosen), *_new_critical(run.scan, chosen)]
    return Notice(_subject(run, "needs a look"), lines) if lines else None


def recipients(chosen: GroupSettings) -> list[str]:
    """Addresses of the named staff who may still see the group."""
    member = Q(account_groups=chosen.group_id) | Q(is_superuser=True)
    staff = User.objects.filter(member, is_active=True, pk__in=chosen.notified.values("pk")).exclude(email="")
    return list(staff.distinct().order_by("email").values_list("email", flat=True))


def _claimed(run: ScheduleRun) -> bool:
    later = Now() + BACKOFF * 2 ** min(run.notify_attempts, 6)
    seen = ScheduleRun.objects.filter(pk=run.pk, notify_after=run.notify_after)
    return bool(seen.update(notify_after=later, notify_attempts=F("notify_attempts") + 1))


def _failure(run: ScheduleRun) -> Notice | None:
    before = ScheduleRun.objects.judged().filter(schedule=run.schedule_id, created_at__lt=run.created_at)
    last = before.order_by("-created_at", "-pk").first()
    if last is not None and (last.state, last.error_code) == (RunState.FAILED, run.error_code):
        return None
    return Notice(_subject(run, "failed"), [f"The run failed with {run.error_code}: {run.message}"])


def _score_drop(scan: ComplianceScan, chosen: GroupSettings) -> list[str]:
    """As both scans stood when the later one completed: decisions taken since neither cause nor spare a notice."""
    if scan.previous_scan is None or scan.completed_at is None:
        return []
    before, after = (each.score_at(scan.completed_at) for each in (scan.previous_scan, scan))
    if before is None or after is None or before - after <= chosen.notify_score_drop:
        return []
    return [f"The score fell by {before - after} points, from {before} to {after}."]


def _new_critical(scan: ComplianceScan, chosen: GroupSettings) -> list[str]:
    if not chosen.notify_new_critical:
        return []
    new = Violation.objects.of_scan(scan).filter(severity=Severity.CRITICAL, first_seen_scan_id=scan.pk, waiver=None)
    count = new.exclude(status=ReviewStatus.FALSE_POSITIVE).count()
    return [f"{count:,} new CRITICAL violation{'s' if count > 1 else ''}."] if count else []


def _subject(run: ScheduleRun, what: str) -> str:
    name = " ".join(run.schedule.name.split())  # a subject is one line
    return f"{name} {what}"[:200]


def _text(run: ScheduleRun, notice: Notice) -> str:
    page = reverse("admin:compliance_schedule_change", args=[run.schedule_id])
    if run.scan is not None:
        page = reverse("admin:compliance_compliancescan_change", args=[run.scan_id])
    facts = [f"Schedule: {run.schedule.name}", f"Due: {run.due_at:%Y-%m-%d %H:%M} UTC", "", *notice.lines]
    if run.scan is not None and run.state == RunState.SCANNED and run.scan.delta:
        delta = run.scan.delta
        facts.append(f"Violations: {delta['new_count']:,} new, {delta['resolved_count']:,} resolved.")
    return "\n".join([*facts, "", f"{settings.PUBLIC_URL}{page}", ""])

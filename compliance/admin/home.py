"""What compliance says on the home of the staff site: what waits for somebody, and how today goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.contrib import admin
from django.db.models import Model, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts import charts, home
from accounts.staff import list_url, may_see, visible
from accounts.waits import Wait, cards_of
from compliance.enums import CaseStatus, ReviewStatus, RunState, Severity, UploadStatus
from compliance.models import Case, ComplianceScan, DryRun, Export, Schedule, SourceImport, Upload, Violation
from jobs.enums import Status
from jobs.home import RECENT, waits_of
from jobs.models import Job

MOST_SCANS = 10_000  # of a day that figures are made from
_JOBS: dict[type[Job], str] = {
    ComplianceScan: "compliance scan",
    Export: "export",
    SourceImport: "import",
    DryRun: "dry run",
}


@home.needs_attention
def cards(request: HttpRequest) -> Iterator[home.Card]:
    """All counted in one statement."""
    now = timezone.now()
    waits = [wait for model, one in _JOBS.items() for wait in waits_of(request, model, one)]
    waits += (wait for model, tell in _TELLS if may_see(request, model) for wait in tell(request, now))
    return cards_of(waits)


@home.begins_here
def tools(request: HttpRequest) -> list[home.Tool]:
    may = admin.site.get_model_admin(Upload).has_add_permission(request)
    return [("Upload records", reverse("admin:compliance_upload_add"))] if may else []


@home.goes_today
def figures(request: HttpRequest) -> Iterator[home.Figure]:
    """Of the scans of the last 24 hours; today begins at midnight UTC."""
    if not may_see(request, ComplianceScan):
        return
    now = timezone.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    scans: Any = visible(ComplianceScan, request)
    recent = scans.completed().filter(completed_at__gt=now - timedelta(days=1)).order_by("-completed_at")
    rows = list(recent.values_list("completed_at", "started_at", "violation_count")[:MOST_SCANS])
    today = [row for row in rows if row[0] >= midnight]
    url = list_url(ComplianceScan, status__exact=Status.COMPLETED.value, completed_at__gte=midnight.isoformat())
    yield home.Figure(
        "Compliance scans today", f"{len(today):,}", "completed since midnight UTC; below, the last 24 hours", url,
        _by_hour([row[0] for row in rows], now),
    )  # fmt: skip
    yield home.Figure("Violations found today", f"{sum(row[2] for row in today):,}", "by the scans of today")
    seconds = [(ended - begun).total_seconds() for ended, begun, _ in rows if begun]
    took = f"{median(seconds):,.1f} s" if seconds else "-"
    yield home.Figure("A compliance scan takes", took, "median of the last 24 hours")


def _by_hour(moments: list[datetime], now: datetime) -> Any:
    counts = [0] * 24
    for moment in moments:
        counts[23 - int((now - moment) / timedelta(hours=1))] += 1
    begins = [now - timedelta(hours=24 - number) for number in range(24)]
    points = [
        charts.Point(f"{begin:%H:%M}", count, f"{count:,} in the hour from {begin:%Y-%m-%d %H:%M}")
        for begin, count in zip(begins, counts, strict=True)
    ]
    return charts.columns(points, title="Compliance scans completed in each of the last 24 hours, the latest last")


def _of_scores(request: HttpRequest, now: datetime) -> list[Wait]:
    scans: Any = visible(ComplianceScan, request)
    since = {"completed_at__gte": (now - RECENT).isoformat()}
    hint = "against the scan before, in the last 7 days"
    asked = {"score": "fell", **since}
    return [Wait(scans.fallen().filter(**since), "score fell", "scores fell", "warn", hint, asked)]


def _of_violations(request: HttpRequest, now: datetime) -> list[Wait]:
    """Of the newest scan of each policy; a scan that is wholly reviewed is not looked into."""
    scans: Any = visible(ComplianceScan, request)
    pending: Any = Violation.objects.of_newest(scans).undecided().filter(scan__review_counts__pending__gt=0)
    asked = {"status__exact": ReviewStatus.PENDING.value, "of": "newest", "waiver__isempty": "1"}
    return [
        Wait(pending.filter(severity=word), f"{word.lower()} violation waits for review",
              f"{word.lower()} violations wait for review", tone, "in the newest scan of each policy",
              {"severity__exact": word.value, **asked})
        for word, tone in ((Severity.CRITICAL, "bad"), (Severity.HIGH, "warn"))
    ]  # fmt: skip


def _of_cases(request: HttpRequest, now: datetime) -> list[Wait]:
    cases = visible(Case, request).exclude(status=CaseStatus.CLOSED)
    mine = {"assignee__id__exact": request.user.pk}
    live = {"status__in": f"{CaseStatus.OPEN.value},{CaseStatus.IN_REVIEW.value}"}
    return [
        Wait(cases.filter(**mine), "open case is yours", "open cases are yours", "busy", "", {**live, **mine}),
        Wait(cases, "case is open", "cases are open", "quiet", "yours, others' and those of nobody", live),
    ]


def _of_uploads(request: HttpRequest, now: datetime) -> list[Wait]:
    uploads: Any = visible(Upload, request)
    since = {"created_at__gte": (now - RECENT).isoformat()}
    failed = {"status__exact": UploadStatus.FAILED.value, **since}
    return [
        Wait(uploads.unmapped().filter(**since), "upload has no mapping", "uploads have no mapping", "busy",
              "received in the last 7 days: say which column is what", {"mapping": "none", **since}),
        Wait(uploads.filter(**failed), "upload could not be read", "uploads could not be read", "bad",
              "received in the last 7 days", failed),
    ]  # fmt: skip


def _of_schedules(request: HttpRequest, now: datetime) -> list[Wait]:
    failing = visible(Schedule, request).filter(Q(last_state=RunState.FAILED), is_active=True)
    asked = {"outcome": RunState.FAILED.value, "is_active__exact": "1"}
    return [Wait(failing, "schedule failed", "schedules failed", "bad", "in the last run", asked)]


_TELLS: list[tuple[type[Model], Any]] = [
    (ComplianceScan, _of_scores), (Violation, _of_violations), (Case, _of_cases), (Upload, _of_uploads),
    (Schedule, _of_schedules),
]  # fmt: skip

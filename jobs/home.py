"""What jobs of every kind say on the home: what failed, waits too long or stands still; how old the oldest is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import CharField, Value
from django.http import HttpRequest
from django.utils import timezone
from django.utils.timesince import timesince

from accounts import home
from accounts.staff import list_url, may_see, visible
from accounts.waits import Wait
from jobs import kinds
from jobs.enums import Status
from jobs.kinds import Kind
from jobs.models import Job

RECENT = timedelta(days=7)  # what is older has been seen
SLOW = timedelta(minutes=10)  # what nobody has taken up by then waits for a worker that is not there


def waits_of(request: HttpRequest, model: type[Job], one: str) -> Iterator[Wait]:
    """Of one kind of job; `one` is what it is called."""
    if not may_see(request, model):
        return
    rows, now = visible(model, request), timezone.now()
    failed, queued, lost = (
        {"status__exact": Status.FAILED.value, "completed_at__gte": (now - RECENT).isoformat()},
        {"status__exact": Status.QUEUED.value, "created_at__lt": (now - SLOW).isoformat()},
        {"status__exact": Status.RUNNING.value, "lease_until__lt": now.isoformat()},
    )
    yield Wait(rows.filter(**failed), f"{one} failed", f"{one}s failed", "bad", "in the last 7 days", failed)
    yield Wait(rows.filter(**queued), f"{one} waits", f"{one}s wait", "warn",
               "for more than 10 minutes: are workers running?", queued)  # fmt: skip
    yield Wait(rows.filter(**lost), f"{one} stands still", f"{one}s stand still", "bad",
               "the worker gives no sign of life", lost)  # fmt: skip


@home.goes_today
def figures(request: HttpRequest) -> Iterator[home.Figure]:
    seen = [
        kind for kind in kinds.every() if admin.site.is_registered(kind.model) and may_see(request, kind.model)
    ]  # fmt: skip
    if not seen:
        return
    if (oldest := _oldest(request, seen)) is None:
        yield home.Figure("Oldest queued job", "none", "nothing waits for a worker")
        return
    kind, since = oldest
    url = list_url(kind.model, status__exact=Status.QUEUED.value)
    yield home.Figure("Oldest queued job", timesince(since, depth=1), f"a {kind.name.replace('_', ' ')}", url)


def _oldest(request: HttpRequest, seen: list[Kind]) -> tuple[Kind, datetime] | None:
    """Of all kinds, in one statement."""
    first, *others = (
        visible(kind.model, request)
        .filter(status=Status.QUEUED)
        .order_by("created_at")
        .values_list("created_at", Value(kind.name, CharField()))[:1]
        for kind in seen
    )
    found: Any = min(first.union(*others, all=True), default=None)
    return (kinds.get(found[1]), found[0]) if found else None

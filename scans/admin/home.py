"""What signal scans say on the home: scans and monitors that need somebody, and what was found today."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone

from accounts import home
from accounts.staff import list_url, may_see, visible
from accounts.waits import Wait, cards_of
from jobs.enums import Status
from jobs.home import waits_of
from scans.models import Monitor, SignalScan


@home.needs_attention
def cards(request: HttpRequest) -> Iterator[home.Card]:
    return cards_of([*waits_of(request, SignalScan, "signal scan"), *_monitors(request)])


@home.goes_today
def figures(request: HttpRequest) -> Iterator[home.Figure]:
    if not may_see(request, SignalScan):
        return
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    today = {"status__exact": Status.COMPLETED.value, "completed_at__gte": midnight.isoformat()}
    kept = visible(SignalScan, request).filter(**today).aggregate(signals=Sum("kept"))["signals"] or 0
    url = list_url(SignalScan, **today)
    yield home.Figure("Signals kept today", f"{kept:,}", "by scans completed since midnight UTC", url)


def _monitors(request: HttpRequest) -> Iterator[Wait]:
    if may_see(request, Monitor):
        monitors: Any = visible(Monitor, request)
        yield Wait(monitors.failing(), "monitor failed", "monitors failed", "bad", "in the last scan",
                   {"last": Status.FAILED.value, "is_active__exact": 1})  # fmt: skip

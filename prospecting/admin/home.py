"""What prospecting says on the home: jobs and pairs of people that wait, and how many leads came today."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone

from accounts import home
from accounts.staff import list_url, may_see, visible
from accounts.waits import Wait, cards_of
from jobs.home import waits_of
from prospecting.admin.wizard import import_tools
from prospecting.enums import MergeStatus
from prospecting.models import MergeCandidate, ProspectingJob


@home.begins_here
def tools(request: HttpRequest) -> list[home.Tool]:
    return import_tools(request)


@home.needs_attention
def cards(request: HttpRequest) -> Iterator[home.Card]:
    return cards_of([*waits_of(request, ProspectingJob, "prospecting job"), *_pairs(request)])


@home.goes_today
def figures(request: HttpRequest) -> Iterator[home.Figure]:
    if not may_see(request, ProspectingJob):
        return
    since = {"created_at__gte": timezone.now().replace(hour=0, minute=0, second=0, microsecond=0).isoformat()}
    imported = visible(ProspectingJob, request).filter(**since).aggregate(people=Sum("import_done"))["people"] or 0
    url = list_url(ProspectingJob, **since)
    yield home.Figure("Leads imported today", f"{imported:,}", "new people, by jobs begun since midnight UTC", url)


def _pairs(request: HttpRequest) -> Iterator[Wait]:
    if may_see(request, MergeCandidate):
        waiting = {"status__exact": MergeStatus.OPEN.value}
        rows = visible(MergeCandidate, request).filter(**waiting)
        hint = "two people who may be one"
        yield Wait(rows, "pair waits in the merge queue", "pairs wait in the merge queue", "busy", hint, waiting)

"""Staff pages of jobs: the events, and what the pages of every kind have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Protocol

from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from accounts import roles
from accounts.requester import Requester
from accounts.shown import actor_names, asked_by
from accounts.staff import ReadOnlyAdmin, VisibleFilter, badge, deed
from jobs import beat_admin as beat_admin  # registers its page
from jobs import home as home  # registers what it says there
from jobs import kinds
from jobs.enums import LIVE, Status
from jobs.errors import NotCancellable
from jobs.models import Job, JobEvent

_SHOWN = {
    Status.QUEUED: ("○", "quiet"),
    Status.RUNNING: ("◐", "busy"),
    Status.COMPLETED: ("●", "good"),
    Status.FAILED: ("✕", "bad"),
    Status.CANCELLED: ("⊘", "warn"),
}


class Progressing(Protocol):
    """A job, or a stage of one."""

    @property
    def progress(self) -> float: ...


def status_badge(status: str) -> SafeString:
    return badge(status, *_SHOWN[Status(status)])


def progress_bar(job: Progressing) -> SafeString:
    """The share done, as a bar and in per cent."""
    percent = int(job.progress * 100)
    return format_html('<progress value="{}" max="100">{} %</progress> {} %', percent, percent, percent)


def timeline(job: Job) -> QuerySet[JobEvent]:
    """Every transition of a job, oldest first."""
    return JobEvent.objects.filter(kind=kinds.of(job).name, job_id=str(job.pk)).order_by("id")


def _told(events: Iterable[JobEvent]) -> list[JobEvent]:
    """The events, their actors as people call them."""
    told = list(events)
    names = actor_names(event.actor for event in told)
    for event in told:
        event.actor = names[event.actor]
    return told


class JobPages(ReadOnlyAdmin):
    """The pages of one kind of job: how far each is, who asked for it and when, and what has happened to it.

    To be named before other bases. The deeds of a kind are made by `cancelling` and `running_again`. While a job is
    live its pages ask for the columns named in `live`, each made by `living`, until it is over.
    """

    live: ClassVar[tuple[str, ...]] = ("state", "done")

    def sections(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {"events": _told(timeline(row)), "following": self._following([row], whole=True)}

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_live"
        return [path("live/", self.admin_site.admin_view(self.live_view), name=name), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        answer = super().changelist_view(request, extra_context)
        listed: Any = getattr(answer, "context_data", None)
        if listed and "cl" in listed:
            listed["following"] = self._following(listed["cl"].result_list)
        return answer

    def live_view(self, request: HttpRequest) -> HttpResponse:
        """The living columns of the jobs in `ids`; 286, which ends the asking, once all are over. A page of one job
        (`whole`) is then loaded anew, as there are results to show.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        ids = request.GET.get("ids", "").split(",")[: self.list_per_page]
        try:
            jobs = list(self.get_queryset(request).filter(pk__in=ids))
        except (ValidationError, ValueError) as fault:
            raise BadRequest("ids: these are no ids of jobs.") from fault
        cells = format_html_join("", "{}", ((getattr(self, name)(job),) for job in jobs for name in self.live))
        if any(job.status in LIVE for job in jobs):
            return HttpResponse(cells)
        return HttpResponse(cells, status=286, headers={"HX-Refresh": "true"} if "whole" in request.GET else None)

    def living(self, name: str, job: Job, content: object) -> SafeString:
        """The content of a living column."""
        return format_html('<span id="{}-{}">{}</span>', name, job.pk, content)

    def _following(self, jobs: Iterable[Any], *, whole: bool = False) -> dict[str, str] | None:
        """What a page needs to ask for the living columns of those that are live; None: none is."""
        ids = [str(job.pk) for job in jobs if job.status in LIVE]
        if not ids:
            return None
        asked = {"ids": ",".join(ids), **({"whole": "1"} if whole else {})}
        url = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_live", query=asked)
        return {"url": url, "cells": ",".join(f"#{name}-{id}" for id in ids for name in self.live)}

    def tools(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        refresh = [("Refresh", self.url_of(row))] if row.status in LIVE else []
        return [*refresh, *super().tools(request, row)]

    @admin.display(description="state", ordering="status")
    def state(self, job: Job) -> SafeString:
        return self.living("state", job, status_badge(job.status))

    @admin.display(description="progress", ordering="progress")
    def done(self, job: Job) -> SafeString:
        return self.living("done", job, progress_bar(job))

    @admin.display(description="requested by")
    def requested_by(self, job: Job) -> str:
        return asked_by(job.requested_by_key, job.requested_by_user)

    @admin.display(description="age", ordering="created_at")
    def age(self, job: Job) -> str:
        return timesince(job.created_at, depth=1)


def cancelling(
    act: Callable[[Any, Requester], None], *, permission: str, warning: str, several: str = "jobs", of_several: str = ""
) -> tuple[Any, Any]:
    """The deeds `cancel` and `cancel_selected` of JobPages; `several` is what the kind is called of many, `of_several`
    what else happens to them. `act(job, by)` raises NotCancellable for one that is over.
    """

    @deed(label="Cancel", permission=permission, warning=warning, possible=lambda job: job.status in LIVE)
    def cancel(self: Any, request: HttpRequest, job: Job, form: Any) -> None:
        act(job, Requester.staff(request, job.group))
        self.message_user(request, f"Cancelled: {job}.", messages.SUCCESS)

    @deed(
        label=f"Cancel the selected {several}", permission=permission,
        warning=f"Those that are queued or running stop at once{of_several}; the others stay as they are.",
    )  # fmt: skip
    def cancel_selected(self: Any, request: HttpRequest, jobs: list[Job], form: Any) -> None:
        cancelled = sum(_cancelled(request, job) for job in jobs)
        self.message_user(request, f"Cancelled: {cancelled} of {len(jobs)}; the others were over.", messages.SUCCESS)

    def _cancelled(request: HttpRequest, job: Job) -> bool:
        try:
            act(job, Requester.staff(request, job.group))
        except NotCancellable:
            return False
        return True

    return cancel, cancel_selected


def running_again(
    act: Callable[[Any, Requester], Job], *, permission: str, warning: str, possible: Callable[[Any], bool], one: str
) -> Any:
    """The deed `run_again` of JobPages: `act(job, by)` answers the new job, `one` is what the kind is called."""

    @deed(label="Run again", permission=permission, warning=warning, possible=possible)
    def run_again(self: Any, request: HttpRequest, job: Job, form: Any) -> HttpResponse:
        new = act(job, Requester.staff(request, job.group))
        self.message_user(request, f"The new {one} is queued.", messages.SUCCESS)
        return HttpResponseRedirect(self.url_of(new))

    return run_again


class KindFilter(admin.SimpleListFilter):
    title = parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(kind.name, kind.name.replace("_", " ")) for kind in kinds.every()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(JobEvent)
class JobEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "kind", "job", "from_status", "to", "attempt", "actor", "note", "number")
    list_filter = (KindFilter, "to_status", ("group", VisibleFilter))
    search_fields = ("job_id",)
    search_help_text = "The whole id of a job"
    ordering = ("-id",)
    sortable_by = ()
    fields = ("at", "group", "kind", "job", "from_status", "to", "attempt", "actor", "note", "number")
    readonly_fields = ("job", "to")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Those of the kinds of job that one sees."""
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        seen = Q(pk__in=())
        for kind in kinds.every():
            groups = roles.groups_of(request.user, roles.looks(kind.model._meta.label))
            seen |= Q(kind=kind.name, group__in=groups)
        return rows.filter(seen)

    def listed(self, rows: Iterable[JobEvent]) -> None:
        _told(rows)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """By whole job id, through the index of the timeline, which begins with the kind."""
        if not search_term:
            return queryset, False
        every = [kind.name for kind in kinds.every()]
        return queryset.filter(kind__in=every, job_id=search_term.strip().lower()), False

    @admin.display(description="to", ordering="to_status")
    def to(self, event: JobEvent) -> SafeString:
        return status_badge(event.to_status)

    @admin.display(description="job")
    def job(self, event: JobEvent) -> str:
        """A link where its kind has a page."""
        try:
            meta = kinds.get(event.kind).model._meta
            url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[event.job_id])
        except (KeyError, NoReverseMatch):
            return event.job_id
        return format_html('<a href="{}">{}</a>', url, event.job_id)

"""Staff pages of jobs: the events, and how the state of any job is shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import roles
from accounts.staff import ReadOnlyAdmin, VisibleFilter, badge
from jobs import home as home  # registers what it says there
from jobs import kinds
from jobs.enums import Status
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

"""Staff pages of schedules: when they run next, in words and in local time, and what came of every run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import date
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.requester import Requester
from accounts.shown import Table
from accounts.staff import GroupAdmin, ReadOnlyAdmin, VisibleFilter, badge, deed, link, list_url
from compliance.actions.schedules import change_schedule, create_schedule, delete_schedule, run_now
from compliance.enums import RunState
from compliance.models import Schedule, ScheduleRun
from jobs.schedule_times import BadCron, Cron
from jobs.schedule_words import in_words, next_runs

SETTINGS = (
    "name", "policy", "source", "cron", "every_minutes", "time_zone", "is_active", "overlap", "catch_up", "jitter",
)  # fmt: skip
MOST_RUNS = 20
_STATES = {
    RunState.WAITING: ("○", "quiet"), RunState.IMPORTING: ("◐", "busy"), RunState.SCANNING: ("◐", "busy"),
    RunState.SCANNED: ("●", "good"), RunState.UNCHANGED: ("=", "good"), RunState.SKIPPED_OVERLAP: ("⤼", "warn"),
    RunState.FAILED: ("✕", "bad"), RunState.CANCELLED: ("⊘", "warn"), RunState.MISSED: ("∅", "warn"),
}  # fmt: skip


def run_badge(state: str) -> SafeString:
    return badge(RunState(state).label, *_STATES[RunState(state)])


class OutcomeFilter(admin.SimpleListFilter):
    """By what came of the newest run."""

    title, parameter_name = "last outcome", "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [(state.value, str(state.label)) for state in RunState]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(last_state=self.value()) if self.value() else queryset


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Schedule
        fields = ("group", *SETTINGS)

    def clean_cron(self) -> str:
        text: str = self.cleaned_data["cron"].strip()
        try:
            if text:
                Cron.parse(text)
        except BadCron as fault:
            raise ValidationError(str(fault)) from fault
        return text

    def clean(self) -> dict[str, Any]:
        chosen: dict[str, Any] = super().clean() or {}
        group = chosen.get("group") or getattr(self.instance, "group", None)
        if "cron" in chosen and bool(chosen["cron"]) == bool(chosen.get("every_minutes")):
            self.add_error("cron", "Write either cron or every_minutes.")
        for name in ("policy", "source"):
            row = chosen.get(name)
            if row is not None and (row.group != group or getattr(row, "archived_at", None)):
                self.add_error(name, f"Choose a {name} in use of the schedule's own account group.")
        return chosen


@admin.register(Schedule)
class ScheduleAdmin(GroupAdmin):
    form = ScheduleForm
    change_form_template = "admin/compliance/schedule/page.html"
    list_display = ("name", "when", "state", "next_run", "last_outcome", "policy")
    list_filter = ("is_active", OutcomeFilter, ("policy", VisibleFilter), ("group", VisibleFilter))
    search_fields = ("name",)
    search_help_text = "Id, or part of the name"
    ordering = ("name", "pk")
    actions = ()
    deeds = ("run", "pause", "resume", "forget")
    readonly_fields = ("created_at", "updated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        schedules: Any = super().get_queryset(request)
        return cast("QuerySet[Any]", schedules.in_use().with_last_state())

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("policy").defer("policy__description")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("group", *SETTINGS)})]
        return [("Settings", {"fields": SETTINGS}), ("Facts", {"fields": ("group", "created_at", "updated_at")})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("group", *self.readonly_fields) if obj else ()

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: bool) -> None:
        chosen = {name: form.cleaned_data[name] for name in SETTINGS if not change or name in form.changed_data}
        for name in {"policy", "source"} & set(chosen):
            chosen[f"{name}_id"] = chosen.pop(name).pk
        by = Requester.staff(request, obj.group)
        if change:
            change_schedule(schedule=obj, by=by, **chosen)
        else:
            create_schedule(group=obj.group, by=by, id=obj.pk, **chosen)

    def sections(self, request: HttpRequest, row: Schedule) -> dict[str, Any]:
        runs = list(row.runs.select_related("scan").order_by("-created_at", "-pk")[:MOST_RUNS])
        return {
            "words": in_words(row.times), "state": self.state(row), "zone": row.time_zone,
            "upcoming": next_runs(row.times, timezone.now()) if row.is_active else [],
            "live": any(run.ended_at is None for run in runs),
            "last": (runs[0], run_badge(runs[0].state)) if runs else None, "tables": [_runs(row, runs)],
        }  # fmt: skip

    @deed(
        label="Run now", permission="compliance.run_schedule",
        warning="A run beside the plan: import, then scan unless nothing has changed.",
    )  # fmt: skip
    def run(self, request: HttpRequest, schedule: Schedule, form: Any) -> None:
        run_now(schedule=schedule, by=Requester.staff(request, schedule.group))
        self.message_user(request, "The run has begun.", messages.SUCCESS)

    @deed(
        label="Pause", permission="compliance.change_schedule", warning="It is not due any more until it goes on.",
        possible=lambda schedule: schedule.is_active,
    )  # fmt: skip
    def pause(self, request: HttpRequest, schedule: Schedule, form: Any) -> None:
        change_schedule(schedule=schedule, by=Requester.staff(request, schedule.group), is_active=False)
        self.message_user(request, f"Paused: {schedule}.", messages.SUCCESS)

    @deed(
        label="Go on", permission="compliance.change_schedule",
        warning="It is due again from now on; nothing is caught up on.",
        possible=lambda schedule: not schedule.is_active,
    )  # fmt: skip
    def resume(self, request: HttpRequest, schedule: Schedule, form: Any) -> None:
        change_schedule(schedule=schedule, by=Requester.staff(request, schedule.group), is_active=True)
        self.message_user(request, f"Goes on: {schedule}.", messages.SUCCESS)

    @deed(
        label="Delete", permission="compliance.delete_schedule",
        warning="It is never due again. Its runs and scans stay.",
    )  # fmt: skip
    def forget(self, request: HttpRequest, schedule: Schedule, form: Any) -> HttpResponse:
        delete_schedule(schedule=schedule, by=Requester.staff(request, schedule.group))
        self.message_user(request, f"Deleted: {schedule}.", messages.SUCCESS)
        return HttpResponseRedirect(list_url(Schedule))

    @admin.display(description="when")
    def when(self, schedule: Schedule) -> str:
        return in_words(schedule.times)

    @admin.display(description="state", ordering="is_active")
    def state(self, schedule: Schedule) -> SafeString:
        return badge("active", "●", "good") if schedule.is_active else badge("paused", "‖", "quiet")

    @admin.display(description="next run", ordering="next_run_at")
    def next_run(self, schedule: Schedule) -> str:
        if schedule.next_run_at is None:
            return "-"
        return next_runs(schedule.times, timezone.now(), 1)[0].local

    @admin.display(description="last outcome")
    def last_outcome(self, schedule: Any) -> SafeString | str:
        if not schedule.last_state:
            return "never run"
        return format_html("{} {}", run_badge(schedule.last_state), date(schedule.last_due_at, "DATETIME_FORMAT"))


def _runs(schedule: Schedule, runs: list[ScheduleRun]) -> Table:
    rows = [
        (link(run, date(run.due_at, "DATETIME_FORMAT")), run_badge(run.state),
         link(run.scan, "scan") if run.scan else "", run.message, run.asked_by or "due")
        for run in runs
    ]  # fmt: skip
    everything = format_html('<a href="{}">All runs</a>', list_url(ScheduleRun, schedule__id__exact=schedule.pk))
    empty = 'It has not run yet. "Run now" does not wait for the next due time.'
    heads = ("Due (UTC)", "Outcome", "Scan", "Message", "By")
    return Table("Last runs", heads, rows, empty, note=everything if rows else "")


@admin.register(ScheduleRun)
class ScheduleRunAdmin(ReadOnlyAdmin):
    group_path = "schedule__group"
    list_display = ("due_at", "schedule", "outcome", "error_code", "scan_link", "asked_by", "ended_at")
    list_filter = ("state", ("schedule", VisibleFilter))
    ordering = ("-created_at", "-pk")
    actions = ()
    fields = (
        "schedule", "due_at", "outcome", "message", "error_code", "import_link", "scan_link", "asked_by", "created_at",
        "started_at", "ended_at", "notify_after", "notify_attempts", "id",
    )  # fmt: skip
    readonly_fields = ("outcome", "import_link", "scan_link")

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("schedule", "scan")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        return queryset, False

    @admin.display(description="outcome", ordering="state")
    def outcome(self, run: ScheduleRun) -> SafeString:
        return run_badge(run.state)

    @admin.display(description="scan")
    def scan_link(self, run: ScheduleRun) -> SafeString | str:
        return link(run.scan, str(run.scan_id)[:8]) if run.scan else "-"

    @admin.display(description="import")
    def import_link(self, run: ScheduleRun) -> SafeString | str:
        return link(run.source_import) if run.source_import else format_html("-")

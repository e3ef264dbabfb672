"""Staff pages of monitors: what they scan, when next in words and in local time, and what came of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.requester import Requester
from accounts.sending import once
from accounts.shown import Table, asked_by
from accounts.staff import VisibleFilter, badge, deed, faults_of, link, list_url
from jobs.admin import status_badge
from jobs.enums import Status
from jobs.schedule_times import BadCron, Cron, is_time_zone
from jobs.schedule_words import in_words, next_runs
from prospecting.admin.roles import LookedAt, StaffPages
from scans.actions.monitors import change_monitor, create_monitor, delete_monitor
from scans.admin.scans import StartForm
from scans.models import Monitor
from web.errors import Refused

_CHANGE = "scans.change_monitor"


class TimesForm(forms.Form):
    cron = forms.CharField(
        max_length=100, help_text="Minute, hour, day of month, month, day of week: 30 7 * * 1-5 is 07:30 on weekdays."
    )
    time_zone = forms.CharField(max_length=64, initial="UTC", help_text="Of these times: Europe/Vienna, UTC, ...")

    def __init__(self, data: Any = None, *, row: Monitor | None = None) -> None:
        super().__init__(data, initial={"cron": row.cron, "time_zone": row.time_zone} if row else None)

    def clean_cron(self) -> str:
        text: str = self.cleaned_data["cron"].strip()
        try:
            Cron.parse(text)
        except BadCron as fault:
            raise ValidationError(str(fault)) from fault
        return text

    def clean_time_zone(self) -> str:
        name: str = self.cleaned_data["time_zone"].strip()
        if not is_time_zone(name):
            raise ValidationError("No time zone is called that. Examples: Europe/Vienna, America/New_York, UTC.")
        return name


class MonitorForm(StartForm):
    cron = forms.CharField(max_length=100, initial="30 7 * * 1-5", help_text=TimesForm.base_fields["cron"].help_text)
    time_zone = forms.CharField(max_length=64, initial="UTC", help_text=TimesForm.base_fields["time_zone"].help_text)

    clean_cron, clean_time_zone = TimesForm.clean_cron, TimesForm.clean_time_zone


class LastScanFilter(admin.SimpleListFilter):
    title, parameter_name = "last scan", "last"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(Status.FAILED.value, "failed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        monitors: Any = queryset
        return monitors.failing() if self.value() == Status.FAILED else queryset


@admin.register(Monitor)
class MonitorAdmin(LookedAt):
    nothing_here = "No monitor yet. A monitor scans an audience again and again."
    list_display = ("audience", "specification", "when", "state", "next_run_at", "note", "group")
    list_filter = ("is_active", LastScanFilter, ("audience", VisibleFilter), ("specification", VisibleFilter),
                   ("group", VisibleFilter))  # fmt: skip
    search_fields = ("audience__name", "specification__name")
    search_help_text = "Id, or part of the name of the audience or the specification"
    ordering = ("-created_at", "-pk")
    deeds = ("pause", "resume", "change_times", "delete")
    fields = ("audience_link", "specification_link", "when", "cron", "time_zone", "state", "next_run_at", "note",
              "test", "group", "created_at", "created_by", "id")  # fmt: skip
    readonly_fields = ("audience_link", "specification_link", "when", "state", "created_by")

    def heading(self, row: Monitor) -> str:
        return f"{row.specification}, among {row.audience}"

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("audience", "specification", "group")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return StaffPages.has_add_permission(self, request)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = MonitorForm(request.POST if request.method == "POST" else None, request=request)
        if request.method == "POST" and form.is_valid():
            chosen = form.cleaned_data
            audience, by = chosen["audience"], Requester.staff(request, chosen["audience"].group)
            try:
                with once(request), transaction.atomic():
                    monitor = create_monitor(
                        group=audience.group, by=by, test=by.in_sandbox, audience_id=audience.pk,
                        signal_specification_id=chosen["specification"].pk, cron=chosen["cron"],
                        time_zone=chosen["time_zone"],
                    )  # fmt: skip
            except Refused as refusal:
                form.add_error(None, ValidationError(faults_of(refusal)))
            else:
                self.message_user(request, f"It is active: {in_words(monitor.times)}.", messages.SUCCESS)
                return HttpResponseRedirect(self.url_of(monitor))
        return self.form_page(request, "Add a monitor", form, back=list_url(Monitor))

    def sections(self, request: HttpRequest, row: Monitor) -> dict[str, Any]:
        runs = next_runs(row.times, timezone.now()) if row.is_active else []
        changed = "The clock is changed on this date."
        scans = row.scans.order_by("-created_at", "-pk")[:20]
        return {"tables": [
            Table(
                "Next runs", (f"Local time ({row.time_zone})", "UTC", "Note"),
                [(run.local, f"{run.at:%Y-%m-%d %H:%M}", changed if run.clock_changes else "")
                 for run in runs],
                "Paused: it is not due.",
            ),
            Table(
                "Last scans", ("Scan", "State", "Kept", "Started"),
                [(link(scan), status_badge(scan.status), f"{scan.kept:,}", scan.created_at) for scan in scans],
                "It has not run yet.", frozenset({2}),
            ),
        ]}  # fmt: skip

    @deed(
        label="Pause", permission=_CHANGE, warning="It is not due any more until it goes on.",
        possible=lambda monitor: monitor.is_active,
    )  # fmt: skip
    def pause(self, request: HttpRequest, monitor: Monitor, form: Any) -> None:
        self._change(request, monitor, "Paused", is_active=False)

    @deed(
        label="Go on", permission=_CHANGE, warning="It is due again from now on; nothing is caught up on.",
        possible=lambda monitor: not monitor.is_active,
    )  # fmt: skip
    def resume(self, request: HttpRequest, monitor: Monitor, form: Any) -> None:
        self._change(request, monitor, "It goes on", is_active=True)

    @deed(label="Change the times", permission=_CHANGE, warning="", form=TimesForm)
    def change_times(self, request: HttpRequest, monitor: Monitor, form: Any) -> None:
        self._change(request, monitor, "Changed", **form.cleaned_data)

    @deed(
        label="Delete", permission="scans.delete_monitor",
        warning="It is never due again. Its scans stay, and one that goes on ends as it would have.",
    )  # fmt: skip
    def delete(self, request: HttpRequest, monitor: Monitor, form: Any) -> HttpResponse:
        delete_monitor(monitor=monitor, by=Requester.staff(request, monitor.group))
        self.message_user(request, "Deleted.", messages.SUCCESS)
        return HttpResponseRedirect(list_url(Monitor))

    def _change(self, request: HttpRequest, monitor: Monitor, done: str, **chosen: Any) -> None:
        changed = change_monitor(monitor=monitor, by=Requester.staff(request, monitor.group), **chosen)
        self.message_user(request, f"{done}: {in_words(changed.times)}.", messages.SUCCESS)

    @admin.display(description="when")
    def when(self, monitor: Monitor) -> str:
        return in_words(monitor.times)

    @admin.display(description="state", ordering="is_active")
    def state(self, monitor: Monitor) -> SafeString:
        return badge("active", "●", "good") if monitor.is_active else badge("paused", "⏸", "quiet")

    @admin.display(description="audience")
    def audience_link(self, monitor: Monitor) -> object:
        return link(monitor.audience)

    @admin.display(description="specification")
    def specification_link(self, monitor: Monitor) -> object:
        return link(monitor.specification)

    @admin.display(description="made by")
    def created_by(self, monitor: Monitor) -> str:
        return asked_by(monitor.created_by_key, monitor.created_by_user)

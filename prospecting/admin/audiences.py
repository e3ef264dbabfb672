"""Staff pages of audiences and their folders: who is in them, what fills them, what scanned them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.requester import Requester
from accounts.shown import Table
from accounts.staff import VisibleFilter, badge, deed, link, list_url
from jobs.admin import status_badge
from prospecting.actions.audiences import (
    change_audience,
    create_folder,
    delete_audience,
    move_audience,
    rename_folder,
)
from prospecting.admin.roles import LookedAt, StaffPages
from prospecting.admin.wizard import import_tools
from prospecting.models import Audience, Folder, Prospect

_SHOWN = 50  # members on the page of an audience


class AudienceForm(forms.Form):
    """What staff may change of `row`; the rest follows from its jobs."""

    name = forms.CharField(max_length=200)
    description = forms.CharField(max_length=2000, required=False, widget=forms.Textarea)
    folder = forms.ModelChoiceField(Folder.objects.none(), required=False, empty_label="no folder")

    def __init__(self, data: Any = None, *, row: Audience) -> None:
        current = {"name": row.name, "description": row.description, "folder": row.folder_id}
        super().__init__(data, initial=current)
        folder: Any = self.fields["folder"]
        folder.queryset = Folder.objects.for_group(row.group).order_by("name")


@admin.register(Audience)
class AudienceAdmin(LookedAt):
    nothing_here = "No audience yet. Importing leads makes one."
    list_display = ("name", "state", "people", "type", "folder", "group", "created_at")
    list_filter = ("type", ("folder", VisibleFilter), ("group", VisibleFilter))
    search_fields = ("name",)
    search_help_text = "Id, or part of the name"
    ordering = ("-created_at", "-pk")
    deeds = ("change", "delete")
    fields = ("name", "state", "people", "type", "description", "folder", "group", "created_at", "id")
    readonly_fields = ("state", "people")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: Any = super().get_queryset(request)
        return rows.with_filling()  # type: ignore[no-any-return]

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("folder", "group").defer("description")

    def list_tools(self, request: HttpRequest) -> list[tuple[str, str]]:
        return import_tools(request)

    def sections(self, request: HttpRequest, row: Audience) -> dict[str, Any]:
        members = row.memberships.select_related("prospect__company").order_by("-added_at", "-id")[:_SHOWN]
        everybody = list_url(Prospect, memberships__audience__id__exact=row.pk)
        jobs = row.jobs.order_by("-created_at", "-pk")[:20]
        return {"tables": [
            Table(
                "Members", ("Who", "Title", "Company", "E-mail", "Added"),
                [(link(each.prospect), each.prospect.title, each.prospect.company or "-", each.prospect.email or "-",
                  each.added_at) for each in members],
                "Nobody is in this audience. A prospecting job brings people in.",
                note=format_html('The newest {}; <a href="{}">all in a list</a>.', _SHOWN, everybody),
            ),
            Table(
                "Filled by", ("Job", "State", "New", "Failed", "Skipped", "Asked for"),
                [(link(job), status_badge(job.status), f"{job.import_done:,}", f"{job.import_failed:,}",
                  f"{job.import_skipped:,}", job.created_at) for job in jobs],
                "No prospecting job has filled it.", frozenset({2, 3, 4}),
            ),
        ]}  # fmt: skip

    def tools(self, request: HttpRequest, row: Audience) -> list[tuple[str, str]]:
        scans = ("Signal scans", reverse("admin:scans_signalscan_changelist", query={"audience__id__exact": row.pk}))
        scan = reverse("admin:scans_signalscan_add", query={"audience": row.pk})
        acts = self.acts_on(request, row)
        may = request.user.has_perm("scans.add_signalscan") and acts
        bring = import_tools(request, audience=row.pk) if acts and not getattr(row, "filling", False) else []
        return [*bring, *([("Scan for signals", scan)] if may else []), scans, *super().tools(request, row)]

    @deed(
        label="Change", permission="prospecting.change_audience", warning="", form=AudienceForm,
        possible=lambda audience: not audience.filling,
    )  # fmt: skip
    def change(self, request: HttpRequest, audience: Audience, form: Any) -> None:
        chosen, by = form.cleaned_data, Requester.staff(request, audience.group)
        named = {name: chosen[name] for name in ("name", "description") if name in form.changed_data}
        with transaction.atomic():  # both or neither
            if named:
                change_audience(group=audience.group, audience_id=audience.pk, by=by, chosen=named)
            if "folder" in form.changed_data:
                folder = chosen["folder"]
                move_audience(group=audience.group, audience_id=audience.pk, by=by, folder_id=folder and folder.pk)
        self.message_user(request, f"Saved: {chosen['name']}.", messages.SUCCESS)

    @deed(
        label="Delete", permission="prospecting.delete_audience",
        warning="Its prospects stay in the account group, and what scans found stays; its monitors go with it.",
        possible=lambda audience: not audience.filling,
    )  # fmt: skip
    def delete(self, request: HttpRequest, audience: Audience, form: Any) -> HttpResponse:
        delete_audience(group=audience.group, audience_id=audience.pk, by=Requester.staff(request, audience.group))
        self.message_user(request, f"Deleted: {audience}.", messages.SUCCESS)
        return HttpResponseRedirect(list_url(Audience))

    @admin.display(description="state")
    def state(self, audience: Any) -> SafeString:
        return badge("being filled", "◐", "busy") if audience.filling else badge("ready", "●", "good")

    @admin.display(description="prospects", ordering="prospect_count")
    def people(self, audience: Audience) -> str:
        return f"{audience.prospect_count:,}"


class FolderForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Folder
        fields = ("group", "name")

    def clean(self) -> dict[str, Any]:
        chosen: dict[str, Any] = super().clean() or self.cleaned_data
        group = chosen.get("group") or getattr(self.instance, "group", None)
        if group and Folder.objects.for_group(group).filter(name=chosen.get("name")).exclude(pk=self.instance.pk):
            self.add_error("name", ValidationError("Another folder of this account group has that name already."))
        return chosen


@admin.register(Folder)
class FolderAdmin(StaffPages):
    nothing_here = "No folder yet. Folders keep audiences together."
    form = FolderForm
    change_form_template = "admin/change_form.html"
    list_display = ("name", "holds", "group", "created_at")
    list_filter = (("group", VisibleFilter),)
    search_fields = ("name",)
    search_help_text = "Id, or part of the name"
    ordering = ("name", "pk")

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        counted: QuerySet[Any] = rows.select_related("group").annotate(held=Count("audiences"))
        return counted

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("group",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Folder, form: Any, change: bool) -> None:
        by = Requester.staff(request, obj.group)
        if change:
            rename_folder(group=obj.group, folder_id=obj.pk, by=by, name=obj.name)
        else:
            obj.pk = create_folder(group=obj.group, by=by, name=obj.name).pk

    @admin.display(description="audiences")
    def holds(self, folder: Any) -> SafeString:
        return format_html('<a href="{}">{}</a>', list_url(Audience, folder__id__exact=folder.pk), folder.held)

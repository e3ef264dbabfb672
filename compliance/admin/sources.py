"""Staff pages of data sources and their imports."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString

from accounts.requester import Requester
from accounts.staff import GroupAdmin, VisibleFilter, badge, deed, link, list_url
from compliance.actions.sources import checked_source, create_source, delete_source, start_import
from compliance.admin.shown import asked_by, pairs, preformatted
from compliance.models import Source, SourceImport
from jobs.admin import JobPages
from web.errors import Refused

CONFIGS = """A file by https: {"url": "https://files.example.com/ledger.csv"}
Folder or object store, the newest file that fits: {"path": "/srv/drops/acme/*.csv"} or {"path": "s3://bucket/acme/*.csv"}
PostgreSQL: {"host": "db.example.com", "database": "bank", "user": "reader", "query": "SELECT ..."}"""


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]
    config = forms.JSONField(widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}), help_text=CONFIGS)
    new_secret = forms.CharField(
        label="Secret", required=False, strip=False, max_length=4000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="The password, or the value of the header (Authorization). It is sealed and never shown again.",
    )  # fmt: skip

    class Meta:
        model = Source
        fields = ("group", "name", "kind", "mapping_config", "temporal_scale")

    def clean(self) -> dict[str, Any]:
        chosen: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                wanted = {name: chosen[name] for name in ("group", "name", "kind", "config")}
                checked_source(**wanted, secret=chosen["new_secret"])
            except Refused as refusal:
                faults = refusal.details or []
                for fault in faults:
                    part = fault.path.split(".")[0].replace("secret", "new_secret")
                    self.add_error(part if part in self.fields else None, f"{fault.path}: {fault.message}")
                if not faults:
                    self.add_error(None, refusal.message)
        return chosen


@admin.register(Source)
class SourceAdmin(GroupAdmin):
    form = SourceForm
    change_form_template = "admin/compliance/source/page.html"
    list_display = ("name", "group", "kind", "place", "sealed", "created_at", "created_by")
    list_filter = ("kind", ("group", VisibleFilter))
    search_fields = ("name",)
    search_help_text = "Id, or part of the name"
    ordering = ("name", "pk")
    actions = ()
    deeds = ("import_now", "forget")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(deleted_at=None)

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("group", "created_by_key", "created_by_user")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [
                (
                    None,
                    {"fields": ("group", "name", "kind", "config", "new_secret", "mapping_config", "temporal_scale")},
                )
            ]
        facts = ("name", "group", "kind", "config_shown", "sealed", "mapped", "temporal_scale")
        return [(None, {"fields": (*facts, "created_at", "created_by", "id")})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("config_shown", "sealed", "mapped", "created_by") if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)  # another place is another source

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        names = ("name", "kind", "config", "mapping_config", "temporal_scale")
        chosen = {name: form.cleaned_data[name] for name in names} | {"secret": form.cleaned_data["new_secret"]}
        create_source(group=obj.group, by=Requester.staff(request, obj.group), id=obj.pk, **chosen)

    def sections(self, request: HttpRequest, row: Source) -> dict[str, Any]:
        return {
            "imports": row.imports.select_related("upload").order_by("-created_at")[:20],
            "schedules": row.schedules.filter(deleted_at=None)[:50],
            "imports_url": list_url(SourceImport, source__id__exact=row.pk),
        }

    @deed(
        label="Import now", permission="compliance.import_source",
        warning="A worker pulls the file and receives it as a new upload.",
    )  # fmt: skip
    def import_now(self, request: HttpRequest, source: Source, form: Any) -> HttpResponse:
        with transaction.atomic():
            wanted = start_import(source=source, by=Requester.staff(request, source.group))
        self.message_user(request, "The import is queued.", messages.SUCCESS)
        imports: Any = self.admin_site.get_model_admin(SourceImport)
        return HttpResponseRedirect(imports.url_of(wanted))

    @deed(
        label="Delete", permission="compliance.delete_source",
        warning="Its secret is forgotten and it can be used no more; what was imported stays.",
    )  # fmt: skip
    def forget(self, request: HttpRequest, source: Source, form: Any) -> HttpResponse:
        delete_source(source=source, by=Requester.staff(request, source.group))
        self.message_user(request, f"Deleted: {source}.", messages.SUCCESS)
        return HttpResponseRedirect(list_url(Source))

    @admin.display(description="place")
    def place(self, source: Source) -> str:
        config = source.config
        return str(config.get("url") or config.get("path") or f"{config.get('database')} at {config.get('host')}")[:120]

    @admin.display(description="secret")
    def sealed(self, source: Source) -> SafeString:
        return badge("stored", "●", "good") if source.secret else badge("none", "○", "quiet")

    @admin.display(description="config")
    def config_shown(self, source: Source) -> SafeString:
        return preformatted(json.dumps(source.config, indent=2, ensure_ascii=False))

    @admin.display(description="mapping")
    def mapped(self, source: Source) -> str:
        return pairs(source.mapping_config, " = ") if source.mapping_config else "as suggested for each file"

    @admin.display(description="by")
    def created_by(self, source: Source) -> str:
        return asked_by(source.created_by_key, source.created_by_user)


@admin.register(SourceImport)
class SourceImportAdmin(JobPages):
    change_form_template = "admin/compliance/sourceimport/page.html"
    list_display = ("created_at", "source", "state", "upload", "error_code", "requested_by", "attempts")
    list_filter = ("status", ("source", VisibleFilter), ("group", VisibleFilter))
    ordering = ("-created_at", "-pk")
    actions = ()
    fieldsets = (
        (None, {"fields": ("state", "done", "source", "group", "received", "error_code", "error_message",
                           "requested_by")}),
        ("Run", {"fields": ("created_at", "started_at", "completed_at", "attempts", "worker", "trace_id", "id")}),
    )  # fmt: skip
    readonly_fields = ("state", "done", "received", "requested_by")

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("source", "upload", "requested_by_key", "requested_by_user").defer(
            "traceback", "error_message", "upload__profile", "upload__sample_rows"
        )

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        return queryset, False

    @admin.display(description="upload")
    def received(self, wanted: SourceImport) -> SafeString | str:
        return link(wanted.upload) if wanted.upload else "-"

"""Staff pages of lead files and of the rows that imports could not take."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.safestring import SafeString

from accounts.shown import Table, asked_by
from accounts.staff import VisibleFilter, badge, link
from prospecting.admin.roles import LookedAt
from prospecting.admin.wizard import ImportsLeads
from prospecting.models import LeadFile, ProspectingJob, RowError


@admin.register(LeadFile)
class LeadFileAdmin(ImportsLeads):
    nothing_here = "No file here. Import leads, or let partners send them with POST /v1/accounts/.../files."
    list_display = ("name", "state", "kind", "rows", "bytes", "group", "created_at", "created_by")
    list_filter = ("kind", ("deleted_at", admin.EmptyFieldListFilter), ("group", VisibleFilter))
    search_fields = ("name", "sha256__exact")
    search_help_text = "Id, SHA-256, or part of the name"
    ordering = ("-pk",)
    fields = ("name", "state", "kind", "encoding", "rows", "bytes", "sha256", "group", "created_at", "created_by",
              "deleted_at", "id")  # fmt: skip
    readonly_fields = ("state", "rows", "bytes", "created_by")

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        people = rows.select_related("group", "created_by_key", "created_by_user")
        return people.defer("headers", "suggested_mapping")

    def sections(self, request: HttpRequest, row: LeadFile) -> dict[str, Any]:
        taken = [(header, row.suggested_mapping.get(header, "left out")) for header in row.headers]
        return {"tables": [
            Table("Columns", ("Header", "Suggested field"), taken, "The file has no header.",
                  note="What was suggested when the file came; a job may name other fields."),
        ]}  # fmt: skip

    @admin.display(description="content")
    def state(self, file: LeadFile) -> SafeString:
        return badge("kept", "●", "good") if file.content else badge("deleted", "⌫", "quiet")

    @admin.display(description="rows", ordering="row_count")
    def rows(self, file: LeadFile) -> str:
        return f"{file.row_count:,}"

    @admin.display(description="size", ordering="size")
    def bytes(self, file: LeadFile) -> str:
        return filesizeformat(file.size)

    @admin.display(description="received from")
    def created_by(self, file: LeadFile) -> str:
        return asked_by(file.created_by_key, file.created_by_user)


@admin.register(RowError)
class RowErrorAdmin(LookedAt):
    nothing_here = "No row and no value of an import failed."
    list_display = ("line", "field", "reason", "lost", "job_link", "created_at")
    list_filter = ("lost", ("group", VisibleFilter))
    search_fields = ("job__id__exact",)
    search_help_text = "The whole id of a prospecting job"
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("line", "field", "reason", "lost", "job_link", "group", "created_at")
    readonly_fields = ("job_link",)

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.defer("raw")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        return (queryset.filter(job=search_term.strip().lower()) if search_term else queryset), False

    def sections(self, request: HttpRequest, row: RowError) -> dict[str, Any]:
        return {"tables": [
            Table("As it was sent", ("Column", "Value"), list(row.raw.items()), "What was sent has been deleted."),
        ]}  # fmt: skip

    @admin.display(description="job")
    def job_link(self, error: RowError) -> object:
        return link(ProspectingJob(pk=error.job_id), error.job_id)

"""Staff pages of the addresses that scans read, and of what they said. Only workers write these rows."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.shown import Table, outside, preformatted
from accounts.staff import VisibleFilter, link, list_url
from prospecting.admin.roles import LookedAt
from scans.admin.shown import source_badge
from scans.models import SourceState, StoredDocument


class FaultFilter(admin.SimpleListFilter):
    title, parameter_name = "last answer", "fails"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "fails"), ("no", "answers, or not asked yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "yes":
                return queryset.exclude(fault_code="")
            case "no":
                return queryset.filter(fault_code="")
        return queryset


@admin.register(SourceState)
class SourceStateAdmin(LookedAt):
    nothing_here = "No source has been read yet. Scans read the feeds, boards and pages of companies."
    list_display = ("address", "kind", "state", "asked_at", "changed_at", "next_at", "failures", "group")
    list_filter = ("kind", FaultFilter, ("group", VisibleFilter))
    search_fields = ("address__startswith",)
    search_help_text = "The beginning of the address"
    ordering = ("-pk",)
    sortable_by = ()
    fieldsets = (
        (None, {"fields": ("place", "kind", "state", "fault_code", "fault", "failures", "group")}),
        ("When", {"fields": ("asked_at", "answered_at", "changed_at", "next_at", "interval")}),
        ("Kept of its last answer", {"fields": ("etag", "last_modified", "left_out", "text")}),
    )
    readonly_fields = ("place", "state", "text")

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("group").defer("snapshot")

    def sections(self, request: HttpRequest, row: SourceState) -> dict[str, Any]:
        newest = row.documents.order_by("-posted_at")[:50]
        return {"tables": [
            Table("Documents", ("Title", "Type", "Posted", "Last seen"),
                  [(link(each), each.get_type_display(), each.posted_at, each.last_seen_at) for each in newest],
                  "It has told of nothing yet.", note="The newest 50."),
        ]}  # fmt: skip

    def tools(self, request: HttpRequest, row: SourceState) -> list[tuple[str, str]]:
        return [("Documents", list_url(StoredDocument, source__id__exact=row.pk)), *super().tools(request, row)]

    @admin.display(description="address")
    def place(self, source: SourceState) -> object:
        return outside(source.address)

    @admin.display(description="state")
    def state(self, source: SourceState) -> SafeString:
        return source_badge(source)

    @admin.display(description="page, as it was")
    def text(self, source: SourceState) -> object:
        return preformatted(source.snapshot[:20_000]) if source.snapshot else "-"


@admin.register(StoredDocument)
class StoredDocumentAdmin(LookedAt):
    nothing_here = "No document yet. Scans keep here what sources say."
    list_display = ("called", "type", "source", "posted_at", "last_seen_at", "language", "group")
    list_filter = ("type", ("group", VisibleFilter))
    search_fields = ("url__exact",)
    search_help_text = "The whole address"
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("title", "type", "content", "address", "source_link", "posted_at", "first_seen_at", "last_seen_at",
              "language", "group")  # fmt: skip
    readonly_fields = ("content", "address", "source_link")

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("source", "group").defer("text", "extra", "source__snapshot")

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return lookup == "source__id__exact" or super().lookup_allowed(lookup, value, request)

    def sections(self, request: HttpRequest, row: StoredDocument) -> dict[str, Any]:
        extra = [(name, outside(value)) for name, value in row.extra.items()]
        return {"tables": [Table("More of it", ("Field", "Value"), extra, "Its source said no more of it.")]}

    @admin.display(description="title")
    def called(self, document: StoredDocument) -> str:
        return str(document)[:90]

    @admin.display(description="text")
    def content(self, document: StoredDocument) -> object:
        return preformatted(document.text) if document.text else "-"

    @admin.display(description="address")
    def address(self, document: StoredDocument) -> object:
        return outside(document.url)

    @admin.display(description="source")
    def source_link(self, document: StoredDocument) -> object:
        return link(document.source)

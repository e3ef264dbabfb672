"""Staff pages of findings: what a scan kept, with reason and sources; what it dropped, and which filter did."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.shown import Table, outside
from accounts.staff import link
from prospecting.admin.roles import LookedAt
from scans.admin.shown import item_of, keywords, subject_of, verdict_badge, why
from scans.enums import SignalType
from scans.models import Finding, SignalScan

_NARROWED = ("scan__id__exact", "company__id__exact", "prospect__id__exact")  # by the pages of these


@admin.register(Finding)
class FindingAdmin(LookedAt):
    nothing_here = "Nothing has matched. The page of a scan says which sources could not be read."
    group_path = "scan__group"
    list_display = ("called", "of", "score", "verdict_shown", "posted")
    list_filter = ("verdict", "type")
    search_fields = ("id__exact",)
    search_help_text = "Number of the finding"
    ordering = ("-pk",)
    sortable_by = ()
    fieldsets = (
        (None, {"fields": ("title", "verdict_shown", "why", "score", "type", "of", "posted_at")}),
        ("What it says", {"fields": ("summary", "reasoning")}),
        ("Found by", {"fields": ("scan_link", "wanted", "signal_link", "company_name", "id")}),
    )
    readonly_fields = ("verdict_shown", "why", "of", "scan_link", "wanted", "signal_link")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("company", "prospect")

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.defer(
            "reasoning", "summary", "extra", "sources", "company__description", "company__provenance",
            "company__feeds", "company__pages", "company__social_links", "company__job_board", "prospect__about",
            "prospect__provenance",
        )  # fmt: skip

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return lookup in _NARROWED or super().lookup_allowed(lookup, value, request)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        if not search_term:
            return queryset, False
        number = search_term.strip()
        return (queryset.filter(pk=int(number[:18])) if number.isdecimal() else queryset.none()), False

    def sections(self, request: HttpRequest, row: Finding) -> dict[str, Any]:
        extra = [(name, outside(value)) for name, value in row.extra.items()]
        return {"tables": [
            Table("Sources", ("Where it was read",), [(outside(each),) for each in row.sources], "None is known."),
            Table("More of it", ("Field", "Value"), extra, "Nothing more is known."),
        ]}  # fmt: skip

    @admin.display(description="title")
    def called(self, finding: Finding) -> SafeString:
        text = str(finding)
        short = text if len(text) <= 90 else f"{text[:89]}…"
        return format_html('{}<br><span class="quiet">{}</span>', short, finding.get_type_display())

    @admin.display(description="posted, found by")
    def posted(self, finding: Finding) -> SafeString:
        day = f"{finding.posted_at:%Y-%m-%d}" if finding.posted_at else "-"
        return format_html("{}<br>{}", day, self.scan_link(finding))

    @admin.display(description="verdict")
    def verdict_shown(self, finding: Finding) -> SafeString:
        return verdict_badge(finding.verdict)

    @admin.display(description="of")
    def of(self, finding: Finding) -> object:
        return subject_of(finding)

    @admin.display(description="scan")
    def scan_link(self, finding: Finding) -> object:
        return link(SignalScan(pk=finding.scan_id), f"Scan {finding.scan_id[-6:]}")

    @admin.display(description="same signal in other scans")
    def signal_link(self, finding: Finding) -> object:
        return link(finding.signal) if finding.signal else "-"

    @admin.display(description="asked for by")
    def wanted(self, finding: Finding) -> str:
        item = item_of(finding, finding.scan)
        words = keywords(item.get("keywords")) or "everything"
        return f"item {finding.item + 1}: {SignalType(finding.type).label}, {words}"

    @admin.display(description="why")
    def why(self, finding: Finding) -> str:
        return why(finding, finding.scan)

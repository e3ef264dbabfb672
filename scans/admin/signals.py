"""Staff pages of signals: events that stay the same from scan to scan. And of the activities that partners sent."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.shown import Table, outside
from accounts.staff import VisibleFilter, link
from prospecting.admin.roles import LookedAt
from scans.admin.shown import subject_of, verdict_badge
from scans.models import Activity, Signal, SignalScan


@admin.register(Signal)
class SignalAdmin(LookedAt):
    nothing_here = "No signal yet: no scan has kept anything."
    list_display = ("called", "type", "of", "posted_at", "first_seen", "last_seen", "group")
    list_filter = ("type", ("group", VisibleFilter))
    search_fields = ("identity__exact",)
    search_help_text = "The whole id, as partners read it"
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("type", "of", "posted_at", "first_seen", "last_seen", "group", "created_at", "id")
    readonly_fields = ("of",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("company", "prospect", "group").defer("trace")

    def sections(self, request: HttpRequest, row: Signal) -> dict[str, Any]:
        showings = row.findings.select_related("scan").order_by("-pk")[:50]
        return {"tables": [
            Table(
                "Seen by scans", ("Finding", "Verdict", "Score", "Scan", "When"),
                [(link(each), verdict_badge(each.verdict), each.score,
                  link(SignalScan(pk=each.scan_id), f"Scan {each.scan_id[-6:]}"), each.scan.created_at)
                 for each in showings],
                "The scans that saw it are gone.", frozenset({2}), "The newest 50.",
            ),
        ]}  # fmt: skip

    @admin.display(description="signal")
    def called(self, signal: Signal) -> str:
        return f"{signal.get_type_display()} {signal.pk[-6:]}"

    @admin.display(description="of")
    def of(self, signal: Signal) -> object:
        return subject_of(signal)


@admin.register(Activity)
class ActivityAdmin(LookedAt):
    nothing_here = "No activity here. Partners send posts and comments, or a provider finds them."
    list_display = ("external_id", "type", "prospect", "posted_at", "total_likes", "total_comments", "group")
    list_filter = ("type", ("group", VisibleFilter))
    search_fields = ("external_id__exact",)
    search_help_text = "Id, or the whole id of the partner"
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("type", "who", "text", "address", "posted_at", "total_likes", "total_comments", "reply_summary",
              "external_id", "group", "created_at", "id")  # fmt: skip
    readonly_fields = ("who", "address")

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("prospect", "group").defer(
            "text", "reply_summary", "prospect__about", "prospect__provenance"
        )

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        return lookup == "prospect__id__exact" or super().lookup_allowed(lookup, value, request)

    @admin.display(description="by")
    def who(self, activity: Activity) -> object:
        return link(activity.prospect)

    @admin.display(description="address")
    def address(self, activity: Activity) -> object:
        return outside(activity.url)

"""Staff pages of signals: events that stay the same from scan to scan. And of the activities that partners sent."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.shown import Table, outside
from accounts.staff import VisibleFilter, link
from prospecting.admin.roles import LookedAt
from scans.admin.shown import places, subject_of, verdict_badge
from scans.enums import Verdict
from scans.models import Activity, Finding, Signal, SignalScan


@admin.register(Signal)
class SignalAdmin(LookedAt):
    nothing_here = "No signal yet: no scan has kept anything."
    list_display = ("called", "of", "scored", "seen", "group")
    list_filter = ("type", ("group", VisibleFilter))
    search_fields = ("identity__exact",)
    search_help_text = "The whole id, as partners read it"
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("type", "of", "posted_at", "first_seen", "last_seen", "group", "created_at", "id")
    readonly_fields = ("of",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("company", "prospect", "group").defer("trace")

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Each as the newest scan that kept it tells it."""
        newest = Finding.objects.filter(signal=OuterRef("pk"), verdict=Verdict.KEPT).order_by("-pk")
        told = {name: Subquery(newest.values(name)[:1]) for name in ("title", "score")}
        told_rows: QuerySet[Any] = rows.annotate(**told)
        return told_rows.defer(
            "company__description", "company__provenance", "company__feeds", "company__pages", "company__social_links",
            "company__job_board", "prospect__about", "prospect__provenance", "trace",
        )  # fmt: skip

    def heading(self, row: Signal) -> str:
        """As the newest scan that kept it tells it."""
        newest = row.findings.filter(verdict=Verdict.KEPT).order_by("-pk").values_list("title", flat=True)
        return newest.first() or str(row)

    def sections(self, request: HttpRequest, row: Signal) -> dict[str, Any]:
        showings = list(row.findings.select_related("scan").order_by("-pk")[:50])
        newest = [each for each in showings if each.verdict == Verdict.KEPT][:1]
        return {"tables": [
            Table(
                "As it was last kept", ("Title", "Score", "Why", "What it says", "Read at"),
                [(each.title, each.score, each.reasoning, each.summary, places(each.sources)) for each in newest],
                "No scan that is still kept has kept it.", frozenset({1}),
            ),
            Table(
                "Seen by scans", ("Finding", "Verdict", "Score", "Scan", "When"),
                [(link(each), verdict_badge(each.verdict), each.score,
                  link(SignalScan(pk=each.scan_id), f"Scan {each.scan_id[-6:]}"), each.scan.created_at)
                 for each in showings],
                "The scans that saw it are gone.", frozenset({2}), "The newest 50.",
            ),
        ]}  # fmt: skip

    @admin.display(description="signal")
    def called(self, signal: Any) -> SafeString:
        title = (signal.title or f"Signal {signal.pk[-6:]}")[:90]
        return format_html('{}<br><span class="quiet">{}</span>', title, signal.get_type_display())

    @admin.display(description="score")
    def scored(self, signal: Any) -> object:
        return "-" if signal.score is None else signal.score

    @admin.display(description="posted, last seen")
    def seen(self, signal: Signal) -> SafeString:
        posted, last = (f"{at:%Y-%m-%d}" if at else "-" for at in (signal.posted_at, signal.last_seen))
        return format_html('{}<br><span class="quiet">{}</span>', posted, last)

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

"""Staff pages of signal scans: how far they are, what they found and dropped, which sources failed; start, cancel."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.requester import Requester
from accounts.sending import once
from accounts.shown import Table
from accounts.staff import VisibleFilter, faults_of, link, list_url, visible
from jobs.admin import JobPages, cancelling, running_again
from jobs.enums import LIVE, WITHOUT_RESULTS
from prospecting.admin.roles import ACTS, LookedAt, StaffPages, groups_of
from prospecting.admin.shown import audience_link, with_audience
from prospecting.models import Audience
from scans.actions.scans import cancel_scan, repeat_scan, start_scan
from scans.admin import scan_page
from scans.admin.shown import (
    in_words,
    keywords,
    specification_link,
    subject_badge,
    verdict_badge,
    with_specification,
)
from scans.enums import SignalType, SubjectState, Verdict
from scans.matching.score import Scale
from scans.models import Finding, SignalScan, SignalSpecification
from web.errors import Refused

_SHOWN = 50  # companies and prospects whose sources failed, on the page of a scan


class StartForm(forms.Form):
    """Offers the audiences and specifications of the groups in which one may act."""

    audience = forms.ModelChoiceField(Audience.objects.none())
    specification = forms.ModelChoiceField(SignalSpecification.objects.none())

    def __init__(self, data: Any, *, request: HttpRequest) -> None:
        super().__init__(data, initial={"audience": request.GET.get("audience")})
        for name, model in (("audience", Audience), ("specification", SignalSpecification)):
            choices: Any = self.fields[name]
            rows = visible(model, request).select_related("group").order_by("group__name", "name")
            if not request.user.is_superuser:
                rows = rows.filter(group__in=groups_of(request, ACTS))
            choices.queryset = rows
            choices.label_from_instance = lambda row: f"{row.name} ({row.group})"

    def clean(self) -> dict[str, Any]:
        chosen: dict[str, Any] = super().clean() or self.cleaned_data
        audience, specification = chosen.get("audience"), chosen.get("specification")
        if audience and specification and audience.group_id != specification.group_id:
            self.add_error("specification", "It belongs to another account group than the audience.")
        return chosen


@admin.register(SignalScan)
class SignalScanAdmin(JobPages, LookedAt):
    live = ("state", "done", "evaluated", "failed", "remaining")
    nothing_here = "No scan here. Start one of an audience, or make a monitor that does."
    change_form_template = "admin/scans/signalscan/page.html"
    list_display = ("scan", "state", "done", "found_shown", "subject", "asked", "group")
    list_filter = ("status", "type", ("audience", VisibleFilter), ("group", VisibleFilter))
    search_fields = ("trace_id__exact",)
    search_help_text = "Id, or the trace id of the request that asked for it"
    ordering = ("-created_at", "-pk")
    actions = ("cancel_selected",)
    deeds = ("cancel", "run_again")
    fieldsets = (
        (None, {"fields": ("state", "done", "error_code", "error_message", "audience_shown", "specification_shown",
                           "type", "monitor_shown", "subset", "group", "requested_by")}),
        ("Prospects", {"fields": ("prospects_total", "evaluated", "failed", "remaining")}),
        ("Run", {"classes": ("collapse",), "fields": ("created_at", "started_at", "completed_at",
                                                      "findings_deleted_at", "attempts", "worker", "test", "trace_id",
                                                      "id")}),
    )  # fmt: skip
    readonly_fields = ("state", "done", "audience_shown", "specification_shown", "monitor_shown", "subset",
                       "requested_by", "evaluated", "failed", "remaining")  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_specification(with_audience(super().get_queryset(request)))

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("group", "requested_by_key", "requested_by_user").defer(
            "items", "prospect_ids", "traceback", "error_message"
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return StaffPages.has_add_permission(self, request)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = StartForm(request.POST if request.method == "POST" else None, request=request)
        if request.method == "POST" and form.is_valid():
            audience, specification = form.cleaned_data["audience"], form.cleaned_data["specification"]
            by = Requester.staff(request, audience.group)
            try:
                with once(request), transaction.atomic():
                    scan = start_scan(
                        group=audience.group, by=by, signal_specification_id=specification.pk,
                        audience_id=audience.pk, test=by.in_sandbox,
                    )  # fmt: skip
            except Refused as refusal:
                form.add_error(None, ValidationError(faults_of(refusal)))
            else:
                self.message_user(request, "The scan is queued.", messages.SUCCESS)
                return HttpResponseRedirect(self.url_of(scan))
        warning = "A worker looks for recent events at everybody in the audience and where they work."
        return self.form_page(request, "Start a scan", form, warning=warning, back=list_url(SignalScan))

    def heading(self, row: Any) -> str:
        what, among = row.specification_name or "A deleted specification", row.audience_name or "a deleted audience"
        return f"{what}, among {among}"

    def sections(self, request: HttpRequest, row: SignalScan) -> dict[str, Any]:
        found = [_found(row), scan_page.kept(row), scan_page.dropped(request, row)]
        return {
            **super().sections(request, row), "tables": [*found, _failed(row), _asked(row)],
            "bar": scan_page.chart(row), "wanted": [in_words(item) for item in row.items],
        }  # fmt: skip

    cancel, cancel_selected = cancelling(
        lambda scan, by: cancel_scan(scan=scan, by=by), permission="scans.change_signalscan", several="scans",
        warning="The scan stops at once and cannot be continued; partners see nothing of what it found.",
    )  # fmt: skip
    run_again = running_again(
        lambda scan, by: repeat_scan(scan=scan, by=by), permission="scans.add_signalscan", one="scan",
        warning="A new scan of the same audience with the specification as it is now.",
        possible=lambda scan: scan.status in WITHOUT_RESULTS,
    )  # fmt: skip

    @admin.display(description="scan")
    def scan(self, scan: SignalScan) -> str:
        return f"Scan {scan.pk[-6:]}"

    @admin.display(description="kept of found")
    def found_shown(self, scan: SignalScan) -> SafeString:
        looked_at = scan.prospects_evaluated + scan.prospects_failed
        return format_html(
            '{} of {}<br><span class="quiet">{} of {} people</span>',
            *(f"{number:,}" for number in (scan.kept, scan.found, looked_at, scan.prospects_total)),
        )

    @admin.display(description="audience")
    def subject(self, scan: SignalScan) -> SafeString:
        return format_html("{}<br>{}", audience_link(scan), specification_link(scan))

    @admin.display(description="asked for", ordering="created_at")
    def asked(self, scan: SignalScan) -> SafeString:
        return format_html('{} ago<br><span class="quiet">{}</span>', self.age(scan), self.requested_by(scan))

    @admin.display(description="evaluated")
    def evaluated(self, scan: SignalScan) -> SafeString:
        return self.living("evaluated", scan, f"{scan.prospects_evaluated:,}")

    @admin.display(description="failed")
    def failed(self, scan: SignalScan) -> SafeString:
        return self.living("failed", scan, f"{scan.prospects_failed:,}")

    @admin.display(description="remaining")
    def remaining(self, scan: SignalScan) -> SafeString:
        return self.living("remaining", scan, f"{scan.prospects_remaining:,}")

    @admin.display(description="audience")
    def audience_shown(self, scan: SignalScan) -> object:
        return audience_link(scan)

    @admin.display(description="specification")
    def specification_shown(self, scan: SignalScan) -> object:
        return specification_link(scan)

    @admin.display(description="monitor")
    def monitor_shown(self, scan: SignalScan) -> object:
        return link(scan.monitor) if scan.monitor else "-"

    @admin.display(description="asked for")
    def subset(self, scan: SignalScan) -> str:
        return "the whole audience" if scan.prospect_ids is None else f"{len(scan.prospect_ids):,} chosen prospects"


_WHY = {
    Verdict.KEPT: "Partners see these.",
    Verdict.DUPLICATE: "The same event, read elsewhere, too; its sources stand at the one that was kept.",
    Verdict.BELOW_SCORE: "They matched less well than the specification wants.",
    Verdict.STALE: "They are older than the specification wants.",
    Verdict.EXCLUDED: "They hold a word that the specification excludes.",
}


def _found(row: SignalScan) -> Table:
    lines: list[tuple[object, ...]] = [
        (verdict_badge(verdict), f"{getattr(row, verdict.value):,}", why, format_html(
            '<a href="{}">look at them</a>', list_url(Finding, scan__id__exact=row.pk, verdict__exact=verdict.value)))
        for verdict, why in _WHY.items()
    ]  # fmt: skip
    lines.append(("In all", f"{row.found:,}", "Documents that matched.", ""))
    gone = row.findings_deleted_at
    note = f"Deleted on {gone:%Y-%m-%d}, but for what still is the newest of somebody; the counts stay." if gone else ""
    return Table("What became of what matched", ("Verdict", "Count", "Why", ""), lines, "", frozenset({1}), note)


def _failed(row: SignalScan) -> Table:
    """Companies and prospects some of whose sources could not be read, and why."""
    faulty = Q(state=SubjectState.FAILED) | ~Q(faults=[])
    companies = row.companies.filter(faulty).select_related("company").order_by("pk")[:_SHOWN]
    prospects = row.prospects.filter(faulty).select_related("prospect").order_by("pk")[:_SHOWN]
    subjects = [*((each, each.company) for each in companies), *((each, each.prospect) for each in prospects)]
    lines = [
        (link(whose), subject_badge(each.state), *(fault.get(name, "-") for name in ("source", "code", "message")))
        for each, whose in subjects
        for fault in each.faults or [{}]
    ]
    heads = ("Of", "State", "Source", "Code", "Why")
    told, note = _asked_at_all(row)
    return Table("Sources that could not be read", heads, lines, told, note=note)


def _asked_at_all(row: SignalScan) -> tuple[str, str]:
    """What is said where no source has failed, and how many companies have none that could be asked."""
    if row.status in LIVE:
        return "None so far.", ""
    nothing = Count("pk", filter=Q(state=SubjectState.NO_SOURCE))
    companies = row.companies.aggregate(all=Count("pk"), without=nothing)
    people = row.prospects.aggregate(all=Count("pk"), without=nothing)
    without, every = companies["without"], companies["all"]
    note = f"{without:,} of {every:,} companies have no source to ask; a website of theirs would be one."
    asked = (without, people["without"]) != (every, people["all"])
    told = "Every source that was asked has answered." if asked else "No source was asked: none is known."
    return told, note if without else ""


def _asked(row: SignalScan) -> Table:
    """The copies of specification and scale the scan started with."""
    scale = Scale(**row.scale)
    return Table(
        "Looked for",
        ("", "Source", "Keywords", "Excluded", "Least score", "Most days", "Half-life in days", "Weight"),
        [(place, SignalType(item["source"]).label, keywords(item.get("keywords")) or "everything",
          keywords(item.get("excludeKeywords")) or "-", item.get("minScore", "-"), item.get("maxAgeDays", "-"),
          f"{scale.half_life(item['source']):g}", f"{scale.weight(item['source']):g}")
         for place, item in enumerate(row.items, 1)],
        "Nothing.", frozenset({0, 4, 5, 6, 7}), "As specification and settings were when the scan was asked for.",
    )  # fmt: skip

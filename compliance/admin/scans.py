"""Staff pages of compliance scans: how far they are, on what they ran, what they found; cancel, run again, compare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from accounts.requester import Requester
from accounts.staff import ReadOnlyAdmin, VisibleFilter, badge, deed, link
from compliance.actions.scans import cancel_scan, repeat_scan
from compliance.admin.comparing import comparison_page
from compliance.admin.exports import EXPORTS, ExportDeeds
from compliance.admin.policy_choices import PolicyFilter
from compliance.admin.scan_page import sections_of
from compliance.admin.shown import asked_by, pairs
from compliance.exports.summary import score_words
from compliance.models import ComplianceScan, Upload
from jobs.admin import progress_bar, status_badge, timeline
from jobs.enums import LIVE, Status
from jobs.errors import NotCancellable


class FallenFilter(admin.SimpleListFilter):
    title = parameter_name = "score"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("fell", "fell against the scan before")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        scans: Any = queryset
        return scans.fallen() if self.value() else queryset


@admin.register(ComplianceScan)
class ComplianceScanAdmin(ExportDeeds, ReadOnlyAdmin):
    change_form_template = "admin/compliance/compliancescan/page.html"
    list_display = ("scan", "state", "done", "score", "violations", "delta", "policy", "requested_by", "age")
    list_filter = ("status", FallenFilter, ("policy", PolicyFilter), ("audit", VisibleFilter), ("group", VisibleFilter))
    search_fields = ("audit_name",)
    search_help_text = "Id, or part of the audit name"
    ordering = ("-created_at", "-pk")
    actions = ("cancel_selected",)
    deeds = ("cancel", "run_again", *EXPORTS)
    fieldsets = (
        (None, {"fields": ("state", "done", "phase", "error_code", "error_message", "policy", "ran_version",
                           "file", "audit", "audit_name", "group", "requested_by")}),
        ("Frozen when it was asked for", {"fields": ("mapped", "temporal_scale", "score_words",
                                                     "reopen_growth", "record_count", "rules_total")}),
        ("Run", {"fields": ("created_at", "started_at", "completed_at", "attempts", "visible_attempt",
                            "worker", "engine", "result_digest", "findings", "trace_id", "id")}),
    )  # fmt: skip
    readonly_fields = (
        "state", "done", "phase", "ran_version", "requested_by", "file", "mapped", "score_words",
    )  # fmt: skip

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("policy", "upload", "requested_by_key", "requested_by_user").defer(
            "rule_results", "mapping_config", "traceback", "error_message", "review_counts",
            "severity_counts", "policy__description", "upload__profile", "upload__sample_rows",
        )  # fmt: skip

    def sections(self, request: HttpRequest, row: ComplianceScan) -> dict[str, Any]:
        return {
            **sections_of(request, row), "events": timeline(row), "exports": row.exports.order_by("-created_at")[:20],
            "export_tools": self.export_tools(request, row),
        }  # fmt: skip

    def tools(self, request: HttpRequest, row: ComplianceScan) -> list[tuple[str, str]]:
        refresh = [("Refresh", self.url_of(row))] if row.status in LIVE else []
        exports = self.export_tools(request, row)
        return [*refresh, *(tool for tool in super().tools(request, row) if tool not in exports)]

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.compare_view)
        return [path("<path:object_id>/compare/", page, name="compliance_compliancescan_compare"), *super().get_urls()]

    def compare_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Two scans of one policy side by side."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        scan = self.get_object(request, unquote(object_id))
        if scan is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        context = {**self.admin_site.each_context(request), "opts": self.opts, **comparison_page(request, scan)}
        return TemplateResponse(request, "admin/compliance/compliancescan/compare.html", context)

    @deed(
        label="Cancel", permission="compliance.cancel_compliancescan",
        warning="The scan stops at once and cannot be continued; nothing that it found so far is kept.",
        possible=lambda scan: scan.status in LIVE,
    )  # fmt: skip
    def cancel(self, request: HttpRequest, scan: ComplianceScan, form: Any) -> None:
        cancel_scan(scan=scan, by=Requester.staff(request, scan.group))
        self.message_user(request, f"Cancelled: {scan}.", messages.SUCCESS)

    @deed(
        label="Cancel the selected scans", permission="compliance.cancel_compliancescan",
        warning="Those that are queued or running stop at once; the others stay as they are.",
    )  # fmt: skip
    def cancel_selected(self, request: HttpRequest, scans: list[ComplianceScan], form: Any) -> None:
        cancelled = sum(self._cancelled(request, scan) for scan in scans)
        self.message_user(request, f"Cancelled: {cancelled} of {len(scans)}; the others were over.", messages.SUCCESS)

    def _cancelled(self, request: HttpRequest, scan: ComplianceScan) -> bool:
        try:
            cancel_scan(scan=scan, by=Requester.staff(request, scan.group))
        except NotCancellable:
            return False
        return True

    @deed(
        label="Run again", permission="compliance.run_compliancescan",
        warning="A new scan of the same upload and mapping with the newest version of the policy.",
        possible=lambda scan: scan.status not in LIVE and scan.hidden_at is None,
    )  # fmt: skip
    def run_again(self, request: HttpRequest, scan: ComplianceScan, form: Any) -> HttpResponse:
        new = repeat_scan(scan=scan, by=Requester.staff(request, scan.group))
        self.message_user(request, "The new scan is queued.", messages.SUCCESS)
        return HttpResponseRedirect(self.url_of(new))

    @admin.display(description="scan", ordering="audit_name")
    def scan(self, scan: ComplianceScan) -> str:
        return scan.audit_name or str(scan.pk)[:8]

    @admin.display(description="state", ordering="status")
    def state(self, scan: ComplianceScan) -> SafeString:
        deleted = badge("deleted", "⌫", "quiet") if scan.hidden_at else ""
        return format_html("{} {}", status_badge(scan.status), deleted)

    @admin.display(description="progress", ordering="progress")
    def done(self, scan: ComplianceScan) -> SafeString:
        return progress_bar(scan)

    @admin.display(description="rules processed")
    def phase(self, scan: ComplianceScan) -> str:
        return f"{scan.rules_processed} of {scan.rules_total}"

    @admin.display(description="violations", ordering="violation_count")
    def violations(self, scan: ComplianceScan) -> str:
        return f"{scan.violation_count:,}" if scan.status == Status.COMPLETED else "-"

    @admin.display(description="new / resolved")
    def delta(self, scan: ComplianceScan) -> str:
        if scan.previous_scan_id is None:
            return "-"
        return f"+{scan.new_count:,} / -{scan.resolved_count:,}"

    @admin.display(description="policy version")
    def ran_version(self, scan: ComplianceScan) -> SafeString:
        return link(scan.policy_version)

    @admin.display(description="file")
    def file(self, scan: ComplianceScan) -> SafeString:
        """The upload; and the rows of it that could not be read, where there are any."""
        if not scan.upload.rejected_rows:
            return link(scan.upload)
        uploads: Any = self.admin_site.get_model_admin(Upload)
        aside = format_html('<a href="{}#rejects">{} rows set aside</a>', uploads.url_of(scan.upload),
                            f"{scan.upload.rejected_rows:,}")  # fmt: skip
        return format_html("{}; {}", link(scan.upload), aside)

    @admin.display(description="score")
    def score_words(self, scan: ComplianceScan) -> str:
        """How it is computed; with its numbers once there is one."""
        if scan.status == Status.COMPLETED:
            return score_words(scan)
        return scan.get_score_method_display().lower()

    @admin.display(description="mapping")
    def mapped(self, scan: ComplianceScan) -> str:
        return pairs(scan.mapping_config, " = column ")

    @admin.display(description="requested by")
    def requested_by(self, scan: ComplianceScan) -> str:
        return asked_by(scan.requested_by_key, scan.requested_by_user)

    @admin.display(description="age", ordering="created_at")
    def age(self, scan: ComplianceScan) -> str:
        return timesince(scan.created_at, depth=1)

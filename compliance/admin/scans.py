"""Staff pages of compliance scans: how far they are, on what they ran, what they found; cancel, run again, compare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.staff import VisibleFilter, badge, link
from compliance.actions.scans import cancel_scan, repeat_scan
from compliance.admin.comparing import comparison_page
from compliance.admin.exports import EXPORTS, ExportDeeds
from compliance.admin.policy_choices import PolicyFilter
from compliance.admin.scan_page import sections_of
from compliance.admin.shown import pairs
from compliance.exports.summary import score_words
from compliance.models import ComplianceScan, Upload
from jobs.admin import JobPages, cancelling, running_again
from jobs.enums import LIVE, Status


class FallenFilter(admin.SimpleListFilter):
    title = parameter_name = "score"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("fell", "fell against the scan before")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        scans: Any = queryset
        return scans.fallen() if self.value() else queryset


@admin.register(ComplianceScan)
class ComplianceScanAdmin(ExportDeeds, JobPages):
    change_form_template = "admin/compliance/compliancescan/page.html"
    live = ("state", "done", "phase")
    list_display = ("scan", "state", "done", "score", "violations", "delta", "policy", "requested_by", "age")
    list_filter = ("status", FallenFilter, ("policy", PolicyFilter), ("audit", VisibleFilter), ("group", VisibleFilter))
    search_fields = ("audit_name__startswith",)
    search_help_text = "Id, or the beginning of the audit name, in its own spelling"
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
            **super().sections(request, row), **sections_of(request, row),
            "exports": row.exports.order_by("-created_at")[:20], "export_tools": self.export_tools(request, row),
        }  # fmt: skip

    def tools(self, request: HttpRequest, row: ComplianceScan) -> list[tuple[str, str]]:
        exports = self.export_tools(request, row)
        others = [tool for tool in super().tools(request, row) if tool not in exports]
        return [*others, *([("Export", "#exports")] if exports else [])]

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

    cancel, cancel_selected = cancelling(
        lambda scan, by: cancel_scan(scan=scan, by=by), permission="compliance.cancel_compliancescan", several="scans",
        warning="The scan stops at once and cannot be continued; nothing that it found so far is kept.",
    )  # fmt: skip
    run_again = running_again(
        lambda scan, by: repeat_scan(scan=scan, by=by), permission="compliance.run_compliancescan", one="scan",
        warning="A new scan of the same upload and mapping with the newest version of the policy.",
        possible=lambda scan: scan.status not in LIVE and scan.hidden_at is None,
    )  # fmt: skip

    @admin.display(description="scan", ordering="audit_name")
    def scan(self, scan: ComplianceScan) -> str:
        return scan.audit_name or str(scan.pk)[:8]

    @admin.display(description="state", ordering="status")
    def state(self, scan: Any) -> SafeString:
        deleted = badge("deleted", "⌫", "quiet") if scan.hidden_at else ""
        return format_html("{} {}", super().state(scan), deleted)

    @admin.display(description="rules processed")
    def phase(self, scan: ComplianceScan) -> SafeString:
        return self.living("phase", scan, f"{scan.rules_processed} of {scan.rules_total}")

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

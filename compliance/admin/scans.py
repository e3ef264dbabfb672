"""Staff pages of compliance scans: how far they are, on what they ran, what they found; cancel, run again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.staff import VisibleFilter, badge, link, list_url
from compliance.actions.scans import cancel_scan, repeat_scan
from compliance.admin.exports import EXPORTS, ExportDeeds
from compliance.admin.policy_choices import PolicyFilter
from compliance.admin.shown import pairs
from compliance.models import ComplianceScan, Violation
from jobs.admin import JobPages, cancelling, running_again
from jobs.enums import LIVE, Status


@admin.register(ComplianceScan)
class ComplianceScanAdmin(ExportDeeds, JobPages):
    change_form_template = "admin/compliance/compliancescan/page.html"
    live = ("state", "done", "phase")
    list_display = (
        "scan", "state", "done", "score", "violations", "delta", "age", "policy", "upload", "requested_by",
        "attempts",
    )  # fmt: skip
    list_filter = ("status", ("policy", PolicyFilter), ("audit", VisibleFilter), ("group", VisibleFilter))
    search_fields = ("audit_name",)
    search_help_text = "Id, or part of the audit name"
    ordering = ("-created_at", "-pk")
    actions = ("cancel_selected",)
    deeds = ("cancel", "run_again", *EXPORTS)
    fieldsets = (
        (None, {"fields": ("state", "done", "phase", "error_code", "error_message", "policy", "ran_version",
                           "upload", "audit", "audit_name", "group", "requested_by")}),
        ("Found", {"fields": ("score", "found", "severities", "reviews", "delta", "previous", "coverage")}),
        ("Frozen when it was asked for", {"fields": ("mapped", "temporal_scale", "score_method",
                                                     "reopen_growth", "record_count", "rules_total")}),
        ("Run", {"fields": ("created_at", "started_at", "completed_at", "attempts", "visible_attempt",
                            "worker", "engine", "result_digest", "findings", "trace_id", "id")}),
    )  # fmt: skip
    readonly_fields = (
        "state", "done", "phase", "ran_version", "requested_by", "found", "severities", "reviews", "delta",
        "previous", "mapped",
    )  # fmt: skip

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("policy", "upload", "requested_by_key", "requested_by_user").defer(
            "rule_results", "mapping_config", "traceback", "error_message", "review_counts",
            "severity_counts", "policy__description", "upload__profile", "upload__sample_rows",
        )  # fmt: skip

    def sections(self, request: HttpRequest, row: ComplianceScan) -> dict[str, Any]:
        rules = {rule["rule_id"]: rule for rule in row.policy_version.rules}
        results = [
            {**result, "rule": rules.get(result["rule_id"], {}),
             "url": list_url(Violation, scan__id__exact=row.pk, rule_id__exact=result["rule_id"])}
            for result in row.rule_results
        ]  # fmt: skip
        return {
            **super().sections(request, row), "results": results, "history": row.score_events.all(),
            "exports": row.exports.order_by("-created_at")[:20], "export_tools": self.export_tools(request, row),
        }  # fmt: skip

    def tools(self, request: HttpRequest, row: ComplianceScan) -> list[tuple[str, str]]:
        exports = self.export_tools(request, row)
        return [tool for tool in super().tools(request, row) if tool not in exports]

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

    @admin.display(description="violations")
    def found(self, scan: ComplianceScan) -> str:
        if scan.status != Status.COMPLETED:
            return "-"
        url = list_url(Violation, scan__id__exact=scan.pk)
        return format_html('<a href="{}">{} violations</a>', url, f"{scan.violation_count:,}")

    @admin.display(description="new / resolved")
    def delta(self, scan: ComplianceScan) -> str:
        if scan.previous_scan_id is None:
            return "-"
        return f"+{scan.new_count:,} / -{scan.resolved_count:,} ({scan.unchanged_count:,} unchanged)"

    @admin.display(description="compared with")
    def previous(self, scan: ComplianceScan) -> object:
        return link(scan.previous_scan) if scan.previous_scan else "-"

    @admin.display(description="by severity")
    def severities(self, scan: ComplianceScan) -> str:
        return pairs(scan.severity_counts)

    @admin.display(description="by review")
    def reviews(self, scan: ComplianceScan) -> str:
        return pairs(scan.review_counts)

    @admin.display(description="policy version")
    def ran_version(self, scan: ComplianceScan) -> SafeString:
        return link(scan.policy_version)

    @admin.display(description="mapping")
    def mapped(self, scan: ComplianceScan) -> str:
        return pairs(scan.mapping_config, " = column ")

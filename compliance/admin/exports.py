"""Staff pages of exports: which were asked for, how far they are, their files."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from accounts.requester import Requester
from accounts.staff import VisibleFilter, deed, link
from compliance.actions.exports import request_export
from compliance.enums import ExportFormat
from compliance.exports.delivery import file_answer
from compliance.models import ComplianceScan, Export
from jobs.admin import JobPages
from jobs.enums import Status
from web.errors import Refused

EXPORTS = tuple(f"export_{format}" for format in ExportFormat.values)


@admin.register(Export)
class ExportAdmin(JobPages):
    change_form_template = "admin/compliance/export/page.html"
    list_display = ("export", "scan_link", "state", "done", "size_shown", "created_at", "expires_at", "requested_by")
    list_filter = ("format", "status", ("group", VisibleFilter))
    ordering = ("-created_at", "-pk")
    actions = ()
    fieldsets = (
        (None, {"fields": ("format", "include_input", "scan_link", "state", "done", "error_code", "error_message",
                           "size_shown", "sha256", "expires_at", "removed_at", "group", "requested_by")}),
        ("Run", {"fields": ("created_at", "started_at", "completed_at", "attempts", "worker", "trace_id", "id")}),
    )  # fmt: skip
    readonly_fields = ("scan_link", "state", "done", "size_shown", "requested_by")

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        rows = rows.select_related("scan__policy", "scan__upload", "requested_by_key", "requested_by_user")
        return rows.defer("scan__rule_results", "scan__upload__profile", "scan__upload__sample_rows", "traceback")

    def tools(self, request: HttpRequest, row: Export) -> list[tuple[str, str]]:
        file = (
            [("Download", self.url_of(row, "file"))]
            if row.file and _may(request) and self.acts_on(request, row)
            else []
        )
        return [*super().tools(request, row), *file]

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.file_view)
        return [path("<path:object_id>/file/", page, name="compliance_export_file"), *super().get_urls()]

    def file_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """The file, for those who may export."""
        if not (_may(request) and self.has_view_permission(request)):
            raise PermissionDenied
        export = self.get_object(request, object_id)
        if export is None or export.scan.hidden_at is not None:
            raise Http404
        if not self.acts_on(request, export):  # to look at it is not to take it away
            raise PermissionDenied
        try:
            return file_answer(export)
        except Refused as refusal:
            raise Http404(refusal.message) from refusal

    @admin.display(description="export", ordering="format")
    def export(self, export: Export) -> str:
        return export.get_format_display()

    @admin.display(description="scan")
    def scan_link(self, export: Export) -> SafeString:
        return link(export.scan)

    @admin.display(description="size", ordering="size")
    def size_shown(self, export: Export) -> str:
        if export.size is None:
            return "-"
        return filesizeformat(export.size) + (" (removed)" if export.removed_at else "")


def _made(format: ExportFormat) -> Any:
    """The deed that exports a scan in this format, as a job."""

    @deed(
        label=f"Export {format.label}", permission="compliance.export_compliancescan",
        warning="A worker makes the file; you find it, and how far it is, on the page of the export.",
        possible=lambda scan: scan.status == Status.COMPLETED and scan.hidden_at is None,
    )  # fmt: skip
    def run(self: Any, request: HttpRequest, scan: ComplianceScan, form: Any) -> HttpResponseRedirect:
        export = request_export(scan=scan, by=Requester.staff(request, scan.group), format=format)
        self.message_user(request, f"{export} is asked for.", messages.SUCCESS)
        pages: Any = self.admin_site.get_model_admin(Export)
        return HttpResponseRedirect(pages.url_of(export))

    return run


class ExportDeeds:
    """The buttons of a scan's page that export it; EXPORTS names them."""

    export_json = _made(ExportFormat.JSON)
    export_csv = _made(ExportFormat.CSV)
    export_xlsx = _made(ExportFormat.XLSX)
    export_pdf = _made(ExportFormat.PDF)
    export_oscal = _made(ExportFormat.OSCAL)
    export_bundle = _made(ExportFormat.BUNDLE)

    def export_tools(self, request: HttpRequest, scan: ComplianceScan) -> list[tuple[str, str]]:
        """(label, address) of each button that is possible and allowed."""
        deeds = [(name, getattr(self, name).deed) for name in EXPORTS]
        pages: Any = self
        return [
            (known.label, pages.url_of(scan, "deed", name))
            for name, known in deeds
            if known.possible(scan) and known.allowed(request) and pages.acts_on(request, scan)
        ]


def _may(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("compliance.export_compliancescan"))

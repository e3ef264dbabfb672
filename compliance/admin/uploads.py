"""Staff pages of uploads: receive a file, see what it is, scan it, delete its content."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from accounts.models import AccountGroup
from accounts.requester import Requester
from accounts.sending import SentTwice, once
from accounts.staff import ReadOnlyAdmin, VisibleFilter, badge, deed, list_url, visible
from compliance import rejected
from compliance.actions.pii import pii_of
from compliance.actions.scans import start_scan
from compliance.actions.uploads import confirm_mapping, delete_upload, receive_upload
from compliance.admin.mapping_form import MappingForm
from compliance.admin.shown import asked_by, pairs
from compliance.enums import UploadStatus
from compliance.models import ComplianceScan, PiiCheck, Policy, Upload, UploadReading
from web.errors import PayloadTooLarge, Refused
from web.receiving import LimitedUploadHandler, watch_end

SUGGESTED = "suggested"
SHOWN = 50
"""Rejected records on the page of an upload; the download has all of them."""
_STATES = {
    UploadStatus.PROCESSING: ("being read", "◐", "busy"),
    UploadStatus.READY: ("ready", "●", "good"),
    UploadStatus.FAILED: ("could not be read", "✕", "bad"),
    UploadStatus.DELETED: ("content deleted", "⌫", "quiet"),
}


class MappingFilter(admin.SimpleListFilter):
    title = parameter_name = "mapping"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("none", "none yet")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        uploads: Any = queryset
        return uploads.unmapped() if self.value() else queryset


class UploadForm(forms.Form):
    group = forms.ModelChoiceField(AccountGroup.objects.none())
    file = forms.FileField(
        help_text="CSV (any delimiter) with a header line, JSON lines, gzip of either, XLSX or Parquet."
    )


class ScanForm(forms.Form):
    """Which policy of the upload's group to run, and which column is which field."""

    policy = forms.ModelChoiceField(Policy.objects.none())
    mapping = forms.ChoiceField(help_text='The suggested one is confirmed by this. "Map columns" makes others.')
    audit_name = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, row: Upload, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["policy"].queryset = Policy.objects.for_group(row.group).in_use().order_by("name")
        suggested = row.profile.get("suggested_mapping", {})
        fields["mapping"].choices = [
            *((str(mapping.pk), f"{mapping} ({mapping.temporal_scale})") for mapping in row.mappings.all()[:50]),
            *([(SUGGESTED, f"suggested: {pairs(suggested, ' = ')}")] if suggested else []),
        ]


@admin.register(Upload)
class UploadAdmin(ReadOnlyAdmin):
    change_form_template = "admin/compliance/upload/page.html"
    list_display = (
        "name", "group", "row_count", "rejected_rows", "size_shown", "state", "created_at", "created_by",
    )  # fmt: skip
    list_filter = ("status", MappingFilter, ("group", VisibleFilter))
    search_fields = ("name",)
    search_help_text = "Id, or part of the name"
    ordering = ("-created_at", "-pk")
    actions = ()
    deeds = ("map_columns", "scan", "look_for_pii", "erase")
    fieldsets = (
        (None, {"fields": ("name", "group", "state", "row_count", "rejected_rows", "size_shown", "sha256",
                           "created_at", "created_by", "deleted_at", "failure", "id")}),
        ("How it was read", {"fields": ("kind", "encoding", "delimiter", "dataset", "warnings", "suggested")}),
    )  # fmt: skip
    readonly_fields = (
        "state", "size_shown", "created_by", "kind", "encoding", "delimiter", "dataset", "warnings", "suggested",
    )  # fmt: skip

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("group", "created_by_key", "created_by_user").defer("profile", "sample_rows")

    def sections(self, request: HttpRequest, row: Upload) -> dict[str, Any]:
        columns = row.profile.get("columns", [])
        names = [column["name"] for column in columns]
        scans = visible(ComplianceScan, request).filter(upload=row).select_related("policy", "upload")
        return {
            "columns": columns, "names": names, "mappings": row.mappings.all()[:50], "scans": scans[:50],
            "reading": UploadReading.objects.filter(upload=row).first(), "row": row,
            "rejects": rejected.page(row, offset=0, limit=SHOWN)[0],
            "rejects_url": self.url_of(row, "rejects") if row.rejects else "",
            "samples": [[record.get(name) for name in names] for record in row.sample_rows],
            "pii": PiiCheck.objects.filter(upload=row).first(),
            "scans_url": list_url(ComplianceScan, upload__id__exact=row.pk),
        }  # fmt: skip

    def tools(self, request: HttpRequest, row: Upload) -> list[tuple[str, str]]:
        refresh = [("Refresh", self.url_of(row))] if row.status == UploadStatus.PROCESSING else []
        return [*refresh, *super().tools(request, row)]

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.rejects_view)
        return [path("<path:object_id>/rejects/", page, name="compliance_upload_rejects"), *super().get_urls()]

    def rejects_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """All records that were set aside, as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        return rejected.as_csv(row)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("compliance.add_upload")

    @method_decorator(csrf_exempt)  # the handler has to be set before the body is read; _add checks the token
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Receive a file."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        request.upload_handlers = [LimitedUploadHandler(request)]
        whole = watch_end(request)
        try:
            return self._add(request, whole=whole)
        except PayloadTooLarge as refusal:  # in the middle of the file: there is no form to show it at
            self.message_user(request, refusal.message, messages.ERROR)
            return HttpResponseRedirect(request.path)

    @method_decorator(csrf_protect)
    def _add(self, request: HttpRequest, *, whole: Callable[[], bool]) -> HttpResponse:
        form = UploadForm(request.POST or None, request.FILES or None, initial={"group": self.only_group(request)})
        fields: dict[str, Any] = form.fields
        fields["group"].queryset = self.groups_to_act_in(request)
        if request.method == "POST" and not whole():
            form.add_error("file", "The file was cut short on its way. Send it again.")
        elif request.method == "POST" and form.is_valid():
            file, group = form.cleaned_data["file"], form.cleaned_data["group"]
            by, received = Requester.staff(request, group), Path(file.temporary_file_path())
            try:
                with once(request):
                    upload, _ = receive_upload(group=group, by=by, path=received, name=file.name)
            except SentTwice as told:
                return self.sent_twice(request, told.message)
            except Refused as refusal:
                form.add_error("file", refusal.message)
            else:
                self.message_user(request, f"Received: {upload}.", messages.SUCCESS)
                return HttpResponseRedirect(self.url_of(upload))
        back = list_url(Upload)
        return self.form_page(request, "Upload a file", form, back=back)

    @deed(
        label="Map columns", permission="compliance.add_mapping", form=MappingForm,
        warning="Say which column is which field. The file stays as it is; scans keep the mapping they ran with.",
        possible=lambda upload: upload.status == UploadStatus.READY,
    )  # fmt: skip
    def map_columns(self, request: HttpRequest, upload: Upload, form: Any) -> None:
        by, scale = Requester.staff(request, upload.group), form.cleaned_data["temporal_scale"]
        mapping = confirm_mapping(
            upload=upload, by=by, config=form.config, temporal_scale=scale, overrides=form.overrides
        )  # fmt: skip
        if mapping.ready_to_scan:
            self.message_user(request, f"Confirmed: {mapping}.", messages.SUCCESS)
        else:
            told = "but of a column no value reads as its field: compare them with the first records."
            self.message_user(request, f"Confirmed: {mapping}; {told}", messages.WARNING)

    @deed(
        label="Scan this upload", permission="compliance.run_compliancescan", form=ScanForm,
        warning="A compliance scan with the newest version of the policy is queued.",
        possible=lambda upload: upload.status == UploadStatus.READY,
    )  # fmt: skip
    def scan(self, request: HttpRequest, upload: Upload, form: Any) -> HttpResponse:
        chosen, by = form.cleaned_data, Requester.staff(request, upload.group)
        with transaction.atomic():
            mapping_id = chosen["mapping"]
            if mapping_id == SUGGESTED:
                mapping_id = confirm_mapping(upload=upload, by=by, config=upload.profile["suggested_mapping"]).pk
            scan = start_scan(
                group=upload.group, by=by, policy_id=chosen["policy"].pk, upload_id=upload.pk,
                mapping_id=mapping_id, audit_name=chosen["audit_name"],
            )  # fmt: skip
        self.message_user(request, "The scan is queued.", messages.SUCCESS)
        scans: Any = self.admin_site.get_model_admin(ComplianceScan)
        return HttpResponseRedirect(scans.url_of(scan))

    @deed(
        label="Look for personal data", permission="compliance.add_piicheck",
        warning="Up to 1,000 values of each column are looked at, on this machine. What is found is stored masked.",
        possible=lambda upload: upload.status == UploadStatus.READY and not hasattr(upload, "pii_check"),
    )  # fmt: skip
    def look_for_pii(self, request: HttpRequest, upload: Upload, form: Any) -> None:
        check = pii_of(upload=upload, by=Requester.staff(request, upload.group))
        self.message_user(request, f"Looked through {upload.name}: {check}.", messages.SUCCESS)

    @deed(
        label="Delete content", permission="compliance.delete_upload",
        warning="File and records are removed for ever. Hash, profile and counts stay, as do its scans.",
        possible=lambda upload: upload.status != UploadStatus.DELETED,
    )  # fmt: skip
    def erase(self, request: HttpRequest, upload: Upload, form: Any) -> None:
        delete_upload(upload=upload, by=Requester.staff(request, upload.group))
        self.message_user(request, f"The content of {upload.name} is deleted.", messages.SUCCESS)

    @admin.display(description="size", ordering="size")
    def size_shown(self, upload: Upload) -> str:
        return filesizeformat(upload.size)

    @admin.display(description="status", ordering="status")
    def state(self, upload: Upload) -> SafeString:
        return badge(*_STATES[UploadStatus(upload.status)])

    @admin.display(description="by")
    def created_by(self, upload: Upload) -> str:
        return asked_by(upload.created_by_key, upload.created_by_user)

    @admin.display(description="kind")
    def kind(self, upload: Upload) -> str:
        kind = str(upload.profile.get("kind", "-")).replace("_", " ")
        sheet = upload.profile.get("sheet")
        return f"{kind}, sheet {sheet}" if sheet else kind

    @admin.display(description="encoding")
    def encoding(self, upload: Upload) -> str:
        return str(upload.profile.get("encoding") or "-")

    @admin.display(description="delimiter")
    def delimiter(self, upload: Upload) -> str:
        found = str(upload.profile.get("delimiter") or "-")
        return {"\t": "tab", " ": "blank"}.get(found, found)

    @admin.display(description="known shape")
    def dataset(self, upload: Upload) -> str:
        return upload.profile.get("detected_dataset") or "-"

    @admin.display(description="warnings")
    def warnings(self, upload: Upload) -> str:
        return "\n".join(upload.profile.get("warnings", [])) or "none"

    @admin.display(description="suggested mapping")
    def suggested(self, upload: Upload) -> str:
        confidence = upload.profile.get("mapping_confidence", {})
        return "\n".join(
            f"{field} = column {column} (confidence {confidence.get(field, 0):.2f})"
            for field, column in upload.profile.get("suggested_mapping", {}).items()
        ) or "-"  # fmt: skip

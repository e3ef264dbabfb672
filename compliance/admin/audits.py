"""Staff pages of audits: plan one, see its scans, close it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.requester import Requester
from accounts.staff import GroupAdmin, VisibleFilter, badge, deed, list_url
from compliance.actions.audits import change_audit, create_audit
from compliance.admin.policy_choices import PolicyChoice, PolicyFilter
from compliance.enums import AuditStatus
from compliance.models import Audit, ComplianceScan

FIELDS = ("name", "description", "policy", "period_start", "period_end")
_SHOWN = {
    AuditStatus.PLANNED: ("○", "quiet"),
    AuditStatus.ACTIVE: ("◐", "busy"),
    AuditStatus.COMPLETED: ("●", "good"),
    AuditStatus.CLOSED: ("⌫", "quiet"),
}


class AuditForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Audit
        fields = ("group", *FIELDS)
        field_classes = {"policy": PolicyChoice}  # noqa: RUF012

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        group = said.get("group") or getattr(self.instance, "group", None)
        policy, start, end = (said.get(name) for name in ("policy", "period_start", "period_end"))
        if policy and group and policy.group_id != group.pk:
            self.add_error("policy", "belongs to another account group")
        if start and end and start > end:
            self.add_error("period_end", "must not be before the first day")
        if policy and self.instance.scans.exclude(policy=policy).exists():
            self.add_error("policy", "scans of another policy belong to this audit already")
        return said


class StatusFilter(admin.SimpleListFilter):
    title = parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return AuditStatus.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(status=self.value()) if self.value() else queryset


@admin.register(Audit)
class AuditAdmin(GroupAdmin):
    form = AuditForm
    change_form_template = "admin/compliance/audit/page.html"
    list_display = ("name", "state", "policy", "period_start", "period_end", "scans_found", "group", "created_at")
    list_filter = (StatusFilter, ("policy", PolicyFilter), ("group", VisibleFilter))
    search_fields = ("name",)
    search_help_text = "Id, or part of the name"
    ordering = ("-created_at", "-pk")
    actions = ()
    deeds = ("close", "reopen")
    readonly_fields = ("state", "created_by", "created_at", "closed_by", "closed_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        audits: Any = super().get_queryset(request)
        return audits.with_status().with_counts()  # type: ignore[no-any-return]

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("policy", "group").defer("description", "policy__description")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("group", *FIELDS)})]
        return [(None, {"fields": FIELDS}), ("Facts", {"fields": ("group", *self.readonly_fields)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("group", *self.readonly_fields) if obj else ()

    def sections(self, request: HttpRequest, row: Audit) -> dict[str, Any]:
        scans = row.scans.shown().select_related("upload", "policy").order_by("-created_at", "-pk")
        return {"scans": scans[:50], "scans_url": list_url(ComplianceScan, audit__id__exact=row.pk)}

    def save_model(self, request: HttpRequest, obj: Audit, form: Any, change: bool) -> None:
        said, by = form.cleaned_data, Requester.staff(request, obj.group)
        about = {name: said[name] for name in FIELDS if name != "policy"}
        policy_id = said["policy"].pk if said["policy"] else None
        if not change:
            create_audit(group=obj.group, by=by, policy_id=policy_id, id=obj.pk, **about)
            return
        moved = {name: value for name, value in about.items() if name in form.changed_data}
        if "policy" in form.changed_data:
            moved["policy_id"] = policy_id
        change_audit(audit=obj, by=by, **moved)

    @deed(
        label="Close", permission="compliance.change_audit", warning="It takes no more scans until it is reopened.",
        possible=lambda audit: audit.closed_at is None,
    )  # fmt: skip
    def close(self, request: HttpRequest, audit: Audit, form: Any) -> None:
        change_audit(audit=audit, by=Requester.staff(request, audit.group), closed=True)
        self.message_user(request, f"Closed: {audit}.", messages.SUCCESS)

    @deed(
        label="Reopen", permission="compliance.change_audit", warning="Its status follows its scans again.",
        possible=lambda audit: audit.closed_at is not None,
    )  # fmt: skip
    def reopen(self, request: HttpRequest, audit: Audit, form: Any) -> None:
        change_audit(audit=audit, by=Requester.staff(request, audit.group), closed=False)
        self.message_user(request, f"Reopened: {audit}.", messages.SUCCESS)

    @admin.display(description="status")
    def state(self, audit: Any) -> SafeString:
        return badge(AuditStatus(audit.status).label, *_SHOWN[AuditStatus(audit.status)])

    @admin.display(description="scans")
    def scans_found(self, audit: Any) -> int:
        return int(audit.scan_count)

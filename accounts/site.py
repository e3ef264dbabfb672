"""The staff site: its home, and one navigation by what people do instead of by app."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts import home
from accounts.login import THROTTLED, LoginForm

# What belongs together, the most used first. Pages that are named nowhere go last, under "More".
SECTIONS = {
    "Compliance": (
        "compliance.ComplianceScan", "compliance.Violation", "compliance.Case", "compliance.Policy",
        "compliance.Upload", "compliance.Schedule", "compliance.Source", "compliance.Waiver", "compliance.Audit",
        "compliance.ReferenceList", "compliance.DryRun", "compliance.Export", "compliance.ScheduleRun",
        "compliance.SourceImport", "compliance.GroupSettings",
    ),
    "Prospecting": (
        "prospecting.ProspectingJob", "prospecting.Prospect", "prospecting.MergeCandidate", "prospecting.Audience",
        "prospecting.Company", "prospecting.LeadFile", "prospecting.RowError", "prospecting.Suppression",
        "prospecting.Folder", "prospecting.Provider", "prospecting.ProspectingSettings",
    ),
    "Signals": (
        "scans.SignalScan", "scans.Signal", "scans.Monitor", "scans.SignalSpecification", "scans.Finding",
        "scans.Activity", "scans.SourceState", "scans.StoredDocument",
    ),
    "Accounts": (
        "accounts.AccountGroup", "accounts.Membership", "accounts.ApiKey", "accounts.CreditAccount",
        "accounts.CreditEntry", "accounts.User", "accounts.AuditEntry",
    ),
    "System": ("jobs.JobEvent", "django_celery_beat.PeriodicTask"),
}  # fmt: skip


class StaffSite(AdminSite):
    site_header = site_title = "Scanward"
    index_title = "Home"
    login_form = LoginForm
    site_url = None  # there is no other site to view

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Django's own, grouped by SECTIONS; of one app (its page) as Django has it."""
        if app_label is not None:
            return super().get_app_list(request, app_label)
        pages = {
            page["model"]._meta.label: page for app in super().get_app_list(request) for page in app["models"]
        }  # fmt: skip
        sections = {title: [pages.pop(name) for name in names if name in pages] for title, names in SECTIONS.items()}
        sections["More"] = list(pages.values())
        return [
            {"name": title, "app_label": title.lower(), "app_url": "", "has_module_perms": True, "models": models}
            for title, models in sections.items()
            if models
        ]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """429 where somebody has tried too often."""
        answer = super().login(request, extra_context)
        form = (getattr(answer, "context_data", None) or {}).get("form")
        if isinstance(form, LoginForm) and form.has_error(NON_FIELD_ERRORS, THROTTLED):
            answer.status_code = 429
            answer.headers["Retry-After"] = str(form.retry_after)
        return answer

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return super().index(request, {"home": home.of(request), **(extra_context or {})})

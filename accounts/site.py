"""The staff site: its home, and one navigation by what people do instead of by app."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path

from accounts import home, second_factor_page
from accounts.login import THROTTLED, LoginForm
from accounts.models import User
from accounts.second_factor import lacking

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
WITHOUT_SECOND_FACTOR = ("second_factor", "logout", "jsi18n")


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

    def get_urls(self) -> list[Any]:
        own = [path("second-factor/", self.admin_view(second_factor_page.show), name="second_factor")]
        return [*own, *super().get_urls()]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Whoever is to have a second factor and has none is led to where it is turned on, wherever they go."""
        guarded = super().admin_view(view, cacheable)

        @wraps(guarded)
        def led(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            name = request.resolver_match.url_name if request.resolver_match else ""
            user = request.user if self.has_permission(request) else None
            if isinstance(user, User) and lacking(user) and name not in WITHOUT_SECOND_FACTOR:
                return redirect("admin:second_factor")
            answer: HttpResponse = guarded(request, *args, **kwargs)
            return answer

        return led

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

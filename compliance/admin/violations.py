"""Staff pages of violations: what was found and why, and the decision on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.requester import Requester
from accounts.staff import ReadOnlyAdmin, VisibleFilter, badge, deed, link, list_url
from compliance.actions.cases import open_case
from compliance.admin.queue import Queue
from compliance.admin.reviewing import (
    REVIEW,
    ManyReviewForm,
    OneReviewForm,
    decide,
    decide_many,
    keep_note,
    may_review,
    versions_of,
)
from compliance.admin.shown import money, number, review_badge, severity_badge
from compliance.admin.violation_filters import AccountFilter, DeltaFilter, NewestFilter, RuleFilter, ScanFilter
from compliance.admin.violation_page import rule_of, sections_of
from compliance.enums import ReviewStatus
from compliance.explain import threshold_of, when_words
from compliance.models import ComplianceScan, Violation
from web.errors import Refused, ValidationFailed


@admin.register(Violation)
class ViolationAdmin(ReadOnlyAdmin):
    group_path = "scan__group"
    change_form_template = "admin/compliance/violation/page.html"
    list_display = (
        "rule_id", "severity_shown", "account", "amount_shown", "findings", "status_shown", "delta", "scan_shown",
    )  # fmt: skip
    list_filter = (
        "severity", "status", RuleFilter, AccountFilter, DeltaFilter, NewestFilter, ("scan", ScanFilter),
        ("waiver", admin.EmptyFieldListFilter), ("scan__group", VisibleFilter),
    )  # fmt: skip
    search_fields = ("account__startswith",)
    search_help_text = "The beginning of the account, in its own spelling"
    actions = ("review_selected",)
    deeds = ("open_case",)
    fieldsets = (
        ("More about it", {"fields": ("account", "finding_count", "amount_shown", "when", "threshold", "actual",
                                      "transaction_type", "delta", "scan", "first_seen", "id")}),
        ("The decision", {"fields": ("status_shown", "review_note", "reviewed_by", "reviewed_at", "taken_in",
                                     "reopened_because", "decided_last", "waiver_shown")}),
    )  # fmt: skip
    readonly_fields = (
        "amount_shown", "when", "threshold", "actual", "delta", "first_seen", "status_shown", "taken_in",
        "decided_last", "waiver_shown",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        violations: Any = super().get_queryset(request)
        return violations.visible().ranked()  # type: ignore[no-any-return]

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The ids follow time; within a scan there is an index of its own."""
        return ("-created_at", "-id") if "scan__id__exact" in request.GET else ("-id",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[QuerySet[Any], bool]:
        """No id is looked for: an account may look like one."""
        term = search_term.strip()
        return (queryset.on_accounts_like(term) if term else queryset), False

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("scan__group", "scan__policy", "scan__upload").defer(
            "sample", "review_note", "scan__rule_results", "scan__mapping_config", "scan__traceback",
            "scan__policy__description", "scan__upload__profile", "scan__upload__sample_rows",
        )  # fmt: skip

    def get_sortable_by(self, request: HttpRequest) -> Any:
        """Within one scan: over all of them only the order of time is quick."""
        return super().get_sortable_by(request) if "scan__id__exact" in request.GET else ()

    def sorts_any_length(self, request: HttpRequest) -> bool:
        return "scan__id__exact" in request.GET

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.review_view)
        return [
            path("<uuid:object_id>/review/", page, name="compliance_violation_review"),
            *super().get_urls(),
        ]

    def heading(self, row: Violation) -> str:
        return f"{row.rule_id} on {row.account}"

    def sections(self, request: HttpRequest, row: Violation) -> dict[str, Any]:
        shown = sections_of(request, row, Queue(self, request, row), self.url_of)
        return shown if self.acts_on(request, row) else {**shown, "review_form": None}

    def review_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Decide on one violation, then go on to the next of the queue."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not (may_review(request) and self.has_view_permission(request)):
            raise PermissionDenied
        violation = self.get_object(request, str(object_id))
        if violation is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(object_id))  # type: ignore[attr-defined, no-any-return]
        if not self.acts_on(request, violation):
            raise PermissionDenied
        queue, form = Queue(self, request, violation), OneReviewForm(request.POST)
        following = queue.following()  # before the decision takes this one out of the queue
        try:
            if not form.is_valid():
                raise ValidationFailed(" ".join(str(fault) for faults in form.errors.values() for fault in faults))
            decide(request, violation, form)
        except Refused as refusal:
            keep_note(request, violation)
            self.message_user(request, refusal.message, messages.ERROR)
            return HttpResponseRedirect(queue.within(self.url_of(violation)))
        if following is None:
            self.message_user(request, "That was the last one of this list.", messages.INFO)
            return HttpResponseRedirect(f"{list_url(Violation)}?{queue.filters}")
        return HttpResponseRedirect(queue.within(self.url_of(Violation(pk=following))))

    @deed(
        label="Review the selected violations", permission=REVIEW, form=ManyReviewForm, initial=versions_of,
        warning="One decision for all of them; it moves the scores of their scans.",
    )  # fmt: skip
    def review_selected(self, request: HttpRequest, violations: list[Violation], form: Any) -> None:
        self.message_user(request, decide_many(request, violations, form), messages.SUCCESS)

    @deed(
        label="Open a case", permission="compliance.work_case",
        warning="A case gathers what this account did against the policy, until all of it is decided.",
    )  # fmt: skip
    def open_case(self, request: HttpRequest, violation: Violation, form: Any) -> HttpResponse:
        scan = violation.scan
        case = open_case(
            group=scan.group, by=Requester.staff(request, scan.group), policy_id=scan.policy_id,
            account=violation.account,
        )  # fmt: skip
        return HttpResponseRedirect(reverse("admin:compliance_case_change", args=[case.pk]))

    @admin.display(description="severity", ordering="rank")
    def severity_shown(self, violation: Violation) -> SafeString:
        return severity_badge(violation.severity)

    @admin.display(description="decision", ordering="status")
    def status_shown(self, violation: Violation) -> SafeString:
        """What else keeps it from counting, or from being what it says, stands beside it."""
        proposed = badge("proposed", "✕?", "warn") if violation.proposed_status else ""
        waived = badge("waived", "⏸", "quiet") if violation.waiver_id else ""
        return format_html("{} {} {}", review_badge(violation.status), proposed, waived)

    @admin.display(description="amount", ordering="size")
    def amount_shown(self, violation: Violation) -> str:
        return money(violation.amount)

    @admin.display(description="findings", ordering="finding_count")
    def findings(self, violation: Violation) -> str:
        return f"{violation.finding_count:,}"

    @admin.display(description="scan")
    def scan_shown(self, violation: Violation) -> SafeString:
        return link(violation.scan)

    @admin.display(description="when")
    def when(self, violation: Violation) -> str:
        return when_words(violation) or "-"

    @admin.display(description="there since")
    def first_seen(self, violation: Violation) -> object:
        """The scan since which it has been there without a gap."""
        if violation.is_new:
            return "this scan"
        scans = ComplianceScan.objects.select_related("policy", "upload")
        return next((link(scan) for scan in scans.filter(pk=violation.first_seen_scan_id)), "a scan that is gone")

    @admin.display(description="taken over from")
    def taken_in(self, violation: Violation) -> object:
        if violation.carried_over_from is None:
            return "-"
        return link(ComplianceScan.objects.get(pk=violation.carried_over_from))

    @admin.display(description="last decision")
    def decided_last(self, violation: Violation) -> str:
        last = violation.last_decision
        return f"{ReviewStatus(last['status']).label} by {last['by']}, {last['at']}" if last else "-"

    @admin.display(description="waiver")
    def waiver_shown(self, violation: Violation) -> object:
        return link(violation.waiver) if violation.waiver else "-"

    @admin.display(description="delta")
    def delta(self, violation: Violation) -> str:
        return "new" if violation.is_new else "unchanged"

    @admin.display(description="threshold")
    def threshold(self, violation: Violation) -> str:
        return number(threshold_of(rule_of(violation)))

    @admin.display(description="actual value")
    def actual(self, violation: Violation) -> str:
        return number(violation.actual_value)

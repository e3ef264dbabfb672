"""Staff pages of violations: what was found and why, and the decision on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.requester import Requester
from accounts.staff import ReadOnlyAdmin, VisibleFilter, badge, deed, link, visible
from compliance.actions.bulk_reviews import Reviewed, review_many
from compliance.actions.cases import open_case
from compliance.actions.reviews import review_violation
from compliance.admin.shown import preformatted, review_badge, severity_badge
from compliance.enums import ReviewStatus
from compliance.explain import explanation, threshold_of
from compliance.models import ComplianceScan, Violation
from web.errors import Conflict, Refused

REVIEW = "compliance.review_violation"
DECISIONS = [
    (ReviewStatus.APPROVED.value, "Approve: it is a violation"),
    (ReviewStatus.FALSE_POSITIVE.value, "False positive: it is none"),
    (ReviewStatus.DISPUTED.value, "Dispute: it has to be looked at again"),
    (ReviewStatus.PENDING.value, "Reopen"),
]


class ReviewForm(forms.Form):
    status = forms.ChoiceField(choices=[("", "choose"), *DECISIONS], label="Decision")
    note = forms.CharField(
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Empty: the old one stays.",
    )


class OneReviewForm(ReviewForm):
    """`version` is the one the reviewer saw: a decision taken meanwhile is not overwritten unseen."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class DeltaFilter(admin.SimpleListFilter):
    title = parameter_name = "delta"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [("new", "new"), ("unchanged", "unchanged")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        new = Q(first_seen_scan_id=F("scan_id"))
        match self.value():
            case "new":
                return queryset.filter(new)
            case "unchanged":
                return queryset.exclude(new)
        return queryset


class RuleFilter(admin.SimpleListFilter):
    """The rules of the scan that the list is narrowed to; over all scans rules are searched for."""

    title = parameter_name = "rule"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        names = [request.GET["rule"]] if "rule" in request.GET else []
        try:
            scans = visible(ComplianceScan, request).filter(pk=request.GET.get("scan__id__exact"))
        except ValidationError:
            scans = ComplianceScan.objects.none()  # no id at all: the list itself refuses it
        for scan in scans:
            names += [rule["rule_id"] for rule in scan.policy_version.active_rules]
        return [(name, name) for name in dict.fromkeys(names)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(rule_id=self.value()) if self.value() else queryset


@admin.register(Violation)
class ViolationAdmin(ReadOnlyAdmin):
    group_path = "scan__group"
    change_form_template = "admin/compliance/violation/page.html"
    list_display = (
        "rule_id", "severity_shown", "account", "amount", "finding_count", "first_at", "last_at",
        "status_shown", "delta", "scan",
    )  # fmt: skip
    list_filter = (
        "severity", "status", DeltaFilter, RuleFilter, ("waiver", admin.EmptyFieldListFilter),
        ("scan__group", VisibleFilter),
    )  # fmt: skip
    search_fields = ("account__startswith", "rule_id__startswith")
    search_help_text = "The beginning of the account or of the rule's id, in its own spelling"
    ordering = ("-id",)  # the ids follow time
    sortable_by = ()
    actions = ("review_selected",)
    deeds = ("open_case",)
    fieldsets = (
        (None, {"fields": ("explained", "rule_name", "severity_shown", "account", "threshold", "actual_value",
                           "finding_count", "amount", "first_at", "last_at", "transaction_type")}),
        ("Decision", {"fields": ("status_shown", "review_note", "reviewed_by", "reviewed_at", "proposal",
                                 "taken_in", "reopened_because", "decided_last", "waiver_shown")}),
        ("What the policy says", {"fields": ("section", "excerpt", "description")}),
        ("Where it stands", {"fields": ("scan", "delta", "first_seen_scan_id", "id")}),
    )  # fmt: skip
    readonly_fields = (
        "explained", "rule_name", "severity_shown", "threshold", "status_shown", "section", "excerpt",
        "description", "delta", "proposal", "taken_in", "decided_last", "waiver_shown",
    )  # fmt: skip
    get_search_results = admin.ModelAdmin.get_search_results  # an account may look like an id

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        violations: Any = super().get_queryset(request)
        return violations.visible()  # type: ignore[no-any-return]

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("scan__group", "scan__policy", "scan__upload").defer(
            "sample", "review_note", "scan__rule_results", "scan__mapping_config", "scan__traceback",
            "scan__policy__description", "scan__upload__profile", "scan__upload__sample_rows",
        )  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.review_view)
        return [
            path("<uuid:object_id>/review/", page, name="compliance_violation_review"),
            *super().get_urls(),
        ]

    def sections(self, request: HttpRequest, row: Violation) -> dict[str, Any]:
        order = [column["name"] for column in row.scan.upload.profile["columns"]]  # stored JSON keeps none
        known = {name for record in row.sample for name in record["values"]}
        names = [name for name in order if name in known] + sorted(known - set(order))
        evidence = [(_place(record), [record["values"].get(name) for name in names]) for record in row.sample]
        form = OneReviewForm(initial={"version": row.version})
        pending = row.status == ReviewStatus.PENDING
        return {
            "columns": names, "evidence": evidence, "reviews": row.reviews.all(),
            "review_form": form if request.user.has_perm(REVIEW) and self.acts_on(request, row) else None,
            "review_url": self.url_of(row, "review"),
            "decisions": [known for known in DECISIONS if not (pending and known[0] == ReviewStatus.PENDING)],
        }  # fmt: skip

    def review_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Decide on one violation; the message tells the scan's new score."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not (request.user.has_perm(REVIEW) and self.has_view_permission(request)):
            raise PermissionDenied
        violation = self.get_object(request, str(object_id))
        if violation is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(object_id))  # type: ignore[attr-defined, no-any-return]
        if not self.acts_on(request, violation):
            raise PermissionDenied
        form = OneReviewForm(request.POST)
        if form.is_valid():
            self._decide(request, violation, form)
        else:
            self.message_user(request, form.errors.as_text(), messages.ERROR)
        return HttpResponseRedirect(self.url_of(violation))

    def _decide(self, request: HttpRequest, violation: Violation, form: OneReviewForm) -> None:
        def unchanged(now: Violation) -> None:
            if now.version != form.cleaned_data["version"]:
                raise Conflict(f"{now.reviewed_by or 'Somebody'} has decided on it meanwhile; look at it again.")

        try:
            decided, score = _review(request, violation, form, check=unchanged)
        except Refused as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
            return
        label = ReviewStatus(form.cleaned_data["status"]).label
        if decided.proposed_status:
            self.message_user(request, f"{label}: proposed. It counts when a second person agrees.", messages.WARNING)
            return
        self.message_user(request, f"{label}. The score of the scan is now {score}.", messages.SUCCESS)

    @deed(
        label="Review the selected violations", permission=REVIEW, form=ReviewForm,
        warning="One decision for all of them; it moves the scores of their scans.",
    )  # fmt: skip
    def review_selected(self, request: HttpRequest, violations: list[Violation], form: Any) -> None:
        chosen = Violation.objects.filter(pk__in=[violation.pk for violation in violations])
        scans = {violation.scan_id: violation.scan for violation in violations}
        done: dict[ComplianceScan, Reviewed] = {}
        with transaction.atomic():
            # Always in one order, so that two who review at once do not wait for each other for ever.
            for _, scan in sorted(scans.items()):
                done[scan] = review_many(
                    violations=chosen, scan=scan, by=Requester.staff(request, scan.group),
                    status=ReviewStatus(form.cleaned_data["status"]), note=form.cleaned_data["note"] or None,
                )  # fmt: skip
        moved = "; ".join(f"{scan}: {each.score}" for scan, each in list(done.items())[:5])
        waiting = sum(each.proposed for each in done.values())
        told = f"Reviewed: {sum(each.reviewed for each in done.values()):,}. The scores are now: {moved}."
        told += f" Waiting for a second person: {waiting:,}." if waiting else ""
        self.message_user(request, told, messages.SUCCESS)

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

    @admin.display(description="in words")
    def explained(self, violation: Violation) -> str:
        return explanation(_rule(violation), violation)

    @admin.display(description="rule")
    def rule_name(self, violation: Violation) -> str:
        return f"{violation.rule_id}: {_rule(violation)['name']}"

    @admin.display(description="severity")
    def severity_shown(self, violation: Violation) -> SafeString:
        return severity_badge(violation.severity)

    @admin.display(description="status")
    def status_shown(self, violation: Violation) -> SafeString:
        """What else keeps it from counting, or from being what it says, stands beside it."""
        proposed = badge("proposed", "✕?", "warn") if violation.proposed_status else ""
        waived = badge("waived", "⏸", "quiet") if violation.waiver_id else ""
        return format_html("{} {} {}", review_badge(violation.status), proposed, waived)

    @admin.display(description="proposed")
    def proposal(self, violation: Violation) -> str:
        if not violation.proposed_status:
            return "-"
        label = ReviewStatus(violation.proposed_status).label
        return f"{label} by {violation.proposed_by}; it counts when a second person agrees"

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
    def threshold(self, violation: Violation) -> Decimal | None:
        return threshold_of(_rule(violation))

    @admin.display(description="section")
    def section(self, violation: Violation) -> str:
        return str(_rule(violation).get("policy_section", ""))

    @admin.display(description="excerpt")
    def excerpt(self, violation: Violation) -> SafeString:
        return preformatted(_rule(violation).get("policy_excerpt", ""))

    @admin.display(description="description")
    def description(self, violation: Violation) -> SafeString:
        return preformatted(_rule(violation).get("description", ""))


def _rule(violation: Violation) -> dict[str, Any]:
    """The rule as it stood when the scan ran."""
    return next(rule for rule in violation.scan.policy_version.rules if rule["rule_id"] == violation.rule_id)


def _review(request: HttpRequest, violation: Violation, form: ReviewForm, **checks: Any) -> tuple[Violation, Decimal]:
    return review_violation(
        violation=violation, by=Requester.staff(request, violation.scan.group),
        status=ReviewStatus(form.cleaned_data["status"]), note=form.cleaned_data["note"] or None, **checks,
    )  # fmt: skip


def _place(record: Mapping[str, Any]) -> str:
    """The row of a record; of context, in which upload, too."""
    return f"{record['row']} of {record['upload_id']}" if "upload_id" in record else str(record["row"])

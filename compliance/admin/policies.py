"""Staff pages of policies: settings, rules one by one or all as JSON, versions, dry runs, archiving."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.requester import Requester
from accounts.staff import ReadOnlyAdmin, VisibleFilter, badge, deed
from compliance.actions.dryruns import start_dry_run
from compliance.actions.policies import change_policy, create_policy, delete_policy
from compliance.admin.policy_forms import SETTINGS, DryRunForm, NewPolicyForm, PolicyForm, as_text
from compliance.admin.policy_page import sections_of
from compliance.admin.rule_pages import TRY, RulePages
from compliance.admin.shown import preformatted, severity_badge
from compliance.engine.difference import difference
from compliance.engine.difference_words import difference_in_words
from compliance.explain import words_of
from compliance.models import Policy, PolicyVersion


@admin.register(Policy)
class PolicyAdmin(RulePages):
    change_form_template = "admin/compliance/policy/page.html"
    list_display = ("name", "group", "version", "active_rules", "score_method", "state", "created_at", "updated_at")
    list_filter = (("archived_at", admin.EmptyFieldListFilter), ("group", VisibleFilter))
    search_fields = ("name",)
    search_help_text = "Id, or part of the name"
    ordering = ("name", "pk")
    actions = ()
    deeds = ("dry_run", "archive")
    readonly_fields = ("state", "version", "created_at", "updated_at")

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        newest = PolicyVersion.objects.order_by("policy_id", "-number").distinct("policy_id")
        newest_only = Prefetch("versions", newest, to_attr="newest")
        return rows.select_related("group").defer("description").prefetch_related(newest_only)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            more = [name for name in SETTINGS if name not in ("name", "description")]
            return [
                (None, {"fields": ("group", "name", "description", "pack")}),
                ("Settings", {"fields": more, "classes": ("collapse",)}),
                ("Rules as JSON", {"fields": ("rules",), "classes": ("collapse",)}),
            ]
        hidden = ("base_version",) if self.has_change_permission(request, obj) else ()
        facts = ("group", "state", "version", "created_at", "updated_at")
        everything = {"fields": ("rules", *hidden), "classes": ("collapse",)}
        return [("Settings", {"fields": SETTINGS}), ("All rules as JSON", everything), ("Facts", {"fields": facts})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("group", *self.readonly_fields) if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs, form=PolicyForm if obj else NewPolicyForm)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.archived_at)

    def sections(self, request: HttpRequest, row: Policy) -> dict[str, Any]:
        return sections_of(request, row, self.url_of, may_change=self.has_change_permission(request, row))

    def save_model(self, request: HttpRequest, obj: Policy, form: Any, change: bool) -> None:
        chosen, by = form.cleaned_data, Requester.staff(request, obj.group)
        if change:
            moved = {name: chosen[name] for name in SETTINGS if name in form.changed_data}
            change_policy(policy=obj, by=by, rules=chosen["rules"], **moved)
        else:
            settings = {name: chosen[name] for name in SETTINGS}
            create_policy(group=obj.group, by=by, rules=chosen["rules"], id=obj.pk, **settings)

    @deed(
        label="Dry run", permission=TRY, form=DryRunForm,
        warning="The rules are tried on an upload; no violation is kept. The result stands on a page of its own.",
        possible=lambda policy: policy.archived_at is None,
    )  # fmt: skip
    def dry_run(self, request: HttpRequest, policy: Policy, form: Any) -> HttpResponse:
        said = form.cleaned_data
        with transaction.atomic():
            run = start_dry_run(
                group=policy.group, by=Requester.staff(request, policy.group), policy_id=policy.pk,
                upload_id=said["mapping"].upload_id, mapping_id=said["mapping"].pk, rules=said["rules"],
                label_column=said["label_column"],
            )  # fmt: skip
        self.message_user(request, "The dry run is queued.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:compliance_dryrun_change", args=[run.pk]))

    @deed(
        label="Archive", permission="compliance.delete_policy",
        warning="It runs no more and cannot be changed; its versions and its scans stay.",
        possible=lambda policy: policy.archived_at is None,
    )  # fmt: skip
    def archive(self, request: HttpRequest, policy: Policy, form: Any) -> None:
        delete_policy(policy=policy, by=Requester.staff(request, policy.group))
        self.message_user(request, f"Archived: {policy}.", messages.SUCCESS)

    @admin.display(description="version")
    def version(self, policy: Policy) -> int:
        return _newest(policy).number

    @admin.display(description="active rules")
    def active_rules(self, policy: Policy) -> int:
        return len(_newest(policy).active_rules)

    @admin.display(description="state", ordering="archived_at")
    def state(self, policy: Policy) -> SafeString:
        return badge("archived", "⌫", "quiet") if policy.archived_at else badge("in use", "●", "good")

    @admin.display(description="rules")
    def rules(self, policy: Policy) -> SafeString:
        """For those who may only look."""
        return preformatted(as_text(_newest(policy).rules))


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnlyAdmin):
    """Reached from its policy; it stands in no menu."""

    group_path = "policy__group"
    change_form_template = "admin/compliance/policyversion/page.html"
    list_display = ("policy", "number", "created_at", "created_by")
    ordering = ("-pk",)
    fields = ("policy", "number", "content_hash", "created_at", "created_by", "rules_text")
    readonly_fields = ("rules_text",)

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("policy").defer("rules", "policy__description")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        return queryset, False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("compliance.view_policy")

    def sections(self, request: HttpRequest, row: PolicyVersion) -> dict[str, Any]:
        before = row.policy.versions.filter(number__lt=row.number).first()
        return {
            "rules": [(rule, severity_badge(rule["severity"]), words_of(rule)) for rule in row.rules], "before": before,
            "changed": difference(before.rules, row.rules) if before else None,
            "in_words": difference_in_words(before.rules, row.rules) if before else [],
        }  # fmt: skip

    @admin.display(description="as JSON")
    def rules_text(self, version: PolicyVersion) -> SafeString:
        return preformatted(as_text(version.rules))


def _newest(policy: Any) -> PolicyVersion:
    """From the list's one query, or asked for on the page of one."""
    return policy.newest[0] if hasattr(policy, "newest") else policy.current()  # type: ignore[no-any-return]

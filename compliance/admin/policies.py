"""Staff pages of policies: rules written as JSON and checked at the field, versions, archiving."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Func, IntegerField, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.requester import Requester
from accounts.staff import GroupAdmin, ReadOnlyAdmin, VisibleFilter, badge, deed, faults_of, list_url
from compliance.actions.dryruns import start_dry_run
from compliance.actions.health import policy_health
from compliance.actions.policies import canonical_rules, change_policy, create_policy, delete_policy
from compliance.admin.shown import preformatted
from compliance.engine.describe import describe
from compliance.engine.difference import difference
from compliance.engine.rules import parse_rule, parse_rules
from compliance.enums import UploadStatus
from compliance.models import ComplianceScan, Mapping, Policy, PolicyVersion
from compliance.packs.loader import available_packs, load_pack
from web.errors import ValidationFailed
from web.parsers import read_json

SETTINGS = ("name", "description", "score_method", "time_zone", "compat", "reopen_growth")


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """`base_version` is the one the text was opened with: none made meanwhile is overwritten unseen."""

    rules = forms.CharField(
        widget=forms.Textarea(attrs={"class": "rules", "spellcheck": "false"}),
        help_text="A JSON list of rules. A change of the rules makes a new version; scans keep theirs.",
    )
    base_version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Policy
        fields = SETTINGS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        current = self.instance.current()
        self.initial.update(rules=as_text(current.rules), base_version=current.number)

    def clean_rules(self) -> list[dict[str, Any]]:
        return _rules(self.cleaned_data["rules"])

    def clean_base_version(self) -> int:
        opened: int = self.cleaned_data["base_version"]
        if (now := self.instance.current().number) != opened:
            # Above the form: the field itself is hidden.
            self.add_error(
                None,
                f"Version {now} has been made since you opened version {opened}: copy your text, reload.",
            )
        return opened


class NewPolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    pack = forms.ChoiceField(required=False, help_text="Start with the rules of a pack, or write your own below.")
    rules = forms.CharField(
        required=False, widget=PolicyForm.base_fields["rules"].widget, help_text="A JSON list of rules."
    )

    class Meta:
        model = Policy
        fields = ("group", *SETTINGS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        packs: Any = self.fields["pack"]
        packs.choices = [("", "none"), *((pack.name, pack.title) for pack in available_packs())]

    def clean_rules(self) -> list[dict[str, Any]]:
        text, pack = self.cleaned_data["rules"], self.cleaned_data.get("pack")
        if bool(text.strip()) == bool(pack):
            raise ValidationError("Choose a pack or write rules, one of the two.")
        return [rule.canonical() for rule in load_pack(pack).rules] if pack else _rules(text)


class DryRunForm(forms.Form):
    """Which file, and which rules; empty: those the policy has."""

    mapping = forms.ModelChoiceField(Mapping.objects.none(), help_text="The upload, with a mapping confirmed for it.")
    label_column = forms.CharField(
        required=False, max_length=300, help_text="The column of the file that says what is right, if there is one."
    )
    rules = forms.CharField(
        required=False, widget=PolicyForm.base_fields["rules"].widget, help_text="A JSON list; empty: the policy's own."
    )

    def __init__(self, *args: Any, row: Policy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["mapping"]
        mappings = Mapping.objects.filter(upload__group=row.group).exclude(upload__status=UploadStatus.DELETED)
        choice.queryset = mappings.select_related("upload").order_by("-created_at")[:200]
        choice.label_from_instance = lambda mapping: f"{mapping.upload}: {mapping}"

    def clean_rules(self) -> list[dict[str, Any]] | None:
        text = self.cleaned_data["rules"]
        return _rules(text) if text.strip() else None


@admin.register(Policy)
class PolicyAdmin(GroupAdmin):
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
            return [(None, {"fields": ("group", *SETTINGS, "pack", "rules")})]
        hidden = ("base_version",) if self.has_change_permission(request, obj) else ()
        facts = ("group", "state", "version", "created_at", "updated_at")
        return [(None, {"fields": (*SETTINGS, "rules", *hidden)}), ("Facts", {"fields": facts})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("group", *self.readonly_fields) if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs, form=PolicyForm if obj else NewPolicyForm)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.archived_at)

    def sections(self, request: HttpRequest, row: Policy) -> dict[str, Any]:
        count = Func(F("rules"), function="jsonb_array_length", output_field=IntegerField())
        versions = row.versions.annotate(rule_count=count).defer("rules")
        scans, health = policy_health(policy=row, scans=10)
        return {
            "health": health, "health_scans": len(scans), "versions": versions[:100],
            "scans_url": list_url(ComplianceScan, policy__id__exact=row.pk),
        }  # fmt: skip

    def save_model(self, request: HttpRequest, obj: Policy, form: Any, change: bool) -> None:
        chosen, by = form.cleaned_data, Requester.staff(request, obj.group)
        if change:
            moved = {name: chosen[name] for name in SETTINGS if name in form.changed_data}
            change_policy(policy=obj, by=by, rules=chosen["rules"], **moved)
        else:
            settings = {name: chosen[name] for name in SETTINGS}
            create_policy(group=obj.group, by=by, rules=chosen["rules"], id=obj.pk, **settings)

    @deed(
        label="Dry run", permission="compliance.run_dryrun", form=DryRunForm,
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
        changed = difference(before.rules, row.rules) if before else None
        return {
            "rules": [(rule, describe(parse_rule(rule))) for rule in row.rules], "before": before, "changed": changed,
        }  # fmt: skip

    @admin.display(description="as JSON")
    def rules_text(self, version: PolicyVersion) -> SafeString:
        return preformatted(as_text(version.rules))


def as_text(rules: list[dict[str, Any]]) -> str:
    """As people write rules: the database does not keep the order of the parts."""
    return json.dumps([rule.canonical() for rule in parse_rules(rules)], indent=2, ensure_ascii=False)


def _rules(text: str) -> list[dict[str, Any]]:
    """The canonical rules of a text; every fault with its path."""
    try:
        return canonical_rules(read_json(text.encode("utf-8", "surrogatepass")))
    except ValidationFailed as refusal:
        raise ValidationError([fault.replace("The body", "The text") for fault in faults_of(refusal)]) from refusal


def _newest(policy: Any) -> PolicyVersion:
    """From the list's one query, or asked for on the page of one."""
    return policy.newest[0] if hasattr(policy, "newest") else policy.current()  # type: ignore[no-any-return]

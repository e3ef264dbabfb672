"""Pages on which the rules of a policy are edited one by one: a form, a trial beside it, order, removal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import escape

from accounts import choices
from accounts.requester import Requester
from accounts.sending import FORM, SentTwice, new_form_id, once
from accounts.staff import GroupAdmin, faults_of, visible
from compliance.actions.dryruns import start_dry_run
from compliance.actions.policies import canonical_rules, edit_rules, refuse_unseen
from compliance.admin.policy_forms import MappingChoice
from compliance.admin.rule_form import EXAMPLES, RuleForm, initial_of
from compliance.admin.rule_health import health_of
from compliance.admin.trials import panel_of
from compliance.explain import words_of
from compliance.models import DryRun, Mapping, Policy, PolicyVersion
from jobs.enums import FINAL
from web.errors import Refused

TRY = "compliance.run_dryrun"
FORM_ID = "rule-form"
_FIELDSETS = [
    (None, {"fields": ["rule_id", "name", "severity", "is_active", "kind", "body", "seen"]}),
    ("What it says to people", {"fields": ["policy_section", "policy_excerpt", "description", "category", "tags"]}),
]
Rules = list[dict[str, Any]]


class TryForm(forms.Form):
    """Stands beside the form of the rule and is sent with it."""

    mapping = MappingChoice(label="Upload", empty_label=None, widget=forms.Select(attrs={"form": FORM_ID}))

    def __init__(self, data: Any, policy: Policy) -> None:
        super().__init__(data)
        choice: Any = self.fields["mapping"]
        choice.offer(policy.group)
        choices.prepared(self)


class RulePages(GroupAdmin):
    """For the admin of policies. Every change is a new version, made from the one that was seen."""

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
            "add_rule": ("new-rule/", self.add_rule_view), "rule": ("rule/<str:rule_id>/", self.rule_view),
            "remove_rule": ("rule/<str:rule_id>/remove/", self.remove_rule_view),
            "move_rule": ("rule-order/", self.move_rule_view), "rule_words": ("rule-words/", self.rule_words_view),
            "trial": ("trial/<uuid:run_id>/", self.trial_view),
        }  # fmt: skip
        mine = [
            path(f"<path:object_id>/{route}", self.admin_site.admin_view(view), name=f"compliance_policy_{name}")
            for name, (route, view) in pages.items()
        ]
        return [*mine, *super().get_urls()]

    def add_rule_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        policy = self._editable(request, object_id)
        return self._rule_page(request, policy, policy.current(), None)

    def rule_view(self, request: HttpRequest, object_id: str, rule_id: str) -> HttpResponse:
        policy = self._editable(request, object_id)
        version = policy.current()
        return self._rule_page(request, policy, version, _place(version, rule_id))

    def remove_rule_view(self, request: HttpRequest, object_id: str, rule_id: str) -> HttpResponse:
        """Ask, then remove; `seen` is the version that was asked about."""
        policy = self._editable(request, object_id)
        version = policy.current()
        rule = version.rules[_place(version, rule_id)]
        if request.method == "POST":
            self._change(request, policy, lambda rules: [each for each in rules if each["rule_id"] != rule_id])
            return HttpResponseRedirect(self.url_of(policy))
        warning = f"{rule_id}: {rule['name']}. {words_of(rule)} Scans keep the versions they ran; this makes a new one."
        hidden = {"seen": str(version.number)}
        back = self.url_of(policy)
        return self.form_page(request, "Remove the rule", forms.Form(), warning=warning, hidden=hidden, back=back)

    def move_rule_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """One place up or down."""
        policy = self._editable(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        step = -1 if "up" in request.POST else 1
        rule_id = request.POST.get("up") or request.POST.get("down") or ""

        def moved(rules: Rules) -> Rules:
            place = next((index for index, rule in enumerate(rules) if rule["rule_id"] == rule_id), None)
            if place is not None and 0 <= place + step < len(rules):
                rules.insert(place + step, rules.pop(place))
            return rules

        self._change(request, policy, moved)
        return HttpResponseRedirect(f"{self.url_of(policy)}#rules")

    def rule_words_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What the form of a rule says by now, in words; nothing is kept."""
        self._editable(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = RuleForm(request.POST, others=())
        form.full_clean()
        faults = form.errors.get("body") or next(iter(form.errors.values()), [""])
        return HttpResponse(escape(words_of(form.rule) if form.rule else f"Cannot be read yet. {faults[0]}"))

    def trial_view(self, request: HttpRequest, object_id: str, run_id: Any) -> HttpResponse:
        """How far a dry run is and what it found, for the panel beside the form; 286 ends the asking."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        policy = self.get_object(request, unquote(object_id))
        run = visible(DryRun, request).filter(pk=run_id, policy=policy).first() if policy else None
        if run is None:
            raise Http404
        shown = panel_of(run, request.GET.get("rule", ""))
        status = 286 if run.status in FINAL else 200
        return TemplateResponse(request, "admin/compliance/policy/trial.html", shown, status=status)

    def _rule_page(
        self, request: HttpRequest, policy: Policy, version: PolicyVersion, place: int | None
    ) -> HttpResponse:
        """The form of the rule at `place`, of a new one without."""
        draft = _draft(request, policy, None if place is None else version.rules[place]["rule_id"])
        others = [rule["rule_id"] for index, rule in enumerate(version.rules) if index != place]
        trial = TryForm(request.POST if "try" in request.POST else None, policy)
        if request.method == "POST":
            form = RuleForm(request.POST, others=others)
            if form.is_valid() and (not trial.is_bound or trial.is_valid()):
                try:
                    return self._done(request, policy, version, place, form, trial)
                except Refused as refusal:
                    form.add_error(None, ValidationError(faults_of(refusal)))
        else:
            form = RuleForm(initial=_initial(request, version, place, draft))
        return self._shown(request, policy, version, place, form, trial, draft)

    def _done(
        self, request: HttpRequest, policy: Policy, version: PolicyVersion, place: int | None, form: RuleForm,
        trial: TryForm,
    ) -> HttpResponse:  # fmt: skip
        def put(rules: Rules) -> Rules:
            if place is None:
                return [*rules, form.rule]
            return [*rules[:place], form.rule, *rules[place + 1 :]]

        by, seen = Requester.staff(request, policy.group), form.cleaned_data["seen"]
        if not trial.is_bound:
            made = edit_rules(policy=policy, by=by, seen=seen, edit=put)
            self.message_user(request, _saved(form.rule["rule_id"], made, seen), messages.SUCCESS)
            return HttpResponseRedirect(f"{self.url_of(policy)}#rules")
        refuse_unseen(version, seen)
        if not request.user.has_perm(TRY):
            raise PermissionDenied
        run = _tried(request, policy, by, trial.cleaned_data["mapping"], put(list(version.rules)))
        return HttpResponseRedirect(f"{request.path}?dry_run={run.pk}")

    def _shown(
        self, request: HttpRequest, policy: Policy, version: PolicyVersion, place: int | None, form: RuleForm,
        trial: TryForm, draft: _Draft | None,
    ) -> HttpResponse:  # fmt: skip
        saved = None if place is None else version.rules[place]
        rule = draft.rule if draft else saved
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "policy": policy, "version": version,
            "title": f"Rule {saved['rule_id']}" if saved else "New rule", "form": form, "form_id": FORM_ID,
            "sent": request.POST.get(FORM) or new_form_id(),
            "adminform": AdminForm(cast(Any, form), _FIELDSETS, {}, model_admin=self),
            "back": f"{self.url_of(policy)}#rules", "words_url": self.url_of(policy, "rule_words"),
            "words": words_of(rule) if rule else "", "try_form": trial if request.user.has_perm(TRY) else None,
            "health": health_of(policy, saved) if saved else None, **self._trial(policy, draft),
        }  # fmt: skip
        return TemplateResponse(request, "admin/compliance/policy/rule.html", context)

    def _trial(self, policy: Policy, draft: _Draft | None) -> dict[str, Any]:
        """What became of the draft so far, and where to ask for more."""
        if draft is None:
            return {}
        rule_id = draft.rule["rule_id"]
        address = self.url_of(policy, "trial", str(draft.run.pk))
        return {"trial_url": f"{address}?rule={rule_id}", **panel_of(draft.run, rule_id)}

    def _change(self, request: HttpRequest, policy: Policy, edit: Callable[[Rules], Rules]) -> None:
        """Make a version; or say why there is none."""
        seen = request.POST.get("seen", "")
        try:
            made = edit_rules(
                policy=policy, by=Requester.staff(request, policy.group), seen=int(seen) if seen.isdecimal() else 0,
                edit=edit,
            )  # fmt: skip
        except Refused as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
        else:
            self.message_user(request, f"Version {made.number} of {policy}.", messages.SUCCESS)

    def _editable(self, request: HttpRequest, object_id: str) -> Policy:
        policy: Policy | None = self.get_object(request, unquote(object_id))
        if policy is None:
            raise Http404
        if not self.has_change_permission(request, policy):
            raise PermissionDenied
        return policy


def _tried(request: HttpRequest, policy: Policy, by: Requester, mapping: Mapping, rules: Rules) -> DryRun:
    """The dry run of these rules; of a form sent twice, that of the first. SentTwice while there is none yet."""
    try:
        with once(request), transaction.atomic():
            return start_dry_run(
                group=policy.group, by=by, policy_id=policy.pk, upload_id=mapping.upload_id, mapping_id=mapping.pk,
                rules=rules,
            )  # fmt: skip
    except SentTwice:
        same = DryRun.objects.filter(
            policy=policy, requested_by_user=by.user, mapping=mapping, rules=canonical_rules(rules)
        )
        first: DryRun | None = same.order_by("-created_at").first()
        if first is None:
            raise
        return first


@dataclass(frozen=True)
class _Draft:
    """A rule as it was tried last, which is what the form goes on with."""

    run: DryRun
    rule: dict[str, Any]


def _draft(request: HttpRequest, policy: Policy, rule_id: str | None) -> _Draft | None:
    """In the dry run that the address names: the rule that has taken the place of `rule_id`, or the one added."""
    try:
        runs = visible(DryRun, request).filter(pk=request.GET["dry_run"], policy=policy)
        run = runs.select_related("policy_version", "upload").first()
    except (KeyError, ValidationError):
        return None
    if run is None:
        return None
    before = [rule["rule_id"] for rule in run.policy_version.rules]
    place = len(before) if rule_id is None else before.index(rule_id) if rule_id in before else None
    if place is None or len(run.rules) != len(before) + (rule_id is None):
        return None  # tried from elsewhere
    return _Draft(run, run.rules[place])


def _initial(request: HttpRequest, version: PolicyVersion, place: int | None, draft: _Draft | None) -> dict[str, Any]:
    """A draft that was tried, the rule as it stands, a copy of another one, or the beginning of its kind."""
    if draft is not None:
        return {**initial_of(draft.rule), "seen": draft.run.policy_version.number}
    if place is not None:
        return {**initial_of(version.rules[place]), "seen": version.number}
    if copied := request.GET.get("copy"):
        rule = initial_of(version.rules[_place(version, copied)])
        return {**rule, "rule_id": _free_id(version, copied), "seen": version.number}
    kind = request.GET.get("kind", "record")
    begun = {"kind": kind, "severity": "MEDIUM", "is_active": True, "body": EXAMPLES.get(kind, "")}
    return {**begun, "seen": version.number}


def _free_id(version: PolicyVersion, rule_id: str) -> str:
    taken = {rule["rule_id"] for rule in version.rules}
    return next(name for number in range(2, len(taken) + 3) if (name := f"{rule_id[:95]}_{number}") not in taken)


def _place(version: PolicyVersion, rule_id: str) -> int:
    for place, rule in enumerate(version.rules):
        if rule["rule_id"] == rule_id:
            return place
    raise Http404


def _saved(rule_id: str, made: PolicyVersion, seen: int) -> str:
    if made.number == seen:
        return f"{rule_id} is as it was: version {seen} stands."
    return f"{rule_id} is saved: version {made.number} is what scans run from now on."

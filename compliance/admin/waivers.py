"""Staff pages of waivers: what does not count, why, who answers for it, and until when."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.requester import Requester
from accounts.staff import GroupAdmin, VisibleFilter, badge, deed, list_url
from compliance import staging
from compliance.actions.waivers import end_waiver, make_waiver
from compliance.models import Violation, Waiver

SUBJECT = ("policy", "rule_id", "account", "is_pattern", "reason", "owner", "expires_at")
_STATES = {"active": ("●", "good"), "expired": ("○", "quiet"), "ended": ("✕", "quiet")}


class WaiverForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Waiver
        fields = ("group", *SUBJECT)

    def clean(self) -> dict[str, Any]:
        chosen: dict[str, Any] = super().clean() or self.cleaned_data
        policy, group, end = chosen.get("policy"), chosen.get("group"), chosen.get("expires_at")
        if policy is not None and group is not None and policy.group_id != group.pk:
            self.add_error("policy", "It belongs to another account group.")
        if end is not None and end <= staging.now():
            self.add_error("expires_at", "It must lie in the future.")
        return chosen


@admin.register(Waiver)
class WaiverAdmin(GroupAdmin):
    list_display = ("subject", "state", "owner", "expires_at", "policy", "group")
    list_filter = (("ended_at", admin.EmptyFieldListFilter), ("policy", VisibleFilter), ("group", VisibleFilter))
    search_fields = ("rule_id__startswith", "account__startswith", "owner")
    search_help_text = "Id, the beginning of the rule or of the account, or part of the owner"
    ordering = ("-created_at", "-pk")
    actions = ()
    deeds = ("end",)
    form = WaiverForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        waivers: QuerySet[Any] = super().get_queryset(request).annotate(seen_at=Now())  # by the database's clock
        return waivers

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("policy", "group").defer("policy__description", "reason")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("group", *SUBJECT)
        return ("state", "group", *SUBJECT, "created_at", "created_by", "ended_at", "ended_by", "id")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.get_fields(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # it is ended and made anew

    def tools(self, request: HttpRequest, row: Waiver) -> list[tuple[str, str]]:
        waived = ("Violations under it", list_url(Violation, waiver__id__exact=row.pk))
        return [waived, *super().tools(request, row)]

    def save_model(self, request: HttpRequest, obj: Waiver, form: Any, change: bool) -> None:
        chosen = form.cleaned_data
        about = {name: chosen[name] for name in SUBJECT if name != "policy"}
        policy = chosen["policy"]
        make_waiver(
            group=obj.group, by=Requester.staff(request, obj.group), policy_id=policy.pk if policy else None,
            waiver_id=obj.pk, **about,
        )  # fmt: skip

    @deed(
        label="End it now", permission="compliance.delete_waiver",
        warning="The violations under it count again, and the scores of the newest scans move.",
        possible=lambda waiver: waiver.ended_at is None,
    )  # fmt: skip
    def end(self, request: HttpRequest, waiver: Waiver, form: Any) -> None:
        end_waiver(waiver=waiver, by=Requester.staff(request, waiver.group))
        self.message_user(request, f"Ended: {waiver}.", messages.SUCCESS)

    @admin.display(description="what")
    def subject(self, waiver: Waiver) -> str:
        return str(waiver)

    @admin.display(description="state", ordering="ended_at")
    def state(self, waiver: Any) -> SafeString:
        word = waiver.state(waiver.seen_at)
        return badge(word, *_STATES[word])

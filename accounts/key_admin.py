"""Staff pages of API keys: issued, rotated and revoked by accounts.actions, which audits it; never edited."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import actions
from accounts.audit import Actor
from accounts.enums import Permission
from accounts.errors import KeyRotatedMeanwhile
from accounts.models import AccountGroup, ApiKey
from accounts.rows import RowsByRole
from accounts.sending import SentTwice, once
from accounts.shown import Table
from accounts.staff import ReadOnlyAdmin, badge, deed, faults_of, link, list_url
from config import env
from web.errors import Refused

_CHANGE = "accounts.change_apikey"
_OVERLAPS = ((0, "not at all"), (1, "an hour"), (24, "a day"), (7 * 24, "a week"), (30 * 24, "30 days"))  # hours

_SHOWN = (
    "This form has been sent twice. One key was issued, and shown in the answer to the first: if you did not see it, "
    "rotate the key to get another, or revoke it."
)


def _by_area() -> list[tuple[str, list[tuple[str, str]]]]:
    areas = groupby(Permission, key=lambda permission: permission.value.partition(":")[0])
    return [(area.capitalize(), [(each.value, each.label) for each in of]) for area, of in areas]


class IssueKey(forms.Form):
    """What a new key is to be. Offers the account groups in which one may issue keys."""

    name = forms.CharField(max_length=200, help_text="Who holds it: shown wherever the key was at work.")
    groups = forms.ModelMultipleChoiceField(AccountGroup.objects.none())
    permissions = forms.MultipleChoiceField(choices=_by_area, widget=forms.CheckboxSelectMultiple, required=False)
    test = forms.BooleanField(required=False, help_text="An sk_test_ key, for sandbox groups only.")
    expires_at = forms.DateTimeField(
        required=False, help_text="In UTC, like 2027-01-31 12:00. Empty: it lives until it is revoked."
    )
    rate_limit = forms.IntegerField(min_value=1, required=False, help_text="Requests a minute; empty: its group's.")
    rate_limit_starts = forms.IntegerField(
        min_value=1, required=False, help_text="Jobs started a minute; empty: the default."
    )

    def __init__(self, *args: Any, groups: QuerySet[AccountGroup], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["groups"]
        choices.queryset = groups


class RotateForm(forms.Form):
    overlap = forms.TypedChoiceField(
        choices=_OVERLAPS, coerce=int, initial=24, label="The old key goes on",
        help_text="So long both work: time to put the new one in place.",
    )  # fmt: skip
    ends = forms.CharField(required=False, widget=forms.HiddenInput)  # the old key, as it was seen

    def __init__(self, data: Any = None, *, row: ApiKey) -> None:
        self.end = f"{row.expires_at or 'never'}"
        super().__init__(data, initial={"ends": self.end})

    def clean(self) -> dict[str, Any]:
        chosen: dict[str, Any] = super().clean() or self.cleaned_data
        if chosen.get("ends") and chosen["ends"] != self.end:
            raise ValidationError(KeyRotatedMeanwhile.message)
        return chosen


class StateFilter(admin.SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        words = {"live": "live", "expiring": "expires within 14 days", "expired": "expired", "revoked": "revoked"}
        return words.items()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now, keys = timezone.now(), queryset
        match self.value():
            case "live":
                return keys.live(now)  # type: ignore[attr-defined, no-any-return]
            case "expiring":
                return keys.expiring(now)  # type: ignore[attr-defined, no-any-return]
            case "expired":
                return keys.filter(revoked_at__isnull=True, expires_at__lte=now)
            case "revoked":
                return keys.filter(revoked_at__isnull=False)
        return keys


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    nothing_here = "No key yet. Partners need one to reach their account groups."
    list_display = ("called", "reaches", "state", "expires_at", "last_used_at")
    list_filter = (StateFilter,)
    search_fields = ("name", "id", "last4")
    search_help_text = "Id, part of the name, or the last four characters"
    fields = readonly_fields = (
        "name", "masked", "state", "reaches", "last_used_at", "created_at", "created_by", "expires_at", "revoked_at",
        "revoked_by", "id",
    )  # fmt: skip
    deeds = ("rotate", "revoke")
    actions = ("revoke_selected",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Keys all of whose groups one sees: a key is no way into a group one is not in."""
        keys: Any = admin.ModelAdmin.get_queryset(self, request)
        if not request.user.is_superuser:
            keys = keys.within(self._looking_groups(request))
        return keys.prefetch_related("groups")  # type: ignore[no-any-return]

    def acting(self, request: HttpRequest, rows: Any = None) -> QuerySet[Any]:
        rows = self.get_queryset(request) if rows is None else rows
        return rows if request.user.is_superuser else rows.within(self._acting_groups(request))  # type: ignore[no-any-return]

    def acts_on(self, request: HttpRequest, row: ApiKey) -> bool:
        return bool(
            request.user.is_superuser or {each.pk for each in row.groups.all()} <= set(self._acting_groups(request))
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return RowsByRole.has_add_permission(self, request)

    def sections(self, request: HttpRequest, row: ApiKey) -> dict[str, Any]:
        of_group = min((each.rate_limit for each in row.groups.all() if each.rate_limit), default=None)
        return {"tables": [
            Table("May", ("Permission", "What it is for"),
                  [(each.value, each.label) for each in Permission if each.value in row.permissions], "Nothing."),
            Table("How often", ("What", "A minute", "From"), [
                ("Requests", *_limit(row.rate_limit, of_group, env.RATE_LIMIT)),
                ("Jobs started", *_limit(row.rate_limit_starts, None, env.RATE_LIMIT_STARTS)),
            ], "", frozenset({1})),
        ]}  # fmt: skip

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Issue a key and show it: once, uncached, on the answer to the form."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        groups = self.groups_to_act_in(request)
        only = self.only_group(request)
        known = {"groups": request.GET.getlist("group") or ([only.pk] if only else [])}
        form = IssueKey(request.POST if request.method == "POST" else None, groups=groups, initial=known)
        if request.method == "POST" and form.is_valid():
            try:
                with once(request):
                    key, text = actions.issue_key(**form.cleaned_data, actor=Actor.staff(request))
            except SentTwice:
                return self.sent_twice(request, _SHOWN)
            except Refused as refusal:
                form.add_error(None, ValidationError(faults_of(refusal)))
            else:
                return self._issued(request, key, text)
        warning = "The key is shown once, on the next page: it is not stored."
        return self.form_page(request, "Issue an API key", form, warning=warning, back=list_url(ApiKey))

    @deed(
        label="Rotate", permission=_CHANGE, form=RotateForm, possible=lambda key: key.live_at(timezone.now()),
        warning="A new key with the same groups, permissions, limits and lifetime is shown on the next page, once.",
    )  # fmt: skip
    def rotate(self, request: HttpRequest, key: ApiKey, form: Any) -> HttpResponse:
        overlap = timedelta(hours=form.cleaned_data["overlap"])
        successor, text = actions.rotate_key(key=key, actor=Actor.staff(request), overlap=overlap)
        return self._issued(request, successor, text, old=ApiKey.objects.get(pk=key.pk))

    @deed(
        label="Revoke", permission=_CHANGE, possible=lambda key: key.revoked_at is None,
        warning="Whoever uses it is shut out at once, for ever.",
    )  # fmt: skip
    def revoke(self, request: HttpRequest, key: ApiKey, form: Any) -> None:
        actions.revoke_key(key=key, actor=Actor.staff(request))
        self.message_user(request, f"Revoked: {key}.", messages.SUCCESS)

    @deed(
        label="Revoke the selected keys", permission=_CHANGE,
        warning="Whoever uses them is shut out at once, for ever.",
    )  # fmt: skip
    def revoke_selected(self, request: HttpRequest, keys: list[ApiKey], form: Any) -> None:
        for key in keys:  # each by itself: two who revoke keys of the same groups would wait for each other
            actions.revoke_key(key=key, actor=Actor.staff(request))
        self.message_user(request, f"Revoked: {len(keys)}.", messages.SUCCESS)

    @admin.display(description="key", ordering="name")
    def called(self, key: ApiKey) -> SafeString:
        return format_html('{}<br><span class="quiet">{}</span>', key.name, key.masked)

    @admin.display(description="account groups")
    def reaches(self, key: ApiKey) -> str:
        return ", ".join(sorted(group.name for group in key.groups.all()))

    @admin.display(description="state")
    def state(self, key: ApiKey) -> SafeString:
        now = timezone.now()
        if key.revoked_at:
            return badge("revoked", "✕", "bad")
        if not key.live_at(now):
            return badge("expired", "○", "quiet")
        return badge("expires soon", "◔", "warn") if key.expires_soon(now) else badge("live", "●", "good")

    def _issued(self, request: HttpRequest, key: ApiKey, text: str, old: ApiKey | None = None) -> HttpResponse:
        shown = {
            "opts": self.opts, "title": "The new API key", "key": key, "text": text, "groups": key.groups.all(),
            "old": link(old) if old else "", "ends": old.expires_at if old else None, "page": self.url_of(key),
        }  # fmt: skip
        request.current_app = self.admin_site.name
        context = {**self.admin_site.each_context(request), **shown}
        answer = TemplateResponse(request, "accounts/key_issued.html", context)
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _limit(own: int | None, of_group: int | None, usual: int) -> tuple[str, str]:
    if own:
        return f"{own:,}", "this key"
    return (f"{of_group:,}", "its account group") if of_group else (f"{usual:,}", "the default")

"""Staff pages of the suppression list: who must not be brought in; adding an address or a domain, taking it off."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.safestring import SafeString

from accounts.models import AccountGroup
from accounts.requester import Requester
from accounts.sending import SentTwice, once
from accounts.staff import VisibleFilter, badge, deed, faults_of, list_url
from prospecting.actions.suppression import digests, lift, suppress_domain, suppress_email
from prospecting.admin.roles import LookedAt, StaffPages
from prospecting.enums import SuppressionKind
from prospecting.models import Suppression
from prospecting.normalising.emails import email
from web.errors import Refused

_LIFT = "prospecting.delete_suppression"
_WARNING = "Imports may bring these people in again."


class SuppressForm(forms.Form):
    group = forms.ModelChoiceField(AccountGroup.objects.none())
    who = forms.CharField(
        max_length=254, label="E-mail address or domain",
        help_text="somebody@example.com, or example.com for everybody there and below it. An address is kept as a"
        " keyed hash: the list refuses it and yet does not name it. Who is in already stays until erased.",
    )  # fmt: skip
    reason = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, groups: QuerySet[AccountGroup], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["group"]
        choices.queryset = groups


@admin.register(Suppression)
class SuppressionAdmin(LookedAt):
    nothing_here = "Nobody is suppressed. Erasing a person adds entries; so does the button above."
    list_display = ("who", "kind_shown", "reason", "group", "created_at", "created_by")
    list_filter = ("kind", ("group", VisibleFilter))
    search_fields = ("value",)
    search_help_text = "Whole domain, or whole e-mail address"
    ordering = ("-created_at", "-pk")
    sortable_by = ()
    actions = ("lift_selected",)
    deeds = ("lift",)
    fields = ("who", "kind_shown", "reason", "group", "created_at", "created_by")
    readonly_fields = ("who", "kind_shown")

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("group")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return StaffPages.has_add_permission(self, request)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """An address is found by its hashes, which are others in every account group."""
        term = search_term.strip().lower()
        if not term:
            return queryset, False
        if (known := email(term)) and known.value and not known.fault:
            groups = AccountGroup.objects.filter(pk__in=queryset.order_by().values("group").distinct())
            hashes = [each for group in groups for each in digests(group, SuppressionKind.EMAIL, known.value)]
            return queryset.filter(value__in=hashes), False
        return queryset.filter(value=term), False

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = SuppressForm(request.POST if request.method == "POST" else None, groups=self.groups_to_act_in(request))
        if request.method == "POST" and form.is_valid():
            try:
                with once(request):
                    return self._suppressed(request, **form.cleaned_data)
            except SentTwice as told:
                return self.sent_twice(request, told.message)
            except Refused as refusal:
                form.add_error("who", ValidationError(faults_of(refusal)))
        return self.form_page(request, "Suppress", form, back=list_url(Suppression))

    def _suppressed(self, request: HttpRequest, group: AccountGroup, who: str, reason: str) -> HttpResponse:
        by = Requester.staff(request, group)
        if "@" in who.strip().removeprefix("@"):
            suppress_email(group, who, by=by, reason=reason)
        else:
            suppress_domain(group, who, by=by, reason=reason)
        self.message_user(request, "It is on the suppression list.", messages.SUCCESS)
        return HttpResponseRedirect(list_url(Suppression))

    @deed(label="Take off the list", permission=_LIFT, warning=_WARNING)
    def lift(self, request: HttpRequest, entry: Suppression, form: Any) -> HttpResponse:
        lift(entry, by=Requester.staff(request, entry.group))
        self.message_user(request, "It is off the list.", messages.SUCCESS)
        return HttpResponseRedirect(list_url(Suppression))

    @deed(label="Take the selected off the list", permission=_LIFT, warning=_WARNING)
    def lift_selected(self, request: HttpRequest, entries: list[Suppression], form: Any) -> None:
        lifted = sum(lift(entry, by=Requester.staff(request, entry.group)) for entry in entries)
        self.message_user(request, f"Off the list: {lifted}.", messages.SUCCESS)

    @admin.display(description="who")
    def who(self, entry: Suppression) -> str:
        return str(entry)

    @admin.display(description="by", ordering="kind")
    def kind_shown(self, entry: Suppression) -> SafeString:
        whole = entry.kind == SuppressionKind.DOMAIN
        return badge(entry.get_kind_display(), "@" if whole else "#", "warn" if whole else "quiet")

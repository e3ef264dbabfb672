"""Staff pages of credits: the balances, the ledger, and the form by which administrators grant."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts import credits
from accounts.enums import Role
from accounts.models import AccountGroup, CreditAccount, CreditEntry
from accounts.requester import Requester
from accounts.staff import ReadOnlyAdmin, VisibleFilter, list_url


class GrantForm(forms.Form):
    """Offers the groups that `user` administers."""

    group = forms.ModelChoiceField(AccountGroup.objects.none())
    amount = forms.IntegerField(min_value=1, max_value=credits.MOST)
    note = forms.CharField(max_length=500, required=False, help_text="Why; kept in the ledger.")

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["group"]
        choices.queryset = administered(user)


def administered(user: Any) -> QuerySet[AccountGroup]:
    """The groups to which this member of staff may grant credits."""
    if user.is_superuser:
        return AccountGroup.objects.all()
    return AccountGroup.objects.filter(memberships__user=user, memberships__role=Role.ADMINISTRATOR)


@admin.register(CreditAccount)
class CreditAccountAdmin(ReadOnlyAdmin):
    list_display = ("group", "available", "reserved")
    list_select_related = ("group",)
    search_fields = ("group__name", "group__id")
    ordering = ("group__name",)
    actions = ()


@admin.register(CreditEntry)
class CreditEntryAdmin(ReadOnlyAdmin):
    """The ledger; adding to it is granting credits."""

    list_display = ("at", "group", "kind", "available", "reserved", "job_kind", "job_id", "by", "note")
    list_select_related = ("group",)
    list_filter = ("kind", ("group", VisibleFilter))
    search_fields = ("job_id", "by", "note")
    ordering = ("-at", "-id")
    actions = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return user.has_perm("accounts.add_creditentry") and administered(user).exists()

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = GrantForm(request.POST if request.method == "POST" else None, user=request.user)
        back = list_url(CreditEntry)
        if request.method == "POST" and form.is_valid():
            group, amount = form.cleaned_data["group"], form.cleaned_data["amount"]
            balance = credits.grant(group, amount, by=Requester.staff(request, group), note=form.cleaned_data["note"])
            told = f"{group} got {amount:,} credits and may spend {balance.available:,} now."
            self.message_user(request, told, messages.SUCCESS)
            return HttpResponseRedirect(back)
        return self.form_page(request, "Grant credits", form, back=back)

"""Staff pages of providers of people data: where they are, what they offer, how much of them is used."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.requester import Requester
from accounts.shown import Table
from accounts.staff import VisibleFilter, badge, deed
from prospecting.actions.providers import save_provider
from prospecting.admin.roles import StaffPages
from prospecting.enums import Capability
from prospecting.models import Provider
from prospecting.providers.configured import of
from web import outbound
from web.errors import Refused
from web.sealed import Secret

_SETTINGS = ("base_url", "new_token", "seconds", "monthly_cap", "capabilities", "active")
_FIELDS = tuple(name for name in _SETTINGS if name != "new_token")


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]
    new_token = forms.CharField(
        label="Token", required=False, strip=True, max_length=4000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="Sent with every call. It is sealed and never shown again; empty: the stored one stays.",
    )  # fmt: skip
    capabilities = forms.MultipleChoiceField(
        choices=Capability.choices, required=False, widget=forms.CheckboxSelectMultiple,
        help_text="What it offers besides searches.",
    )  # fmt: skip

    class Meta:
        model = Provider
        fields = ("group", "name", *_FIELDS)

    def clean_base_url(self) -> str:
        address: str = self.cleaned_data["base_url"].strip()
        try:
            outbound.check_url(address)
        except outbound.Refused as fault:
            raise ValidationError(str(fault)) from fault
        return address

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name in ("import", "sandbox"):
            raise ValidationError("This name is taken by the installation itself.")
        return name

    def clean_new_token(self) -> str:
        token: str = self.cleaned_data["new_token"]
        if not token and self.instance._state.adding:
            raise ValidationError("A provider needs a token.")
        try:
            Secret.of(token)
        except Refused as refusal:
            raise ValidationError(refusal.message) from refusal
        return token

    def clean(self) -> dict[str, Any]:
        chosen: dict[str, Any] = super().clean() or self.cleaned_data
        group = chosen.get("group") or getattr(self.instance, "group", None)
        others = Provider.objects.exclude(pk=self.instance.pk)
        if group and others.filter(group=group, name=chosen.get("name", "")).exists():
            self.add_error("name", "This account group has a provider of that name.")
        if group and chosen.get("active") and others.filter(group=group, active=True).exists():
            self.add_error("active", "This account group uses another provider. Make that one inactive first.")
        moved = not self.instance._state.adding and "base_url" in self.changed_data
        if moved and not chosen.get("new_token") and "new_token" not in self.errors:
            self.add_error("new_token", "A new address needs the token again: the stored one is for the old address.")
        return chosen


@admin.register(Provider)
class ProviderAdmin(StaffPages):
    nothing_here = "No provider yet: only addresses, files and records can be imported (docs/providers.md)."
    form = ProviderForm
    change_form_template = "admin/staff/edited.html"
    list_display = ("name", "group", "state", "base_url", "offers", "monthly_cap", "created_at")
    list_filter = ("active", ("group", VisibleFilter))
    search_fields = ("name",)
    search_help_text = "Part of the name"
    ordering = ("name", "pk")
    deeds = ("test_connection",)

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("group")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("group", "name", *_SETTINGS)})]
        asked = _SETTINGS if self.has_change_permission(request, obj) else _FIELDS
        return [(None, {"fields": ("name", "group", "token_state", "created_at")}), ("Settings", {"fields": asked})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("name", "group", "token_state", "created_at") if obj else ()

    def save_model(self, request: HttpRequest, obj: Provider, form: Any, change: bool) -> None:
        if token := form.cleaned_data["new_token"]:
            obj.token = Secret.of(token)
        save_provider(obj, by=Requester.staff(request, obj.group), new_token=bool(token))

    def sections(self, request: HttpRequest, row: Provider) -> dict[str, Any]:
        used = [(f"{use.month:%Y-%m}", f"{use.calls:,}") for use in row.uses.all()[:12]]
        return {"tables": [
            Table("Used", ("Month (UTC)", "Calls"), used, "It has not been called yet.", frozenset({1}),
                  "Each call counts, however it ends. Calls beyond the cap of a month are refused."),
        ]}  # fmt: skip

    @deed(
        label="Test the connection", permission="prospecting.change_provider",
        warning="The provider is asked for its lead lists, with the stored token; this counts as one call.",
    )  # fmt: skip
    def test_connection(self, request: HttpRequest, provider: Provider, form: Any) -> None:
        lists = of(provider).lead_lists()
        self.message_user(request, f"It answers as agreed, with {len(lists)} lead lists.", messages.SUCCESS)

    @admin.display(description="state")
    def state(self, provider: Provider) -> SafeString:
        return badge("active", "●", "good") if provider.active else badge("not used", "○", "quiet")

    @admin.display(description="token")
    def token_state(self, provider: Provider) -> SafeString:
        return badge("set", "●", "good") if provider.token else badge("none", "○", "bad")

    @admin.display(description="offers")
    def offers(self, provider: Provider) -> str:
        return ", ".join(Capability(each).label for each in provider.capabilities) or "searches only"

"""The staff page of the consent rule of an account group."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import AccountGroup
from accounts.requester import Requester
from accounts.staff import VisibleFilter
from prospecting.actions.settings import choose_consent
from prospecting.admin.roles import StaffPages
from prospecting.models import ProspectingSettings
from prospecting.normalising.countries import country


class ConsentForm(forms.ModelForm):  # type: ignore[type-arg]
    """Countries as they are read in files: codes or names, between commas."""

    countries = forms.CharField(
        required=False, max_length=2000, label="Consent is needed in",
        help_text="Countries, as codes or names, between commas: AT, DE, Switzerland. Rows of people there are not"
        " imported unless they say that the person agreed; empty: no row has to say it.",
    )  # fmt: skip

    class Meta:
        model = ProspectingSettings
        fields = ("group", "consent_without_country")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["countries"] = ", ".join(self.instance.consent_countries)

    def clean_countries(self) -> list[str]:
        wanted = [text.strip() for text in self.cleaned_data["countries"].split(",") if text.strip()]
        known = {text: country(text) for text in wanted}
        if unknown := [text for text, found in known.items() if found.fault or not found.value]:
            raise ValidationError(f"No known country: {', '.join(unknown)}")
        return sorted({found.value for found in known.values()})


@admin.register(ProspectingSettings)
class ProspectingSettingsAdmin(StaffPages):
    nothing_here = "No account group asks for consent: every row of an import is taken."
    form = ConsentForm
    change_form_template = "admin/change_form.html"
    list_display = ("group", "needed_in", "consent_without_country")
    list_filter = (("group", VisibleFilter),)
    ordering = ("group__name", "pk")
    fields = ("group", "countries", "consent_without_country")

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("group")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("group",) if obj else ()

    def groups_to_act_in(self, request: HttpRequest) -> QuerySet[AccountGroup]:
        chosen = ProspectingSettings.objects.values("group")
        return super().groups_to_act_in(request).exclude(pk__in=chosen)

    def save_model(self, request: HttpRequest, obj: ProspectingSettings, form: Any, change: bool) -> None:
        choose_consent(
            obj.group, by=Requester.staff(request, obj.group), countries=form.cleaned_data["countries"],
            without_country=form.cleaned_data["consent_without_country"],
        )  # fmt: skip

    @admin.display(description="consent is needed in")
    def needed_in(self, row: ProspectingSettings) -> str:
        return ", ".join(row.consent_countries) or "no country"

"""Staff pages of signal specifications: what scans look for, with every fault at the field."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.requester import Requester
from accounts.shown import Table
from accounts.staff import VisibleFilter, deed, faults_of, link, list_url
from prospecting.admin.roles import StaffPages
from scans.actions.specifications import change_specification, create_specification, delete_specification
from scans.admin.shown import keywords
from scans.enums import SignalType
from scans.matching.specification import parse_items
from scans.models import SignalSpecification
from web.errors import Refused
from web.parsers import read_json

_HELP = (
    "A JSON list, one object for each kind of signal: source (" + ", ".join(SignalType.values) + "), keywords (texts,"
    ' or {"term", "weight"}; an empty list takes everything), excludeKeywords, minScore (0 to 100) and maxAgeDays.'
    ' Keywords may use AND, OR, NOT, brackets, "phrases" and * at the end of a word.'
)
_EXAMPLE = [{"source": "company_news", "keywords": ["funding OR \"series a\""], "excludeKeywords": [], "minScore": 50,
             "maxAgeDays": 90}]  # fmt: skip


class Pretty(json.JSONEncoder):
    """Indented, as people write it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "indent": 2, "ensure_ascii": False})


class JsonText(forms.JSONField):
    """Read as strictly as the API reads a body; what is refused is shown as it was written."""

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values or not isinstance(value, str):
            return super().to_python(value)
        try:
            return read_json(value.encode(errors="surrogatepass"))
        except Refused as refusal:
            raise ValidationError(faults_of(refusal)) from refusal

    def bound_data(self, data: Any, initial: Any) -> Any:
        return data if data is None else InvalidJSONInput(data)


class SpecificationForm(forms.ModelForm):  # type: ignore[type-arg]
    items = JsonText(
        label="Looks for", encoder=Pretty, help_text=_HELP, initial=_EXAMPLE,
        widget=forms.Textarea(attrs={"class": "rules", "spellcheck": "false"}),
    )  # fmt: skip

    class Meta:
        model = SignalSpecification
        fields = ("group", "name", "description", "items")
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}  # noqa: RUF012

    def clean_items(self) -> list[dict[str, Any]]:
        """As the API keeps them: without what says nothing."""
        raw = self.cleaned_data["items"]
        if faults := parse_items(raw, "items").faults:
            raise ValidationError([f"{fault.path}: {fault.message}" for fault in faults[:100]])
        items = [{name: value for name, value in item.items() if value is not None} for item in raw]
        return [{**item, "excludeKeywords": item.get("excludeKeywords", [])} for item in items]


@admin.register(SignalSpecification)
class SignalSpecificationAdmin(StaffPages):
    nothing_here = "No specification yet. It says which signals a scan looks for."
    form = SpecificationForm
    change_form_template = "admin/staff/edited.html"
    list_display = ("name", "looks_for", "group", "updated_at")
    list_filter = (("group", VisibleFilter),)
    search_fields = ("name",)
    search_help_text = "Id, or part of the name"
    ordering = ("-created_at", "-pk")
    deeds = ("delete",)

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("group").defer("description")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("group", "name", "description", "items")
        items = ("items",) if self.has_change_permission(request, obj) else ()  # to others the table shows them
        return ("name", "description", *items, "group", "created_at", "updated_at", "id")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("group", "created_at", "updated_at", "id") if obj else ()

    def save_model(self, request: HttpRequest, obj: SignalSpecification, form: Any, change: bool) -> None:
        by, names = Requester.staff(request, obj.group), ("name", "description", "items")
        chosen = {name: form.cleaned_data[name] for name in names if not change or name in form.changed_data}
        if not change:
            obj.pk = create_specification(group=obj.group, by=by, **chosen).pk
        elif chosen:
            change_specification(specification=obj, by=by, **chosen)

    def sections(self, request: HttpRequest, row: SignalSpecification) -> dict[str, Any]:
        items = [
            (place, SignalType(item["source"]).label, keywords(item.get("keywords")) or "everything",
             keywords(item.get("excludeKeywords")) or "-", item.get("minScore", "-"), item.get("maxAgeDays", "-"))
            for place, item in enumerate(row.items, 1)
        ]  # fmt: skip
        scans = [(link(each), each.status, each.created_at) for each in row.scans.order_by("-created_at", "-pk")[:20]]
        monitors = [(link(each), each.audience) for each in row.monitors.select_related("audience")[:20]]
        heads = ("", "Source", "Keywords", "Excluded", "Least score", "Most days")
        return {"tables": [
            Table("As it is read", heads, items, "Nothing.", frozenset({0, 4, 5})),
            Table("Scans with it", ("Scan", "State", "Asked for"), scans, "No scan has used it yet.",
                  note="They keep the copy they started with."),
            Table("Monitors with it", ("Monitor", "Audience"), monitors, "No monitor uses it."),
        ]}  # fmt: skip

    @deed(
        label="Delete", permission="scans.delete_signalspecification",
        warning="Scans that are over keep their copy. While a scan goes on with it, or a monitor uses it, it stays.",
    )  # fmt: skip
    def delete(self, request: HttpRequest, specification: SignalSpecification, form: Any) -> HttpResponse:
        delete_specification(specification=specification, by=Requester.staff(request, specification.group))
        self.message_user(request, f"Deleted: {specification}.", messages.SUCCESS)
        return HttpResponseRedirect(list_url(SignalSpecification))

    @admin.display(description="looks for")
    def looks_for(self, specification: SignalSpecification) -> str:
        return ", ".join(dict.fromkeys(SignalType(item["source"]).label for item in specification.items))

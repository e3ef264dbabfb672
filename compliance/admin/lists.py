"""Staff pages of reference lists: versions, a look at the values, new values from a CSV file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.requester import Requester
from accounts.staff import GroupAdmin, VisibleFilter, faults_of
from compliance.actions.lists import create_list, plain_name, replace_values
from compliance.listvalues import MAX_BYTES, values_of_csv
from compliance.models import ReferenceList, ReferenceListVersion
from web.errors import Refused

PREVIEW = 100
"""Values shown of the newest version."""


class ListForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new list, or new values of one that there is."""

    file = forms.FileField(
        help_text="CSV in UTF-8: one value a line, or several columns of which one is named below. "
        "The values replace those of the version before."
    )
    column = forms.CharField(
        required=False, max_length=500, help_text="The header of the column to read. Empty: every line is a value."
    )

    class Meta:
        model = ReferenceList
        fields = ("group", "name")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if name := self.fields.get("name"):
            name.validators.append(plain_name)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if file := cleaned.get("file"):
            try:
                cleaned["values"] = values_of_csv(file.read(MAX_BYTES + 1), column=cleaned.get("column") or None)
            except Refused as refusal:
                raise ValidationError({"file": faults_of(refusal)}) from refusal
        return cleaned


@admin.register(ReferenceList)
class ReferenceListAdmin(GroupAdmin):
    change_form_template = "admin/compliance/referencelist/page.html"
    form = ListForm
    list_display = ("name", "group", "version", "value_count", "updated")
    list_filter = (("group", VisibleFilter),)
    search_fields = ("name",)
    search_help_text = "Id, or part of the name"
    ordering = ("name", "pk")
    actions = ()

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.select_related("group").with_newest()  # type: ignore[attr-defined, no-any-return]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        new = ("file", "column") if obj is None or self.has_change_permission(request, obj) else ()
        return [(None, {"fields": ("group", "name", *new)})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("group", "name") if obj else ()

    def sections(self, request: HttpRequest, row: ReferenceList) -> dict[str, Any]:
        newest = row.current()
        shown = ReferenceListVersion.objects.values_list(f"values__0_{PREVIEW}", flat=True).get(pk=newest.pk)
        return {"versions": row.versions.defer("values")[:100], "newest": newest, "values": shown}

    def save_model(self, request: HttpRequest, obj: ReferenceList, form: Any, change: bool) -> None:
        by, values = Requester.staff(request, obj.group), form.cleaned_data["values"]
        if change:
            replace_values(row=obj, by=by, values=values)
        else:
            create_list(group=obj.group, by=by, name=obj.name, values=values, id=obj.pk)

    @admin.display(description="version")
    def version(self, row: Any) -> int:
        return int(row.version)

    @admin.display(description="values")
    def value_count(self, row: Any) -> int:
        return int(row.value_count)

    @admin.display(description="changed")
    def updated(self, row: Any) -> Any:
        return row.updated_at

"""The forms of the import wizard: which file for which group, and what is to become of its rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from accounts.models import AccountGroup
from prospecting.importing import headers
from prospecting.importing.fields import COMPANY, OTHERS, PERSON
from prospecting.models import Audience, LeadFile
from web.errors import ValidationFailed

_WRITTEN = {"Url": "URL", "Linkedin": "LinkedIn", "Id": "id"}


def field_label(name: str) -> str:
    """A field of leads as people write it: companyLinkedinUrl is Company LinkedIn URL."""
    first, *others = (_WRITTEN.get(word.capitalize(), word.lower()) for word in re.findall("[A-Z]?[a-z]+", name))
    return " ".join([first[:1].upper() + first[1:], *others])


def _choices(names: Iterable[str]) -> list[tuple[str, str]]:
    return [(name, field_label(name)) for name in names]


FIELDS: list[tuple[str, Any]] = [
    ("", "leave it out"), ("Person", _choices(PERSON)), ("Company", _choices(COMPANY)), ("Other", _choices(OTHERS)),
]  # fmt: skip


class FileForm(forms.Form):
    """Offers the groups in which one may import."""

    group = forms.ModelChoiceField(AccountGroup.objects.none())
    file = forms.FileField(
        help_text="CSV (any delimiter) or XLSX, with a line of column names above the people. Nobody is imported yet:"
        " the next page shows what would come of it. The rows of a job that failed, corrected, are such a file, too."
    )

    def __init__(self, *args: Any, groups: QuerySet[AccountGroup], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: Any = self.fields["group"]
        choices.queryset = groups


class ImportForm(forms.Form):
    """Which column is which field, and which audience the people join. `mapping` is the one that holds ({} if none).

    `token` is made once for a page, so that sending it twice starts one job.
    """

    audience = forms.ModelChoiceField(Audience.objects.none(), required=False, empty_label="a new one, with this name:")
    audience_name = forms.CharField(label="Name of a new audience", max_length=200, required=False)
    search_emails = forms.BooleanField(
        label="Search e-mail addresses", required=False, help_text="Of new people: 1 credit more for each one found."
    )
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any], *, file: LeadFile) -> None:
        super().__init__(data)
        self.file = file
        self.mapping: dict[str, str] = {}
        audiences: Any = self.fields["audience"]
        audiences.queryset = audiences_of(file)
        ours = (headers.LINE, headers.REASON)
        self.columns = {name_at(place): each for place, each in enumerate(file.headers) if each not in ours}
        for name, header in self.columns.items():
            self.fields[name] = forms.ChoiceField(label=header, choices=FIELDS, required=False)

    @property
    def chosen(self) -> list[forms.BoundField]:
        """What is asked beside the columns."""
        return [self[name] for name in ("audience", "audience_name", "search_emails")]

    def clean(self) -> dict[str, Any]:
        chosen: dict[str, Any] = super().clean() or self.cleaned_data
        if not chosen.get("audience") and not chosen.get("audience_name"):
            self.add_error("audience_name", "Choose an audience, or give the new one a name.")
        wanted = {header: str(chosen.get(name, "")) for name, header in self.columns.items()}
        try:
            self.mapping = headers.check(self.file.headers, wanted)
        except ValidationFailed as refusal:
            self._tell(refusal)
        return chosen

    def _tell(self, refusal: ValidationFailed) -> None:
        """Each fault at its column; what concerns all of them above the table."""
        at = {f"mapping.{header[:100]}": name for name, header in self.columns.items()}
        for fault in refusal.details or ():
            self.add_error(at.get(fault.path), ValidationError(f"{fault.message[:1].upper()}{fault.message[1:]}."))


def name_at(place: int) -> str:
    """Of the form's field for the column at this place."""
    return f"column_{place}"


def audiences_of(file: LeadFile) -> QuerySet[Audience]:
    """Those that people of this file may join: no job fills them at the moment."""
    rows: QuerySet[Audience] = Audience.objects.for_group(file.group).ready().order_by("-created_at", "-pk")
    return rows

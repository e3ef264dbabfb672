"""The form in which staff say which column of an upload is which field, and how ambiguous columns are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from compliance.columns import Column
from compliance.models import Upload
from compliance.scales import WORDS
from compliance.uploads.fields import FIELDS, NUMBERS, TIMES

_TOLD = {
    "account": "Whom violations are about.", "recipient": "Who gets it.", "type": "The kind of event or transaction.",
    "step": "When, as a count of steps; where there is no date.", "oldbalanceOrg": "Of the account, before.",
    "newbalanceOrig": "Of the account, after.", "oldbalanceDest": "Of the recipient, before.",
    "newbalanceDest": "Of the recipient, after.",
}  # fmt: skip
_ORDERS = {True: "day first", False: "month first"}


class MappingForm(forms.Form):
    """A menu of the columns for each field; what the headers suggest, or was confirmed last, is chosen already."""

    def __init__(self, *args: Any, row: Upload, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns = row.facts().columns
        last = row.mappings.first()
        chosen = last.config if last else row.profile.get("suggested_mapping", {})
        for field in [*FIELDS, *(name for name in chosen if name not in FIELDS)]:
            self.fields[field] = _menu(field, columns, chosen.get(field, ""))
        scale = last.temporal_scale if last else row.profile["temporal_scale"]
        self.fields["temporal_scale"] = forms.ChoiceField(
            label="One step is", choices=[(word, word) for word in dict.fromkeys([*WORDS, scale])], initial=scale
        )
        self._readings = {
            f"reading-{place}": column for place, column in enumerate(columns) if column.ambiguous
        }  # fmt: skip
        for name, column in self._readings.items():
            was = last.overrides.get(column.name, {}) if last else {}
            self.fields[name] = forms.TypedChoiceField(
                label=f"{column.name} is read with", coerce=int, choices=list(enumerate(map(_words, _ways(column)))),
                initial=next((place for place, way in enumerate(_ways(column)) if _override(way) == was), 0),
                help_text=f"Its values read in two ways: {column.min} to {column.max}.",
            )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        chosen: dict[str, Any] = super().clean() or {}
        if not self.errors and not self.config:
            raise forms.ValidationError("Choose a column for at least one field: a scan would have nothing to look at.")
        return chosen

    @property
    def config(self) -> dict[str, str]:
        """{field: column}"""
        others = {"temporal_scale", *self._readings}
        return {name: column for name, column in self.cleaned_data.items() if column and name not in others}

    @property
    def overrides(self) -> dict[str, dict[str, Any]]:
        """{column: how it is read}, of those that are read otherwise than was decided."""
        chosen = {column: self.cleaned_data[name] for name, column in self._readings.items()}
        return {column.name: _override(_ways(column)[place]) for column, place in chosen.items() if place}


def _menu(field: str, columns: Sequence[Column], chosen: str) -> forms.ChoiceField:
    needs = "Dates. " if field in TIMES else "Numbers. " if field in NUMBERS else ""
    return forms.ChoiceField(
        label=field, required=False, initial=chosen, help_text=f"{needs}{_TOLD.get(field, '')}",
        choices=[("", "not in the file"), *((column.name, column.name) for column in columns)],
    )  # fmt: skip


def _ways(column: Column) -> Sequence[Column]:
    """As it was decided, then the others."""
    return (column, *column.alternatives)


def _override(way: Column) -> dict[str, Any]:
    marks = {"decimal_mark": way.decimal_mark, "day_first": way.day_first}
    return {name: value for name, value in marks.items() if value is not None}


def _words(way: Column) -> str:
    said: Iterable[str] = (
        *([f'"{way.decimal_mark}" before the decimals'] if way.decimal_mark else []),
        *([f"the {_ORDERS[way.day_first]}"] if way.day_first is not None else []),
    )
    return ", ".join(said) or "neither"

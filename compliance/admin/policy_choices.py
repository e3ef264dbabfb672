"""Choosing a policy: policies of one name are told apart by version and day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Max
from django.http import HttpRequest

from accounts.staff import VisibleFilter
from compliance.models import Policy


class PolicyFilter(VisibleFilter):
    """Policies of one name are told apart by version and day."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        choices: list[tuple[Any, str]] = super().field_choices(field, request, model_admin)
        labels = policy_labels([pk for pk, _ in choices])
        return [(pk, labels.get(pk, name)) for pk, name in choices]


class PolicyChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A choice of a policy, named with version and day."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.labels: dict[Any, str] = {}

    def label_from_instance(self, obj: Any) -> str:
        if not self.labels:
            self.labels = policy_labels(self.queryset.values_list("pk", flat=True)) if self.queryset is not None else {}
        return self.labels.get(obj.pk, str(obj))


def policy_labels(ids: Iterable[Any]) -> dict[Any, str]:
    """{id: "name (version 3, 2026-11-22)"}; one query."""
    rows = Policy.objects.filter(pk__in=ids).annotate(newest_number=Max("versions__number"))
    return {row.pk: f"{row.name} (version {row.newest_number}, {row.created_at:%Y-%m-%d})" for row in rows}

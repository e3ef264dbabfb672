"""Choosing rows in forms of ours: the only one is chosen already; where there is none the form says what makes one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst


def prepared(form: forms.BaseForm) -> None:
    """Of each field that must name one row: a help text where there is none, a first value where there is one."""
    for name, field in form.fields.items():
        if not isinstance(field, forms.ModelChoiceField) or field.queryset is None or not field.required:
            continue
        found = list(field.queryset.order_by()[:2])
        if not found:
            field.help_text = getattr(field, "nothing", None) or nothing_of(field.queryset.model)
        elif len(found) == 1 and not isinstance(field, forms.ModelMultipleChoiceField) and not form.is_bound:
            form.initial.setdefault(name, found[0].pk)


def nothing_of(model: Any) -> SafeString:
    """That there is no such row yet, with a link to where they are made."""
    opts = model._meta
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
    told = f"There is no {opts.verbose_name} to choose yet; make one at"
    return format_html('{} <a href="{}">{}</a>.', told, url, capfirst(opts.verbose_name_plural))

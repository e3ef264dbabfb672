"""Query strings, read strictly: what we do not know is refused, so that a typo is not a silent no-op."""

from __future__ import annotations

from collections.abc import Collection

from django.http import HttpRequest
from rest_framework.request import Request

from web.errors import Detail, ValidationFailed


def reject_unknown_query(request: Request | HttpRequest, allowed: Collection[str]) -> None:
    """400 naming every query parameter that is unknown, given twice, or holds a NUL character."""
    faults = []
    for name, values in request.GET.lists():
        if name not in allowed:
            known = ", ".join(sorted(allowed)) or "none"
            faults.append(Detail(name, f"is not a query parameter of this route; known: {known}"))
        elif len(values) > 1:
            faults.append(Detail(name, "is given more than once"))
        elif "\0" in values[0]:
            faults.append(Detail(name, "holds a NUL character"))
    if faults:
        shown = [Detail(fault.path.replace("\0", "\N{SYMBOL FOR NULL}")[:100], fault.message) for fault in faults]
        raise ValidationFailed(f"{shown[0].path}: {shown[0].message}", details=shown)


def word_of(request: Request | HttpRequest, name: str, words: Collection[str]) -> str | None:
    """The query parameter `name`, one of `words`; None when it is absent."""
    value = request.GET.get(name)
    if value is not None and value not in words:
        raise ValidationFailed.at(name, f"must be one of {', '.join(words)}")
    return value

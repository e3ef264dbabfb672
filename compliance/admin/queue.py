"""The list of violations as it was filtered and sorted, walked one by one from the page of a violation."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Q, QuerySet
from django.http import HttpRequest, QueryDict

from compliance.models import Violation

FILTERS = "_changelist_filters"  # the admin's own name for the query string of the list one comes from
_OF_A_PAGE = ("p", "all", "e")  # which page of the list one was on says nothing about the queue


class Queue:
    """`rows` in their order. Without filters in the address it is the violation's own scan.

    The columns a list may be sorted by are never null, so a row's neighbours follow from its own values: a queue of
    any length costs the same.
    """

    def __init__(self, model_admin: Any, request: HttpRequest, violation: Violation) -> None:
        asked = QueryDict(request.GET.get(FILTERS, ""), mutable=True)
        for name in _OF_A_PAGE:
            asked.pop(name, None)
        if not asked:
            asked["scan__id__exact"] = str(violation.scan_id)
        self.filters = asked.urlencode()
        self._listing = _listing(model_admin, request, asked)
        self._violation = violation

    @property
    def size(self) -> str:
        """How many there are, counted no further than lists are: 986, 10,000+."""
        if self._listing is None:
            return "0"
        count, most = self._listing.result_count, self._listing.paginator.most
        return f"{most:,}+" if count > most else f"{count:,}"

    def following(self) -> Any:
        """The id of the next one, None at the end."""
        return self._neighbour(forwards=True)

    def preceding(self) -> Any:
        return self._neighbour(forwards=False)

    def within(self, address: str) -> str:
        """An address that remembers the queue."""
        return f"{address}?{urlencode({FILTERS: self.filters})}"

    def _neighbour(self, *, forwards: bool) -> Any:
        if self._listing is None:
            return None
        rows: QuerySet[Any] = self._listing.queryset
        beyond = rows.filter(_beyond(rows.query.order_by, self._violation, forwards=forwards))
        return (beyond if forwards else beyond.reverse()).values_list("pk", flat=True).first()


def _listing(model_admin: Any, request: HttpRequest, asked: QueryDict) -> Any:
    """The list that the filters describe; None when they describe none."""
    as_asked: Any = copy(request)
    as_asked.GET = asked
    try:
        return model_admin.get_changelist_instance(as_asked)
    except IncorrectLookupParameters:
        return None


def _beyond(ordering: Sequence[Any], row: Violation, *, forwards: bool) -> Q:
    """The rows after (or before) `row`: greater in the first field, or as great and greater in the next, and so on."""
    beyond, same = Q(), Q()
    first = ordering[0]
    # Of all conditions an index can follow this one alone.
    bound = Q((f"{first.removeprefix('-')}__{'lte' if first.startswith('-') == forwards else 'gte'}",
               getattr(row, first.removeprefix("-"))))  # fmt: skip
    for field in ordering:
        name, descending = field.removeprefix("-"), field.startswith("-")
        value = getattr(row, name)
        beyond |= same & Q((f"{name}__{'lt' if descending == forwards else 'gt'}", value))
        same &= Q((name, value))
    return bound & beyond

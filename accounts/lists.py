"""How lists of staff pages count, sort and turn pages, so that none is slow however many rows there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.paginator import InvalidPage, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

if TYPE_CHECKING:  # generic in the stubs only
    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator


class CappedPaginator(_Paginator):
    """Counts one row more than `most` and no further: counting millions would make every page wait."""

    most = 10_000

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: self.most + 1].count())


class ListOfRows(ChangeList):
    """A list that fetches what its columns show, and no more; one that is longer than it counts is sorted by no column,
    unless its `sorts_any_length` says that it can be.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        try:
            super().__init__(*args, **kwargs)
        except OverflowError as fault:  # a year that no calendar has
            raise IncorrectLookupParameters from fault

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        self.bare = super().get_queryset(request, exclude_parameters)
        return self.model_admin.for_list(self.bare)  # type: ignore[attr-defined, no-any-return]

    def get_results(self, request: HttpRequest) -> None:
        """Django's own, but for the order of long lists; and only ids are sorted and walked to pages far back."""
        pages: Any = self.model_admin
        self.paginator = pages.get_paginator(request, self.queryset, self.list_per_page)
        self.result_count = self.paginator.count
        if self.result_count > self.paginator.most and not pages.sorts_any_length(request):
            self._unsort(request)
        self.can_show_all = self.result_count <= self.list_max_show_all
        self.multi_page = self.result_count > self.list_per_page
        self.show_full_result_count, self.full_result_count, self.show_admin_actions = False, None, True
        try:
            self.result_list = self._page() if self.multi_page and not self._all() else self.queryset._clone()
        except InvalidPage as fault:
            raise IncorrectLookupParameters from fault
        pages.listed(self.result_list)

    def _all(self) -> bool:
        return bool(self.show_all and self.can_show_all)

    def _unsort(self, request: HttpRequest) -> None:
        self.sortable_by: Any = ()
        if self.params.pop(ORDER_VAR, None) is not None:
            order = self.get_ordering(request, self.queryset)
            self.bare, self.queryset = self.bare.order_by(*order), self.queryset.order_by(*order)
            self.paginator.object_list = self.queryset

    def _page(self) -> Any:
        page = self.paginator.page(self.page_num)
        if self.page_num == 1 and ORDER_VAR not in self.params:
            return page.object_list
        first = page.start_index() - 1
        return self.queryset.filter(pk__in=self.bare.values("pk")[first : page.end_index()])

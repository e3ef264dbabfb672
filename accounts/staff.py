"""What staff pages share: whose rows are seen, how lists count, what the page of a row shows."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.deeds import DeedPages
from accounts.deeds import deed as deed  # what pages are made of comes from here
from accounts.deeds import faults_of as faults_of
from accounts.lists import CappedPaginator, ListOfRows

MOST_CHOICES = 50  # of a filter in the side bar


def badge(word: str, mark: str, tone: str) -> SafeString:
    """A word with a shape beside it; the colour (`tone`, a CSS class) only repeats what they say."""
    return format_html('<span class="badge {}"><span aria-hidden="true">{}</span> {}</span>', tone, mark, word)


def link(row: Model, text: object = None) -> SafeString:
    """A link to the page of a row; opening it needs the rights it always needs."""
    url = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[quote(row.pk)])
    return format_html('<a href="{}">{}</a>', url, str(row) if text is None else text)


def list_url(model: type[Model], **filters: object) -> str:
    """The address of a list, narrowed by field lookups."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", query=filters)


def visible(model: type[Model], request: HttpRequest) -> QuerySet[Any]:
    """The rows of a registered model that this member of staff may see."""
    return admin.site.get_model_admin(model).get_queryset(request)


def may_see(request: HttpRequest, model: type[Model]) -> bool:
    """Whether there is any row of a registered model that this member of staff might see."""
    return bool(admin.site.get_model_admin(model).has_view_permission(request))


class VisibleFilter(admin.RelatedFieldListFilter):
    """Offers the related rows that this member of staff may see, the newest when there are very many."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        return list({row.pk: str(row) for row in self.offered(visible(field.remote_field.model, request))}.items())

    def offered(self, rows: QuerySet[Any]) -> list[Any]:
        kept: list[Any] = []
        with suppress(ValidationError):  # no id at all: the list itself refuses it
            kept = list(rows.filter(pk__in=(self.lookup_val or [])[-1:]))
        return [*kept, *rows[:MOST_CHOICES]]

    def has_output(self) -> bool:
        return bool(self.lookup_val) or super().has_output()  # Django would not apply a filter of one choice


class RecentFilter(admin.AllValuesFieldListFilter):
    """Offers the values among the newest rows; to look for those of all rows would read them all."""

    newest = 10_000

    def __init__(
        self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        rows = model_admin.get_queryset(request).order_by("-pk").values_list(field_path, flat=True)[: self.newest]
        self.lookup_choices: Any = sorted({*rows, *(self.lookup_val or [])})


class GroupAdmin(DeedPages):
    """Staff see rows and act on them as their role in each account group says: in lists, pages, choices and deeds."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    change_form_template = "admin/staff/edited.html"
    change_list_template = "admin/staff/list.html"

    def for_list(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """What the list needs beside the rows, and which big columns it leaves alone."""
        return rows

    def listed(self, rows: Iterable[Any]) -> None:
        """May look up, for all rows of a page at once, what its columns show."""

    def heading(self, row: Any) -> str:
        """Of the page of a row."""
        return str(row)

    def sorts_any_length(self, request: HttpRequest) -> bool:
        """Whether the list may be sorted by its columns although it is longer than lists are counted."""
        return False

    def sections(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the page of a row shows below its fields, for its template."""
        return {}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ListOfRows

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """An id finds its row; anything else is looked for in search_fields."""
        try:
            return queryset.filter(pk=uuid.UUID(search_term.strip())), False
        except ValueError:
            return super().get_search_results(request, queryset, search_term)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Who acts in one account group need not choose it."""
        return {"group": self.only_group(request), **super().get_changeform_initial_data(request)}

    def response_post_save_add(self, request: HttpRequest, obj: Any) -> HttpResponseRedirect:
        """To the page of the new row where there is more to do on it than to look (`deeds`), else to the list."""
        return HttpResponseRedirect(self.url_of(obj)) if self.deeds else super().response_post_save_add(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # what goes, goes by a deed

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], add: bool = False, change: bool = False,
        form_url: str = "", obj: Any = None,
    ) -> HttpResponse:  # fmt: skip
        if obj is not None:
            context |= {"heading": self.heading(obj), "tools": self.tools(request, obj), **self.sections(request, obj)}
        return super().render_change_form(request, context, add, change, form_url, obj)


class ReadOnlyAdmin(GroupAdmin):
    """Rows that a worker or an action owns: looked at, never edited."""

    change_form_template = "admin/staff/page.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

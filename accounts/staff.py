"""What staff pages share: whose rows are seen, how lists count, how deeds are confirmed."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.utils import quote, unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import choices
from accounts.lists import CappedPaginator, ListOfRows
from accounts.rows import RowsByRole
from web.errors import Refused

MOST_AT_ONCE = 1_000  # rows of a bulk deed
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


def faults_of(refusal: Refused) -> list[str]:
    """Every fault that a refusal names, with its path; its message when it names none."""
    named = [f"{fault.path}: {fault.message}" if fault.path else fault.message for fault in refusal.details or ()]
    return named or [refusal.message]


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


@dataclass(frozen=True)
class Deed:
    """Something staff do to rows: a page says what will happen, then POST does it; both ask for `permission`.

    `run(model_admin, request, rows, form)` calls the action the API calls; of a single row it gets that row.
    """

    label: str
    permission: str
    warning: str
    run: Callable[[Any, HttpRequest, Any, forms.BaseForm], HttpResponse | None]
    possible: Callable[[Any], bool]
    form: Callable[..., forms.BaseForm]

    def allowed(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.permission)


def deed(
    *, label: str, permission: str, warning: str, possible: Callable[[Any], bool] = lambda _: True,
    form: Callable[..., forms.BaseForm] = forms.Form,
) -> Callable[[Any], Any]:  # fmt: skip
    """Make a method a deed: named in `deeds` it is a button on the row's page, in `actions` for many rows."""

    def made(run: Any) -> Any:
        known = Deed(label, permission, warning, run, possible, form)

        def action(self: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
            return self.confirm_many(known, action.__name__, request, queryset)  # type: ignore[no-any-return]

        action.__name__ = run.__name__
        action.short_description = label  # type: ignore[attr-defined]
        action.deed = known  # type: ignore[attr-defined]
        return action

    return made


class GroupAdmin(RowsByRole):
    """Staff see rows and act on them as their role in each account group says: in lists, pages, choices and deeds."""

    deeds: ClassVar[Sequence[str]] = ()
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

    def tools(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        """(label, address) of the buttons on the page of a row: the deeds that are possible and allowed."""
        if not self.acts_on(request, row):
            return []
        return [
            (known.label, self.url_of(row, "deed", name))
            for name, known in self._deeds().items()
            if known.possible(row) and known.allowed(request)
        ]

    def url_of(self, row: Any, page: str = "change", *args: str) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=[quote(row.pk), *args])

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ListOfRows

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """An id finds its row; anything else is looked for in search_fields."""
        try:
            return queryset.filter(pk=uuid.UUID(search_term.strip())), False
        except ValueError:
            return super().get_search_results(request, queryset, search_term)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        known: Any = super().get_actions(request)
        return {name: act for name, act in known.items() if act[0].deed.allowed(request)}

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_deed"
        page = self.admin_site.admin_view(self.deed_view)
        return [path("<path:object_id>/do/<slug:name>/", page, name=name), *super().get_urls()]

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

    def deed_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Ask, then do: one deed on one row."""
        known = self._deeds().get(name)
        if known is None:
            raise Http404
        if not (known.allowed(request) and self.has_view_permission(request)):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        if not self.acts_on(request, row):
            raise PermissionDenied
        context = {"row": row} if known.form is not forms.Form else {}
        form = known.form(request.POST if request.method == "POST" else None, **context)
        if request.method == "POST" and form.is_valid():
            try:
                return known.run(self, request, row, form) or HttpResponseRedirect(self.url_of(row))
            except Refused as refusal:
                if not form.fields:
                    self.message_user(request, refusal.message, messages.ERROR)
                    return HttpResponseRedirect(self.url_of(row))
                form.add_error(None, ValidationError(faults_of(refusal)))
        return self.form_page(request, known.label, form, warning=known.warning, rows=[row], back=self.url_of(row))

    def confirm_many(
        self, known: Deed, name: str, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """Ask, then do: one deed on the selected rows, those that were listed when it was confirmed."""
        confirmed = "confirmed" in request.POST
        rows = _chosen(self.acting(request, queryset), request.POST["ids"].split(",") if confirmed else None)
        if len(rows) > MOST_AT_ONCE:
            self.message_user(
                request,
                f"At most {MOST_AT_ONCE:,} rows at once: narrow the list by filter or search.",
                messages.ERROR,
            )
            return None
        form = known.form(request.POST if confirmed else None)
        if confirmed and form.is_valid():
            try:
                return known.run(self, request, rows, form)
            except Refused as refusal:
                self.message_user(request, refusal.message, messages.ERROR)
                return None
        ids = ",".join(str(row.pk) for row in rows)
        hidden = {"action": name, "ids": ids, "select_across": "1", "_selected_action": ids[:36]}
        back = request.get_full_path()
        return self.form_page(request, known.label, form, warning=known.warning, rows=rows, hidden=hidden, back=back)

    def form_page(
        self, request: HttpRequest, title: str, form: Any, *, back: str, warning: str = "",
        rows: Sequence[Any] = (), hidden: dict[str, str] | None = None,
    ) -> HttpResponse:  # fmt: skip
        """A form of ours, drawn like the admin's own."""
        choices.prepared(form)
        fields = AdminForm(form, [(None, {"fields": list(form.fields)})], {}, model_admin=self)
        shown = {
            "title": title, "opts": self.opts, "form": form, "adminform": fields, "warning": warning,
            "rows": rows, "hidden": hidden or {}, "back": back, "media": self.media + form.media,
        }  # fmt: skip
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/staff/form.html", {**self.admin_site.each_context(request), **shown})

    def _deeds(self) -> dict[str, Deed]:
        return {name: getattr(self, name).deed for name in self.deeds}


class ReadOnlyAdmin(GroupAdmin):
    """Rows that a worker or an action owns: looked at, never edited."""

    change_form_template = "admin/staff/page.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _chosen(queryset: QuerySet[Any], ids: Iterable[str] | None) -> list[Any]:
    try:
        rows = queryset if ids is None else queryset.filter(pk__in=ids)
        return list(rows[: MOST_AT_ONCE + 1])
    except (ValidationError, ValueError) as fault:
        raise BadRequest("ids: these are no ids of rows; go back and select them again.") from fault

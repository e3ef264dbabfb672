"""Deeds: what staff do to rows. A page says what will happen; then POST does it, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME, AdminForm
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts import choices
from accounts.rows import RowsByRole
from accounts.sending import FORM, SentForms, SentTwice, new_form_id, once
from web.errors import Refused

MOST_AT_ONCE = 1_000  # rows of a bulk deed


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
    initial: Callable[[list[Any]], dict[str, Any]]

    def allowed(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.permission)


def deed(
    *, label: str, permission: str, warning: str, possible: Callable[[Any], bool] = lambda _: True,
    form: Callable[..., forms.BaseForm] = forms.Form, initial: Callable[[list[Any]], dict[str, Any]] = lambda _: {},
) -> Callable[[Any], Any]:  # fmt: skip
    """Make a method a deed: named in `deeds` it is a button on the row's page, in `actions` for many rows.

    `form` is made with the row it is for (`row`); of many rows, with what `initial` answers of them.
    """

    def made(run: Any) -> Any:
        known = Deed(label, permission, warning, run, possible, form, initial)

        def action(self: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
            return self.confirm_many(known, action.__name__, request, queryset)  # type: ignore[no-any-return]

        action.__name__ = run.__name__
        action.short_description = label  # type: ignore[attr-defined]
        action.deed = known  # type: ignore[attr-defined]
        return action

    return made


def faults_of(refusal: Refused) -> list[str]:
    """Every fault that a refusal names, with its path; its message when it names none."""
    named = [f"{fault.path}: {fault.message}" if fault.path else fault.message for fault in refusal.details or ()]
    return named or [refusal.message]


class DeedPages(SentForms, RowsByRole):
    """Pages of rows with deeds: `deeds` are buttons on the page of a row, `actions` stand above the list."""

    deeds: ClassVar[Sequence[str]] = ()

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

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        known: Any = super().get_actions(request)
        return {name: act for name, act in known.items() if act[0].deed.allowed(request)}

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_deed"
        page = self.admin_site.admin_view(self.deed_view)
        return [path("<path:object_id>/do/<slug:name>/", page, name=name), *super().get_urls()]

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], **where: Any) -> HttpResponse | None:  # type: ignore[override]
        _narrowed(queryset, request.POST.getlist(ACTION_CHECKBOX_NAME))  # Django would fail on what is no id
        return super().response_action(request, queryset, **where)

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
        if known.form is not forms.Form and not known.possible(row):
            self.message_user(request, f"{known.label}: as {row} stands now, this is not possible.", messages.ERROR)
            return HttpResponseRedirect(self.url_of(row))
        return self._asked(request, known, row)

    def _asked(self, request: HttpRequest, known: Deed, row: Any) -> HttpResponse:
        context = {"row": row} if known.form is not forms.Form else {}
        form = known.form(request.POST if request.method == "POST" else None, **context)
        if request.method == "POST" and form.is_valid():
            try:
                with once(request):
                    return known.run(self, request, row, form) or HttpResponseRedirect(self.url_of(row))
            except Refused as refusal:
                if not form.fields or isinstance(refusal, SentTwice):
                    self.message_user(request, refusal.message, messages.ERROR)
                    return HttpResponseRedirect(self.url_of(row))
                form.add_error(None, ValidationError(faults_of(refusal)))
        return self.form_page(request, known.label, form, warning=known.warning, rows=[row], back=self.url_of(row))

    def confirm_many(
        self, known: Deed, name: str, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        """Ask, then do: one deed on the selected rows, those that were listed when it was confirmed."""
        confirmed = "confirmed" in request.POST
        rows = _chosen(self.acting(request, queryset), request.POST.get("ids", "").split(",") if confirmed else None)
        if len(rows) > MOST_AT_ONCE:
            self.message_user(
                request,
                f"At most {MOST_AT_ONCE:,} rows at once: narrow the list by filter or search.",
                messages.ERROR,
            )
            return None
        form = known.form(request.POST) if confirmed else known.form(initial=known.initial(rows))
        if confirmed and form.is_valid():
            try:
                with once(request):
                    return known.run(self, request, rows, form)
            except Refused as refusal:
                self.message_user(request, refusal.message, messages.ERROR)
                return None
        ids = ",".join(str(row.pk) for row in rows)
        one = str(rows[0].pk) if rows else ""
        hidden = {"action": name, "ids": ids, "select_across": "1", ACTION_CHECKBOX_NAME: one}
        back = request.get_full_path()
        return self.form_page(request, known.label, form, warning=known.warning, rows=rows, hidden=hidden, back=back)

    def form_page(
        self, request: HttpRequest, title: str, form: Any, *, back: str, warning: str = "",
        rows: Sequence[Any] = (), hidden: dict[str, str] | None = None,
    ) -> HttpResponse:  # fmt: skip
        """A form of ours, drawn like the admin's own."""
        choices.prepared(form)
        fields = AdminForm(form, [(None, {"fields": list(form.fields)})], {}, model_admin=self)
        sent = {FORM: request.POST.get(FORM) or new_form_id(), **(hidden or {})}
        shown = {
            "title": title, "opts": self.opts, "form": form, "adminform": fields, "warning": warning,
            "rows": rows, "hidden": sent, "back": back, "media": self.media + form.media,
        }  # fmt: skip
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/staff/form.html", {**self.admin_site.each_context(request), **shown})

    def _deeds(self) -> dict[str, Deed]:
        return {name: getattr(self, name).deed for name in self.deeds}


def _chosen(queryset: QuerySet[Any], ids: Sequence[str] | None) -> list[Any]:
    return list((queryset if ids is None else _narrowed(queryset, ids))[: MOST_AT_ONCE + 1])


def _narrowed(queryset: QuerySet[Any], ids: Sequence[str]) -> QuerySet[Any]:
    try:
        return queryset.filter(pk__in=ids)
    except (ValidationError, ValueError) as fault:
        raise BadRequest("ids: these are no ids of rows; go back and select them again.") from fault

"""Every address below /admin/, read from the table of addresses itself, and how it is filled in for a row.

A new address needs nothing here as long as it names what others name. One that names something new, or a model without
a maker, is a KeyError: say how it is visited.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Case, Model, TextField, Value, When
from django.db.models.functions import Concat
from django.forms import BaseForm, BoundField, fields
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from accounts import credits
from accounts.models import AccountGroup, ApiKey, AuditEntry, CreditAccount, CreditEntry, Membership, User
from accounts.staff import VisibleFilter
from compliance.models import DryRun, GroupSettings
from prospecting.models import ProspectingJob, ProspectingSettings
from tests.compliance import factories
from tests.compliance.admin import test_pages as compliance
from tests.compliance.schedule_rows import by
from tests.prospecting.admin import test_pages as prospecting


def job_of_records(of: AccountGroup) -> ProspectingJob:
    made: ProspectingJob = prospecting.job(of)
    made.params = {"records": [{"email": "a@b.example"}]}
    made.save(update_fields=["params"])
    return made


# A row of each registered model, in an account group or of nobody's. A new model needs a maker.
MAKERS: dict[str, Callable[[AccountGroup], Any]] = {
    **prospecting.PAGES,
    **compliance.PAGES,
    "accounts_accountgroup": lambda of: of,
    "accounts_apikey": lambda of: (factories.key_text(of), ApiKey.objects.filter(groups=of).latest("created_at"))[1],
    "accounts_auditentry": lambda of: AuditEntry.objects.filter(chain=of.pk).earliest("number"),
    "accounts_creditaccount": lambda of: (credits.grant(of, 5, by=by(of)), CreditAccount.objects.get(group=of))[1],
    "accounts_creditentry": lambda of: (credits.grant(of, 5, by=by(of)), CreditEntry.objects.filter(group=of)[0])[1],
    "accounts_membership": lambda of: Membership.objects.filter(group=of).earliest("pk"),
    "accounts_user": lambda of: User.objects.filter(memberships__group=of).earliest("pk"),
    "compliance_groupsettings": lambda of: GroupSettings.objects.create(group=of),
    "compliance_policy": lambda of: factories.dry_run(of).policy,
    "compliance_referencelist": factories.reference_list,
    "compliance_waiver": lambda of: factories.waiver(of, policy=factories.policy(of)),
    "django_celery_beat_periodictask": lambda of: PeriodicTask.objects.create(
        name=f"Of {of}", interval=IntervalSchedule.objects.create(every=1, period="days")
    ),
    "prospecting_prospectingjob": job_of_records,
    "prospecting_prospectingsettings": lambda of: ProspectingSettings.objects.create(group=of),
}  # fmt: skip
# What an address may name, and the values it has for a row.
NAMED: dict[str, Callable[[Any], Sequence[object]]] = {
    "object_id": lambda row: [quote(row.pk)],
    "id": lambda row: [row.pk],
    "name": lambda row: [*pages_of(row).deeds, "nothing"],
    "rule_id": lambda row: [row.current().rules[0]["rule_id"]],
    "run_id": lambda row: DryRun.objects.filter(policy=row).values_list("pk", flat=True),
}
# What the addresses of a model that name no row are.
OF_ALL = ("", "add/", "live/")
# Those of no model, with what they name filled in.
OF_NONE = {
    "admin/": "/admin/",
    "admin/login/": "/admin/login/",
    "admin/logout/": "/admin/logout/",
    "admin/second-factor/": "/admin/second-factor/",
    "admin/password_change/": "/admin/password_change/",
    "admin/password_change/done/": "/admin/password_change/done/",
    "admin/autocomplete/": "/admin/autocomplete/",
    "admin/jsi18n/": "/admin/jsi18n/",
    "admin/r/<path:content_type_id>/<path:object_id>/": "/admin/r/{type}/{id}/",
    r"admin/^(?P<app_label>": "/admin/compliance/",
    r"admin/(?P<url>": "/admin/nothing-of-that-name",
}


def routes() -> dict[str, type[Model] | None]:
    """{"admin/compliance/case/<path:object_id>/change/": Case} for every address, None: it is of no model."""
    known = {f"admin/{model._meta.app_label}/{model._meta.model_name}/": model for model in admin.site._registry}
    every = [route for route in _walked(get_resolver().url_patterns, "") if route.startswith("admin/")]
    return {route: next((known[start] for start in known if route.startswith(start)), None) for route in every}


def _walked(patterns: Sequence[URLPattern | URLResolver], prefix: str) -> Iterator[str]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walked(pattern.url_patterns, route)
        else:
            yield route if isinstance(pattern.pattern, RoutePattern) else route.partition(">")[0] + ">"


def paths(model: type[Model], row: Any) -> list[str]:
    """Every path of a model, filled in for the row in each way there is."""
    start = f"admin/{model._meta.app_label}/{model._meta.model_name}/"
    return [path for route, of in routes().items() if of is model for path in _filled(route, start, row)]


def _filled(route: str, start: str, row: Any) -> list[str]:
    names = re.findall(r"<(?:\w+:)?(\w+)>", route)
    if not names and route.removeprefix(start) not in OF_ALL:
        raise KeyError(f"{route}: say in OF_ALL and in `questions` how it is visited.")
    found = [f"/{route}"]
    for name in names:
        found = [re.sub(rf"<(\w+:)?{name}>", str(value), path) for path in found for value in NAMED[name](row)]
    return found


def pages_of(row: Model) -> Any:
    return admin.site.get_model_admin(type(row))


def list_of(row: Model) -> str:
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/"


def questions(path: str, row: Any) -> list[str]:
    """The path, and with every query string that may reach for the row or what it hangs together with."""
    pages = pages_of(row)
    ids = {field.name: getattr(row, field.attname) for field in row._meta.concrete_fields if field.is_relation}
    reach = {"group": group_of(row), "ids": row.pk, "with": row.pk, "whole": "1", **ids, row._meta.model_name: row.pk}
    if path != list_of(row):
        return [path, f"{path}?{urlencode(reach)}"]
    lists = [{"q": row.pk}, {"o": "-1"}, *({_lookup(each): value} for each, value in _filtered(pages, row))]
    return [path, *(f"{path}?{urlencode(asked)}" for asked in lists)]


def _filtered(pages: Any, row: Any) -> Iterator[tuple[str, object]]:
    """(path to a related row, its id) for each filter of the list that offers related rows."""
    for each in pages.list_filter:
        if isinstance(each, tuple) and issubclass(each[1], VisibleFilter) and hasattr(row, each[0]):
            yield each[0], getattr(row, f"{each[0]}_id")


def _lookup(path: str) -> str:
    return f"{path}__id__exact"


def group_of(row: Any) -> str:
    pages = pages_of(row)
    return pages.group_of(row) if hasattr(pages, "group_of") and not isinstance(row, ApiKey) else ""


def body(answer: Any) -> dict[str, Any]:
    """What somebody would send who fills in the form that a page shows, and means it."""
    shown = getattr(answer, "context_data", None) or {}
    adminform = shown.get("adminform")
    form = shown.get("form") or getattr(adminform, "form", None)
    sent: dict[str, Any] = {"confirmed": "1", "post": "yes", "action": "", **shown.get("hidden", {})}
    if isinstance(form, BaseForm):
        sent |= {bound.html_name: value for bound in form if (value := _written(bound)) is not None}
    return sent


def _written(bound: BoundField) -> Any:
    """Its value, or the first that it offers. Text is another: what a person sends is shown to them again."""
    if bound.value() not in (None, "", []) and not (type(bound.field) is fields.CharField and not bound.is_hidden):
        return bound.value()
    match bound.field:
        case fields.FileField():
            return SimpleUploadedFile("file.csv", b"Mail\na@b.example\n")
        case fields.ChoiceField() | fields.MultipleChoiceField():
            return next((str(value) for value, _ in bound.field.choices if value and isinstance(value, str)), None)
        case fields.IntegerField():
            return "1"
        case fields.DateField() | fields.DateTimeField():
            return "2031-02-03"
    offered = getattr(bound.field, "queryset", None)
    return "x" if offered is None else next((str(each.pk) for each in offered[:1]), None)


HUMAN = {
    "account", "audit_name", "company_name", "description", "email", "headline", "name", "note", "opened_by", "owner",
    "public_identifier", "reason", "review_note", "summary", "text", "title", "username",
}  # fmt: skip
APPEND_ONLY = {"AuditEntry", "CreditEntry", "JobEvent", "PolicyVersion", "ScoreEvent", "Review",
               "ReferenceListVersion", "CaseNote", "CaseEvent"}  # fmt: skip


def mark_everything(mark: str) -> None:
    """Puts the mark before whatever somebody may have written, in every row there is."""
    for model in apps.get_models():
        names = [field.name for field in model._meta.concrete_fields if field.name in HUMAN and not field.choices]
        if model is Permission or model.__name__ in APPEND_ONLY or not names:
            continue
        written = {
            name: Case(
                When(**{name: ""}, then=Value("")),
                default=Concat(Value(mark), name, output_field=TextField()),
                output_field=TextField(),
            )
            for name in names
        }
        model._default_manager.update(**written)

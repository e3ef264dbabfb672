"""The stranger walks every address of the admin: whoever has no business there learns nothing and changes nothing.

The addresses are read from the table of addresses (tests/accounts/staff_addresses.py): a new one is visited, too, or
fails here until somebody says how.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model
from django.test import Client

from accounts.enums import Role
from accounts.models import AccountGroup, User
from jobs import wires
from tests.accounts.staff_addresses import (
    MAKERS,
    OF_NONE,
    body,
    list_of,
    mark_everything,
    pages_of,
    paths,
    questions,
    routes,
)
from tests.accounts.test_roles import TABLE, label_of
from tests.compliance import factories

pytestmark = pytest.mark.django_db
MARK = "quokka-"  # before everything that somebody of group A has written
OF_GROUPS = ("accounts", "jobs", "prospecting", "scans", "compliance")
every_model = pytest.mark.parametrize("model", sorted(admin.site._registry, key=label_of), ids=label_of)


@pytest.fixture(autouse=True)
def unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages that no worker of this test would read."""
    monkeypatch.setattr(wires, "send", lambda *_: True)


def world(make: Callable[[AccountGroup], Any]) -> SimpleNamespace:
    """What `make` makes in group A, marked; a browser of A's administrator; and those who have no business there.

    The stranger may do everything in group B.
    """
    asks = factories.staff("robot")  # the first user: whoever asked for something, in A and in B
    ours = factories.group("A")
    owner = factories.staff("Ann", ours, role=Role.ADMINISTRATOR)
    row = make(ours)
    mark_everything(MARK)
    User.objects.filter(pk=asks.pk).update(username="robot")
    theirs = factories.group("B")
    stranger = factories.staff("stranger", theirs, role=Role.ADMINISTRATOR)
    stranger.user_permissions.set(Permission.objects.filter(content_type__app_label__in=OF_GROUPS))
    people = {
        "owner": owner, "stranger": stranger, "nobody": factories.staff("nobody"),
        "customer": User.objects.create_user("customer"),
    }  # fmt: skip
    row.refresh_from_db()
    return SimpleNamespace(row=row, ours=ours, theirs=theirs, **{name: browser(of) for name, of in people.items()})


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def cast(db: None, model: type[Model]) -> SimpleNamespace:
    return world(MAKERS[name_of(model)])


def name_of(model: type[Model]) -> str:
    return label_of(model).replace(".", "_")


def text(answer: Any) -> str:
    if not answer.streaming:
        return str(answer.content, errors="replace")
    content = answer.getvalue()
    for close in answer._resource_closers:  # the file; the connection to the database goes on
        close()
    return str(content, errors="replace")


def everything() -> dict[str, Any]:
    """{table: what is in it}; sessions hold messages."""
    names = [name for name in connection.introspection.table_names() if name != "django_session"]
    asked = " UNION ALL ".join(f"SELECT '{n}', count(*), sum(hashtext(t::text)) FROM {n} t" for n in names)
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return {name: found for name, *found in cursor.fetchall()}


def visits(client: Client, path: str, row: Any, sent: list[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    """GET with every question, then POST as somebody would who may."""
    for asked in questions(path, row):
        yield f"GET {asked}", client.get(asked)
    for each in sent:
        yield f"POST {path} {each}", client.post(path, each)


def bulk(path: str, row: Any) -> list[dict[str, Any]]:
    """What a list is sent for its deeds on the row."""
    chosen = {"ids": str(row.pk), "select_across": "1", "_selected_action": row.pk, "confirmed": "1"}
    return [{"action": each, **chosen} for each in pages_of(row).actions or ()] if path == list_of(row) else []


def refusals(path: str, row: Any) -> tuple[int, ...]:
    """403; 405 before anything is asked about, where nobody may GET; where a plain redirect leads there, 302."""
    return (302,) if path == f"{list_of(row)}{quote(row.pk)}/" else (403, 404, 405)


def test_every_address_is_of_a_model_or_in_the_table() -> None:
    assert {route for route, model in routes().items() if model is None} == set(OF_NONE)
    assert {label_of(model).replace(".", "_") for model in admin.site._registry} == set(MAKERS)


@every_model
def test_a_stranger_learns_and_changes_nothing_of_what_the_owner_sees(
    cast: SimpleNamespace, model: type[Model]
) -> None:
    row, every = cast.row, paths(model, cast.row)
    owner = cast.owner if TABLE[label_of(model)][0] else browser(factories.staff("root", superuser=True))
    shown = {path: owner.get(path) for path in every}
    assert sum(MARK in text(answer) for answer in shown.values()) >= 2, "otherwise nothing below could fail"
    before = everything()
    for path in every:
        names_it = str(row.pk) in path
        for visit, answer in visits(cast.stranger, path, row, [body(shown[path]), *bulk(path, row)]):
            seen = text(answer)
            assert MARK not in seen, visit
            assert not path.endswith("/live/") or str(row.pk) not in seen, visit
            assert answer.status_code in ((302, 403, 404, 405) if names_it else (200, 286, 302, 400, 403)), visit
    assert everything() == before


@every_model
def test_what_a_stranger_has_reaches_for_nothing_of_others(cast: SimpleNamespace, model: type[Model]) -> None:
    """Their own pages, asked and sent with the ids of group A."""
    row, own = cast.row, MAKERS[name_of(model)](cast.theirs)
    for path, others in zip(paths(model, own), paths(model, row), strict=True):
        reaching = path + questions(others, row)[-1].removeprefix(others)
        shown = cast.owner.get(others)
        answers = [shown, cast.stranger.get(reaching), cast.stranger.post(path, body(shown))]
        answers.append(cast.stranger.get(path))
        assert [MARK in text(answer) for answer in answers][1:] == [False] * 3, path


@every_model
def test_whoever_is_no_staff_is_sent_to_the_login(cast: SimpleNamespace, model: type[Model]) -> None:
    for path in paths(model, cast.row):
        for person in (Client(), cast.customer):
            for answer in (person.get(path), person.post(path, {"confirmed": "1", "post": "yes"})):
                assert (answer.status_code, answer.url.partition("?")[0]) == (302, "/admin/login/"), path


@every_model
def test_staff_without_the_permission_are_refused(cast: SimpleNamespace, model: type[Model]) -> None:
    """Who is a member of no group, and of group A those whose role does not look at such rows."""
    row = cast.row
    blind = [role for role, may in zip(Role, TABLE[label_of(model)], strict=True) if not may]
    members = [browser(factories.staff(f"blind {role}", cast.ours, role=role)) for role in blind[:1]]
    before = everything()
    for path in paths(model, row):
        for person in (cast.nobody, *members):
            for answer in (person.get(path), person.post(path, {"confirmed": "1", "post": "yes"})):
                assert answer.status_code in refusals(path, row), path
                assert MARK not in text(answer), path
    assert everything() == before


def test_the_other_addresses_tell_a_stranger_nothing() -> None:
    rows: list[Any] = []
    cast = world(lambda ours: (rows.extend(make(ours) for make in MAKERS.values()), rows[0])[1])
    before = everything()
    for path in sorted(OF_NONE.values(), key=lambda path: "logout" in path):  # that one last
        for row in rows if "{id}" in path else rows[:1]:
            asked = path.format(type=ContentType.objects.get_for_model(row).pk, id=row.pk)
            for answer in (cast.stranger.get(asked), cast.stranger.post(asked)):
                assert MARK not in text(answer), asked
    assert everything() == before


def test_choices_that_are_looked_for_are_ones_own() -> None:
    """Every relation of every model, asked as the widget that completes it asks."""
    rows: list[Any] = []
    cast = world(lambda ours: (rows.extend(make(ours) for make in MAKERS.values()), rows[0])[1])
    for model in admin.site._registry:
        relations = [field.name for field in model._meta.get_fields() if field.concrete and field.remote_field]
        for name in relations:
            asked = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": name}
            for term in ("", MARK):
                assert MARK not in text(cast.stranger.get("/admin/autocomplete/", {**asked, "term": term})), asked

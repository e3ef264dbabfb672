"""Every route of v1 and everybody who may call it, read from the table of routes itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.actions import issue_key, revoke_key
from accounts.enums import Permission
from accounts.models import ApiKey
from tests.contract import openapi
from tests.contract.calls import Call, send, without_ids
from tests.contract.routes import routes
from tests.contract.standing import standing
from tests.contract.v1_calls import CALLS, Owner
from tests.scans.factories import ACTOR
from web.identifiers import new_object_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sandbox_provider")]
ROUTES = dict(routes("v1/"))
SCOPED = [route for route in sorted(CALLS) if ROUTES[route].scoped]
MALFORMED = ("nonsense", "1", "0" * 23, "0" * 25, "A" * 24, "%00", "%ff", "[]")
every_route = pytest.mark.parametrize("route", sorted(CALLS))
every_scoped_route = pytest.mark.parametrize("route", SCOPED)


def test_every_route_is_covered_here() -> None:
    assert set(ROUTES) == set(CALLS)


def ask(route: str, call: Call, key: str | None) -> Any:
    """The answer, held against the document."""
    answer = send(route.split()[0], call, key)
    openapi.check_django(route.split()[0], call.path.partition("?")[0], answer)
    return answer


def in_group(call: Call, owner: Owner, group: str) -> Call:
    return replace(call, path=call.path.replace(owner.group.pk, group))


@every_route
def test_the_owner_succeeds_where_a_stranger_who_may_do_everything_learns_and_changes_nothing(route: str) -> None:
    owner, stranger = Owner(), Owner()
    call = CALLS[route](owner)
    before = standing(owner.group)
    theirs = in_group(call, owner, stranger.group.pk)
    answer = ask(route, theirs, stranger.key())
    if call.named:
        unknown = ask(route, theirs.with_unknown_ids(), stranger.key())
        by_path = any(named in call.path for named in call.named)
        wanted = (404, "NOT_FOUND") if by_path else (400, "VALIDATION_ERROR")
        assert (answer.status_code, answer.json()["error"]["code"]) == wanted
        assert without_ids(answer) == without_ids(unknown)
    assert [shown for shown in call.shown if shown in answer.content.decode()] == []
    assert standing(owner.group) == before
    answer = ask(route, call, owner.key())
    assert 200 <= answer.status_code < 300, answer.content
    assert [shown for shown in call.shown if shown not in answer.content.decode()] == []


@every_scoped_route
def test_a_foreign_account_group_is_refused_like_one_that_does_not_exist(route: str) -> None:
    owner, stranger = Owner(), Owner()
    call = CALLS[route](owner)
    before = standing(owner.group)
    foreign = ask(route, call, stranger.key())
    unknown = ask(route, in_group(call, owner, new_object_id()), stranger.key())
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert without_ids(foreign) == without_ids(unknown)
    assert standing(owner.group) == before


@every_scoped_route
def test_whoever_lacks_the_permission_is_refused(route: str) -> None:
    owner, declared = Owner(), ROUTES[route].permissions
    call = CALLS[route](owner)
    others = [word for word in Permission.values if word != declared[route.split()[0]]]
    key = owner.key(others)
    before = standing(owner.group)
    answer = ask(route, call, key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert standing(owner.group) == before


@every_route
def test_whoever_has_no_living_key_gets_one_and_the_same_answer(route: str) -> None:
    owner = Owner()
    call = CALLS[route](owner)
    keys = [None, _revoked(owner), _expired(owner), "sk_live_x", "x" * 5000]
    before = standing(owner.group)
    answers = [ask(route, call, key) for key in keys]
    assert {answer.status_code for answer in answers} == {401}
    assert len({json.dumps(answer.json()["error"]) for answer in answers}) == 1
    assert answers[0].json()["error"]["code"] == "UNAUTHORIZED"
    assert standing(owner.group) == before


@every_scoped_route
def test_a_malformed_id_in_the_path_is_told_by_its_name(route: str) -> None:
    owner = Owner()
    call, key = CALLS[route](owner), owner.key()
    for named in (owner.group.pk, *call.named):
        for malformed in MALFORMED if route.startswith("GET") else MALFORMED[:1]:
            if named in call.path:
                answer = ask(route, replace(call, path=call.path.replace(named, malformed)), key)
                error = answer.json()["error"]
                assert (answer.status_code, error["code"]) == (400, "VALIDATION_ERROR"), malformed
                assert [fault["message"] for fault in error["details"]] == ["must be 24 lower-case hexadecimal digits"]


def _revoked(owner: Owner) -> str:
    key, text = issue_key(groups=[owner.group], permissions=Permission.values, name="revoked", actor=ACTOR)
    revoke_key(key=key, actor=ACTOR)
    return text


def _expired(owner: Owner) -> str:
    key, text = issue_key(groups=[owner.group], permissions=Permission.values, name="expired", actor=ACTOR)
    now = timezone.now()
    ApiKey.objects.filter(pk=key.pk).update(created_at=now - timedelta(days=2), expires_at=now - timedelta(days=1))
    return text

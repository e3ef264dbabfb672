"""Cursors of lists that are no querysets, and of querysets in another order: signed and bound like all others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.models import User
from web.errors import ValidationFailed
from web.pagination import limit_of, paginate, position_of, sealed

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
POSITION = [3, "é", None]


def ask(path: str = "/api/things", group: str | None = "g1", **query: Any) -> Request:
    request = Request(APIRequestFactory().get(path, query))
    if group is not None:
        request.group = SimpleNamespace(pk=group)
    return request


def test_a_position_comes_back_as_it_was_sealed() -> None:
    cursor = sealed(ask(status="open"), POSITION)
    assert position_of(ask(status="open", cursor=cursor, limit=3)) == POSITION
    assert position_of(ask(status="open")) is None


def test_a_request_without_a_group_has_cursors_of_its_own() -> None:
    cursor = sealed(ask(group=None), POSITION)
    assert position_of(ask(group=None, cursor=cursor)) == POSITION
    with pytest.raises(ValidationFailed):
        position_of(ask(cursor=cursor))


@pytest.mark.parametrize(
    "elsewhere", [{"path": "/api/others"}, {"group": "g2"}, {"status": "closed"}, {"status": ["open", "closed"]}]
)
def test_a_sealed_position_is_bound_to_route_group_and_filters(elsewhere: dict[str, Any]) -> None:
    same: dict[str, Any] = {"status": "open"}
    cursor = sealed(ask(**same), POSITION)
    with pytest.raises(ValidationFailed) as refused:
        position_of(ask(cursor=cursor, **same | elsewhere))
    assert refused.value.details
    assert refused.value.details[0].path == "cursor"
    assert "start again without it" in refused.value.details[0].message


def test_the_order_of_filters_binds_nothing() -> None:
    cursor = sealed(ask(a="1", b="2"), POSITION)
    assert position_of(ask(b="2", a="1", cursor=cursor)) == POSITION


@pytest.mark.parametrize("cursor", ["", "x", ".", "W10.AAAA", "\0"])
def test_text_that_nobody_sealed_is_400(cursor: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        position_of(ask(cursor=cursor))
    assert refused.value.details
    assert refused.value.details[0].path == "cursor"


def test_a_limit_that_is_refused_says_what_is_allowed() -> None:
    assert limit_of(ask()) == 25
    with pytest.raises(ValidationFailed) as refused:
        limit_of(ask(limit="101"))
    assert refused.value.details
    assert refused.value.details[0].message == "must be a whole number from 1 to 100"


@pytest.mark.django_db
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_list_may_be_in_the_order_of_another_time_and_its_ids_be_numbers(limit: int) -> None:
    users = [User(pk=number, username=str(number), date_joined=NOON) for number in range(8, 13)]
    users += [User(pk=99, username="99", date_joined=NOON - timedelta(days=1))]
    users += [User(pk=1, username="1", date_joined=NOON + timedelta(days=1))]
    User.objects.bulk_create(users)
    seen, cursor, more = [], {}, True
    while more:
        page = paginate(ask(limit=limit, **cursor), User.objects.all(), time="date_joined")
        seen += [row.pk for row in page.items]
        cursor, more = {"cursor": page.next_cursor}, page.has_more
    assert seen == [1, 12, 11, 10, 9, 8, 99]

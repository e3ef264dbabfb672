"""Keyset lists: every old row exactly once, whatever happens meanwhile, and no cursor but ours."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.models import AccountGroup
from web.errors import ValidationFailed
from web.pagination import paginate

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def ask(path: str = "/api/things", group: str = "g1", **query: Any) -> Request:
    request = Request(APIRequestFactory().get(path, query))
    request.group = SimpleNamespace(pk=group)
    return request


def page(path: str = "/api/things", group: str = "g1", **query: Any) -> Any:
    return paginate(ask(path, group, **query), AccountGroup.objects.all())


def plant(*moments: datetime) -> list[str]:
    rows = AccountGroup.objects.bulk_create(AccountGroup(name="x", created_at=moment) for moment in moments)
    return [row.pk for row in sorted(rows, key=lambda row: (row.created_at, row.pk), reverse=True)]


def walk(limit: int, **query: Any) -> list[str]:
    seen, cursor = [], None
    while True:
        found = page(limit=limit, **query, **({"cursor": cursor} if cursor else {}))
        seen += [row.pk for row in found.items]
        assert len(found.items) == limit or not found.has_more
        if (cursor := found.next_cursor) is None:
            return seen


def test_rows_come_newest_first_and_ties_by_id() -> None:
    planted = plant(NOON, NOON, NOON + timedelta(microseconds=1), NOON - timedelta(days=1))
    assert walk(100) == planted


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_all_pages_together_are_all_rows(limit: int) -> None:
    planted = plant(*(NOON + timedelta(microseconds=n // 3) for n in range(14)))
    assert walk(limit) == planted


def test_more_than_a_thousand_rows_of_one_instant_are_walked_once() -> None:
    planted = plant(*[NOON] * 1205)
    assert walk(100) == planted


def test_rows_a_microsecond_apart_are_told_apart() -> None:
    planted = plant(*(NOON.replace(microsecond=n) for n in (1, 999, 1000, 1001)))
    assert walk(1) == planted


def test_old_rows_are_seen_once_while_new_ones_arrive() -> None:
    planted = plant(*(NOON - timedelta(seconds=n // 2) for n in range(20)))
    seen, cursor = [], None
    while True:
        found = page(limit=3, **({"cursor": cursor} if cursor else {}))
        seen += [row.pk for row in found.items]
        plant(NOON + timedelta(seconds=len(seen)), NOON - timedelta(seconds=2), NOON)
        if (cursor := found.next_cursor) is None:
            break
    assert sorted(set(seen) & set(planted)) == sorted(planted)
    assert len(seen) == len(set(seen))


def test_the_last_page_has_no_cursor() -> None:
    plant(NOON, NOON)
    assert page(limit=2).next_cursor is None
    assert page(limit=1).next_cursor is not None
    assert page(limit=1).has_more is True


def test_an_empty_list_has_no_cursor() -> None:
    assert (page().items, page().next_cursor, page().has_more) == ([], None, False)


def test_the_default_is_25_rows() -> None:
    plant(*[NOON] * 26)
    assert len(page().items) == 25


@pytest.mark.parametrize("limit", ["1", "100", "007"])
def test_a_limit_from_1_to_100_is_taken(limit: str) -> None:
    plant(*[NOON] * 101)
    assert len(page(limit=limit).items) == int(limit)


@pytest.mark.parametrize("limit", ["0", "101", "-1", "", "ten", "1.0", "1e2", " 1", "+1", "٣", "1000000000000"])
def test_any_other_limit_is_400(limit: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        page(limit=limit)
    assert refused.value.details
    assert refused.value.details[0].path == "limit"


def a_cursor(**query: Any) -> str:
    plant(NOON, NOON)
    return str(page(limit=1, **query).next_cursor)


def test_a_cursor_goes_on_with_another_limit() -> None:
    assert len(page(cursor=a_cursor(), limit=50).items) == 1


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"path": "/api/others"},
        {"group": "g2"},
        {"status": "failed"},
        {"status": ["running", "failed"]},
        {"colour": "red"},
    ],
)
def test_a_cursor_is_bound_to_route_group_and_filters(elsewhere: dict[str, Any]) -> None:
    same: dict[str, Any] = {"status": "running"}
    cursor = a_cursor(**same)
    assert page(cursor=cursor, **same).items
    with pytest.raises(ValidationFailed):
        page(cursor=cursor, **same | elsewhere)


@pytest.mark.parametrize("cursor", ["", "x", ".", "a.b", "null", "\0", "é" * 50, "9" * 5000, "WyJ4Il0.AAAA"])
def test_text_that_is_no_cursor_is_400(cursor: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        page(cursor=cursor)
    assert refused.value.details
    assert refused.value.details[0].path == "cursor"


@given(st.text(max_size=80))
def test_no_text_is_a_cursor_by_chance(cursor: str) -> None:
    with pytest.raises(ValidationFailed):
        paginate(ask(cursor=cursor), AccountGroup.objects.none())


def test_a_changed_character_anywhere_in_a_cursor_is_400() -> None:
    cursor = a_cursor()
    for place in range(len(cursor)):
        changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        with pytest.raises(ValidationFailed):
            page(cursor=changed)


def test_a_position_nobody_signed_is_400() -> None:
    position = json.dumps([NOON.isoformat(), "f" * 24]).encode()
    unsigned = base64.urlsafe_b64encode(position).decode().rstrip("=")
    for cursor in (unsigned, f"{unsigned}.", signing.Signer(salt="another", sep=".").sign(unsigned)):
        with pytest.raises(ValidationFailed):
            page(cursor=cursor)


@pytest.mark.parametrize("position", [[], ["x", "y"], [NOON.isoformat()], {"a": 1}, None, [1, 2]])
def test_a_position_of_another_shape_is_400_even_when_signed(position: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cursor = signing.Signer(salt="s", sep=".").sign_object(position)
    monkeypatch.setattr("web.pagination._salt", lambda request: "s")
    with pytest.raises(ValidationFailed):
        page(cursor=cursor)


def test_a_page_is_one_query_that_can_use_an_index() -> None:
    cursor = a_cursor()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page(cursor=cursor)
    (query,) = queries.captured_queries
    assert '"created_at" <= ' in query["sql"]
    assert "OFFSET" not in query["sql"]


def test_a_page_is_written_in_either_dialect() -> None:
    plant(NOON)
    found = page()
    assert found.v1([1]) == {"items": [1], "nextCursor": None, "hasMore": False}
    assert found.compliance("scans", [1]) == {"scans": [1], "next_cursor": None, "has_more": False}

"""Queries written once (web.compiled): they give what the query itself gives, for every value and in every thread."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext

from accounts import row_security
from accounts.models import AccountGroup, ApiKey, Grant
from tests.accounts.conftest import Issue
from web.compiled import Compiled

Asked = Callable[..., Any]


def _of_key(digest: Any) -> Any:
    return Grant.objects.select_related("key", "group").filter(key__hash=digest)


def test_it_gives_the_rows_of_its_query_for_each_value_and_is_written_once(
    group: AccountGroup, neighbour: AccountGroup, issue: Issue, django_assert_num_queries: Asked
) -> None:
    written = []

    def query(digest: Any) -> Any:
        written.append(digest)
        return _of_key(digest)

    compiled = Compiled[Grant](query)
    for each in (group, neighbour):
        key, _ = issue(each)
        with django_assert_num_queries(1):
            (found,) = compiled.rows(digest=key.hash)
            assert (found.key, found.group) == (key, each)
        assert found == _of_key(key.hash).get()
    assert compiled.rows(digest="nobody's") == []
    assert len(written) == 1


def test_values_lists_and_what_is_deferred_stay_what_they_are(group: AccountGroup, issue: Issue) -> None:
    key, _ = issue(group)
    names = Compiled[str](lambda pk: ApiKey.objects.filter(pk=pk).values_list("name", flat=True))
    assert names.rows(pk=key.pk) == [key.name]
    (found,) = Compiled[ApiKey](lambda pk: ApiKey.objects.filter(pk=pk).defer("name")).rows(pk=key.pk)
    assert found.get_deferred_fields() == {"name"}


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_on_its_own_connection(group: AccountGroup) -> None:
    acting = Compiled[AccountGroup](lambda pk: AccountGroup.objects.filter(pk=pk))
    assert acting.rows(pk=group.pk) == [group]
    seen: list[Any] = []

    def ask() -> None:
        seen.extend([acting.rows(pk=group.pk), connection.connection])
        close_old_connections()

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    rows, of_thread = seen
    assert rows == [group]
    assert of_thread is not None
    assert of_thread is not connection.connection


def kept() -> list[tuple[str, int]]:
    """Statements that the connection keeps, and how often each was run by a plan made before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement, generic_plans FROM pg_prepared_statements ORDER BY prepare_time")
        return list(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_what_is_asked_again_and_again_is_planned_once(
    group: AccountGroup, neighbour: AccountGroup, issue: Issue
) -> None:
    key, other = issue(group)[0], issue(neighbour)[0]
    mine = Compiled[ApiKey](lambda pk: ApiKey.objects.filter(pk=pk))
    connection.close()
    connection.ensure_connection()
    connection.connection.execute("DEALLOCATE ALL")
    for _ in range(20):
        assert mine.rows(pk=key.pk) == [key]
    ((statement, planned_before),) = kept()
    assert "accounts_apikey" in statement
    with CaptureQueriesContext(connection) as asked:
        mine.rows(pk=key.pk)
    assert "accounts_apikey" in asked[0]["sql"]
    assert planned_before > 5
    for here, there in ((group, other), (neighbour, key)):  # kept for a request's role, not for its account group
        row_security.enter(here.pk)
        assert mine.rows(pk=there.pk) == []
        row_security.leave()
        assert mine.rows(pk=there.pk) == [there]


@pytest.mark.django_db
def test_a_value_that_the_query_does_not_use_is_a_fault_of_ours() -> None:
    with pytest.raises(TypeError, match="does not use all of pk, group"):
        Compiled[ApiKey](lambda pk, group: ApiKey.objects.filter(pk=pk)).rows(pk="a", group="b")

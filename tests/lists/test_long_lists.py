"""A list longer than it counts stands in its own order; pages far back hold what they should."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.lists import CappedPaginator
from accounts.models import AuditEntry
from accounts.staff import GroupAdmin, RecentFilter
from tests.compliance import factories

pytestmark = pytest.mark.django_db
POLICIES = "/admin/compliance/policy/"


@pytest.fixture
def administrator(client: Client) -> Client:
    client.force_login(factories.staff("root", superuser=True))
    group = factories.group()
    for name in ("C", "A", "E", "B", "D"):
        factories.policy(group, name=name)
    return client


def names(client: Any, query: str = "") -> list[str]:
    listed = client.get(f"{POLICIES}?{query}").context_data["cl"]
    return [policy.name for policy in listed.result_list]


def test_a_list_that_is_counted_is_sorted_by_its_columns(administrator: Client) -> None:
    assert names(administrator) == ["A", "B", "C", "D", "E"]
    assert names(administrator, "o=-0") == ["E", "D", "C", "B", "A"]
    assert "sortable" in administrator.get(POLICIES).content.decode()


def test_a_list_longer_than_that_is_not(administrator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CappedPaginator, "most", 3)
    assert names(administrator, "o=-0") == ["A", "B", "C", "D", "E"]
    assert "sortable" not in administrator.get(f"{POLICIES}?o=-0").content.decode()


@pytest.mark.parametrize(("query", "found"), [("p=2", ["C", "D"]), ("p=3", ["E"]), ("p=2&o=-0", ["C", "B"])])
def test_each_page_holds_its_rows_in_order(
    administrator: Client, monkeypatch: pytest.MonkeyPatch, query: str, found: list[str]
) -> None:
    monkeypatch.setattr(GroupAdmin, "list_per_page", 2)
    assert names(administrator, query) == found


def test_a_page_that_is_none_goes_back_to_the_list(administrator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GroupAdmin, "list_per_page", 2)
    assert administrator.get(f"{POLICIES}?p=99").status_code == 302


def test_a_filter_offers_what_the_newest_rows_hold_and_what_is_chosen(
    administrator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RecentFilter, "newest", 1)
    newest = AuditEntry.objects.latest("pk").action
    content = administrator.get("/admin/accounts/auditentry/?action=gone.long_ago").content.decode()
    assert f"?action={newest}" in content
    assert "?action=gone.long_ago" in content

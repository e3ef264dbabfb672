"""What accounts says on the home, and how cards count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions, credits, waits
from accounts.enums import Role
from accounts.models import AccountGroup, ApiKey
from accounts.requester import Requester
from tests.accounts.conftest import ALICE, Issue
from tests.compliance import factories
from tests.homes import cards, home_of, listed

pytestmark = pytest.mark.django_db


def browser(of: AccountGroup, role: Role) -> Client:
    client = Client()
    client.force_login(factories.staff(role, of, role=role))
    return client


def test_groups_that_run_out_of_credits_need_attention(group: AccountGroup, neighbour: AccountGroup) -> None:
    for of, amount in ((group, credits.LOW - 1), (neighbour, 5), (factories.group("Rich"), credits.LOW)):
        credits.grant(of, amount, Requester.command("tests", of))
    for role in (Role.ADMINISTRATOR, Role.PROSPECTING_OPERATOR):
        client = browser(group, role)
        assert [row.group for row in listed(client, cards(client)["account group is low on credits"])] == [group]
    assert not cards(browser(group, Role.COMPLIANCE_ANALYST))


def test_keys_that_expire_within_14_days_need_attention(
    group: AccountGroup, neighbour: AccountGroup, issue: Issue
) -> None:
    now = timezone.now()
    soon, _ = issue(name="soon", expires_at=now + timedelta(days=13))
    issue(name="later", expires_at=now + timedelta(days=15))
    issue(name="never")
    issue(neighbour, name="foreign", expires_at=now + timedelta(days=1))
    actions.revoke_key(key=issue(name="revoked", expires_at=now + timedelta(days=1))[0], actor=ALICE)
    client = browser(group, Role.AUDITOR)
    assert listed(client, cards(client)["API key expires"]) == [soon]
    assert not cards(browser(group, Role.PROSPECTING_OPERATOR))


def test_counting_stops_where_more_says_nothing_more(
    group: AccountGroup, issue: Issue, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    for _ in range(4):
        issue()
    few = waits.Wait(ApiKey.objects.filter(name="no such"), "key", "keys", "warn")
    many = waits.Wait(ApiKey.objects.all(), "key", "keys", "warn")
    monkeypatch.setattr(waits, "MOST", 2)
    with django_assert_num_queries(1):
        found = list(waits.cards_of([few, many]))
    assert [(card.count, card.more, card.what) for card in found] == [(0, False, "keys"), (2, True, "keys")]


def test_with_nothing_to_count_nothing_is_asked(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert list(waits.cards_of([])) == []


def test_who_is_in_no_group_finds_an_empty_home(db: None) -> None:
    client = Client()
    client.force_login(factories.staff("nobody"))
    assert (home_of(client).cards, home_of(client).tools) == ([], [])

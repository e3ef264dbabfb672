"""Staff pages of credits: read by those who may, granted by administrators, changed by nobody."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission as ModelPermission
from django.db import transaction
from django.test import Client

from accounts import credits
from accounts.enums import Role
from accounts.models import AccountGroup, AuditEntry, CreditEntry, Membership, User
from accounts.requester import Requester
from tests.accounts.test_admin import url

pytestmark = pytest.mark.django_db


def staff(group: AccountGroup, role: str = Role.ADMINISTRATOR) -> Client:
    user = User.objects.create(username="alice", is_staff=True)
    user.user_permissions.set(ModelPermission.objects.filter(content_type__app_label="accounts"))
    Membership.objects.create(user=user, group=group, role=role)
    client = Client()
    client.force_login(user)
    return client


def test_an_administrator_grants_credits_and_the_audit_log_tells(group: AccountGroup) -> None:
    client = staff(group)
    answer = client.post(url("creditentry", "add"), {"group": group.pk, "amount": "100", "note": "June"}, follow=True)
    assert "Acme got 100 credits and may spend 100 now." in answer.content.decode()
    entry = CreditEntry.objects.get()
    assert (entry.by, entry.note, entry.available) == ("user:alice", "June", 100)
    assert AuditEntry.objects.get(action="credits.granted").actor == "user:alice"
    shown = client.get(url("creditaccount", "changelist")).content.decode()
    assert "Acme" in shown


@pytest.mark.parametrize("amount", ["0", "-1", "many", ""])
def test_an_amount_that_is_no_gift_is_refused_on_the_form(group: AccountGroup, amount: str) -> None:
    answer = staff(group).post(url("creditentry", "add"), {"group": group.pk, "amount": amount})
    assert "errorlist" in answer.content.decode()
    assert not CreditEntry.objects.exists()


@pytest.mark.parametrize("role", [Role.PROSPECTING_OPERATOR, Role.AUDITOR])
def test_who_is_no_administrator_reads_and_does_not_grant(group: AccountGroup, role: Role) -> None:
    client = staff(group, role)
    assert client.get(url("creditentry", "changelist")).status_code == 200
    assert client.get(url("creditentry", "add")).status_code == 403
    assert client.post(url("creditentry", "add"), {"group": group.pk, "amount": "5"}).status_code == 403


def test_nobody_grants_to_a_group_they_do_not_administer(group: AccountGroup, neighbour: AccountGroup) -> None:
    client = staff(group)
    Membership.objects.create(user=User.objects.get(), group=neighbour, role=Role.AUDITOR)
    assert "Neighbour" not in client.get(url("creditentry", "add")).content.decode()
    client.post(url("creditentry", "add"), {"group": neighbour.pk, "amount": "5"})
    assert not CreditEntry.objects.exists()


def test_the_ledger_of_a_foreign_group_is_not_shown_and_no_ledger_can_be_changed(
    group: AccountGroup, neighbour: AccountGroup, django_assert_max_num_queries: Any
) -> None:
    for of in (group, neighbour):
        for number in range(9):
            credits.grant(of, number + 1, Requester.command("tests", of), f"for {of.name}")
    client = staff(group)
    with django_assert_max_num_queries(10):
        shown = client.get(url("creditentry", "changelist")).content.decode()
    assert "for Acme" in shown
    assert "for Neighbour" not in shown
    page = url("creditentry", "change", CreditEntry.objects.for_group(group).first().pk)
    assert client.post(page, {"available": "1000"}).status_code == 403
    assert client.post(page.replace("change", "delete"), {"post": "yes"}).status_code == 403


def test_an_account_tells_its_balance_over_time_and_what_moved_it(group: AccountGroup) -> None:
    by = Requester.command("tests", group)
    credits.grant(group, 50, by, "June")
    with transaction.atomic():
        credits.reserve(group, 20, "prospecting_job", "0" * 24)
        credits.settle(group, "prospecting_job", "0" * 24, 5)
    answer = staff(group).get(url("creditaccount", "change", group.pk))
    content = answer.content.decode()
    for point in (": 50<", ": 30<", ": 45<"):
        assert point in answer.context["balances"], point
    for shown in ("low", "June", "+15", f"{url('creditentry', 'add')}?group={group.pk}"):
        assert shown in content, shown


def test_accounts_with_little_left_are_listed(group: AccountGroup, neighbour: AccountGroup) -> None:
    credits.grant(group, credits.LOW, Requester.command("tests", group))
    credits.grant(neighbour, credits.LOW - 1, Requester.command("tests", neighbour))
    client = staff(group)
    User.objects.update(is_superuser=True)
    rows = client.get(url("creditaccount", "changelist"), {"low": "yes"}).context["cl"].result_list
    assert [row.group for row in rows] == [neighbour]

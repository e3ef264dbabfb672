"""Who may give which role: nobody beyond the groups they administer, and never so that nobody could mend it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.enums import Role
from accounts.models import AccountGroup, AuditEntry, Membership, User
from tests.accounts.test_admin import url
from tests.compliance import factories

pytestmark = pytest.mark.django_db


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def member(name: str, of: AccountGroup, role: Role) -> Membership:
    user = User.objects.filter(username=name).first() or factories.staff(name)
    return Membership.objects.create(user=user, group=of, role=role)


def said(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


@pytest.fixture
def mallory(group: AccountGroup, neighbour: AccountGroup) -> Client:
    """Administers one group; in the other, which Carol administers, she may look at everything."""
    member("carol", neighbour, Role.ADMINISTRATOR)
    member("mallory", neighbour, Role.AUDITOR)
    return browser(member("mallory", group, Role.ADMINISTRATOR).user)


def test_a_role_in_one_group_gives_none_in_another(
    mallory: Client, group: AccountGroup, neighbour: AccountGroup
) -> None:
    bob = member("bob", group, Role.AUDITOR)
    roles = {(each.user.username, each.group.name): each.role for each in Membership.objects.all()}
    for name in ("mallory", "bob", "carol"):
        mallory.post(url("membership", "add"), {"user": name, "group": neighbour.pk, "role": Role.ADMINISTRATOR})
    for each in Membership.objects.filter(group=neighbour):
        answer = mallory.post(url("membership", "change", each.pk), {"role": Role.ADMINISTRATOR})
        assert answer.status_code == 403
        assert mallory.post(url("membership", "delete", each.pk), {"post": "yes"}).status_code == 403
    mallory.post(
        url("membership", "change", bob.pk), {"role": Role.AUDITOR, "group": neighbour.pk, "user": "carol", "id": "1"}
    )
    assert {(each.user.username, each.group.name): each.role for each in Membership.objects.all()} == roles


@pytest.mark.parametrize("role", [Role.COMPLIANCE_ANALYST, Role.PROSPECTING_OPERATOR, Role.AUDITOR])
def test_nobody_raises_their_own_role(group: AccountGroup, role: Role) -> None:
    own = member("bob", group, role)
    bob = browser(own.user)
    answers = [
        bob.post(url("membership", "change", own.pk), {"role": Role.ADMINISTRATOR}),
        bob.post(url("membership", "add"), {"user": "bob", "group": group.pk, "role": Role.ADMINISTRATOR}),
        bob.post(url("user", "change", own.user.pk), {"username": "bob", "is_superuser": "on", "is_staff": "on"}),
        bob.post(url("user", "add"), {"username": "eve", "is_superuser": "on", "usable_password": "false"}),
    ]
    assert {answer.status_code for answer in answers} <= {302, 403}
    own.refresh_from_db()
    assert (own.role, User.objects.filter(is_superuser=True).count(), User.objects.count()) == (role, 0, 1)


@pytest.mark.parametrize("away", ["inactive", "no staff", "no member", "lowered"])
def test_a_session_gives_no_more_than_its_user_may_by_now(group: AccountGroup, away: str) -> None:
    own = member("bob", group, Role.ADMINISTRATOR)
    bob = browser(own.user)
    assert bob.get(url("membership", "add")).status_code == 200
    match away:
        case "inactive":
            User.objects.update(is_active=False)
        case "no staff":
            User.objects.update(is_staff=False)
        case "no member":
            own.delete()
        case _:
            Membership.objects.update(role=Role.AUDITOR)
    wanted = {"user": "bob", "group": group.pk, "role": Role.ADMINISTRATOR}
    assert bob.post(url("membership", "add"), wanted).status_code in (302, 403)
    assert not Membership.objects.filter(role=Role.ADMINISTRATOR, user__is_active=True, user__is_staff=True).exists()


def test_the_last_administrator_stays_unless_a_superuser_says_otherwise(group: AccountGroup) -> None:
    own = member("bob", group, Role.ADMINISTRATOR)
    User.objects.filter(pk=member("gone", group, Role.ADMINISTRATOR).user.pk).update(is_active=False)
    bob, root = browser(own.user), browser(factories.staff("root", superuser=True))
    ways = (("change", {"role": Role.AUDITOR}), ("delete", {"post": "yes"}))
    for page, sent in ways:
        answer = bob.post(url("membership", page, own.pk), sent, follow=True)
        assert "nobody who can log in would be left" in said(answer)
    assert Membership.objects.get(pk=own.pk).role == Role.ADMINISTRATOR
    assert not AuditEntry.objects.filter(object_type="accounts.membership").exists()
    member("ann", group, Role.ADMINISTRATOR)
    bob.post(url("membership", "change", own.pk), ways[0][1])
    assert Membership.objects.get(pk=own.pk).role == Role.AUDITOR
    Membership.objects.filter(user__username="ann").delete()
    root.post(url("membership", "delete", own.pk), {"post": "yes"})
    assert not Membership.objects.filter(pk=own.pk).exists()


def test_a_superuser_stays(client: Client) -> None:
    root = factories.staff("root", superuser=True)
    client.force_login(root)
    joined = f"{root.date_joined:%Y-%m-%d}"
    sent = {"username": "root", "is_active": "on", "is_staff": "on", "date_joined_0": joined, "date_joined_1": "10:00"}
    for page, form in (("change", sent), ("delete", {"post": "yes"})):
        assert "no active superuser would be left" in said(client.post(url("user", page, root.pk), form, follow=True))
    factories.staff("second", superuser=True)
    client.post(url("user", "change", root.pk), sent)
    assert not User.objects.get(pk=root.pk).is_superuser


def test_a_member_is_added_once_and_told_of_the_other_time(group: AccountGroup) -> None:
    ann = browser(member("ann", group, Role.ADMINISTRATOR).user)
    factories.staff("bob")
    wanted = {"user": "bob", "group": group.pk, "role": Role.AUDITOR}
    ann.post(url("membership", "add"), wanted)
    assert "already exists" in ann.post(url("membership", "add"), wanted).content.decode()

"""Staff pages: everybody sees their own groups, keys are shown once, every change is audited."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission as ModelPermission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import keys
from accounts.enums import Role
from accounts.models import AccountGroup, ApiKey, AuditEntry, Membership, User
from tests.accounts.conftest import Issue

pytestmark = pytest.mark.django_db
MODELS = ("accountgroup", "membership", "apikey", "auditentry")


def staff(*groups: AccountGroup, superuser: bool = False) -> Client:
    """Somebody with every model permission of accounts, who is a member of `groups`."""
    user = User.objects.create(username="root" if superuser else "alice", is_staff=True, is_superuser=superuser)
    user.user_permissions.set(ModelPermission.objects.filter(content_type__app_label="accounts"))
    for group in groups:
        Membership.objects.create(user=user, group=group, role=Role.ADMINISTRATOR)
    client = Client()
    client.force_login(user)
    return client


def url(model: str, page: str, *ids: Any) -> str:
    return reverse(f"admin:accounts_{model}_{page}", args=ids)


NEW_KEY = {"name": "Partner", "permissions": ["compliance:read", "signals:read"]}


def test_a_key_is_issued_and_shown_once(group: AccountGroup) -> None:
    client = staff(group)
    response = client.post(url("apikey", "add"), {**NEW_KEY, "groups": [group.pk]})
    (text,) = re.findall(r"sk_live_\w{36}", response.content.decode())
    key = ApiKey.objects.get(hash=keys.digest(text))
    assert key.permissions == NEW_KEY["permissions"]
    assert key.created_by == "user:alice"
    assert "no-store" in response["Cache-Control"]
    for page in (url("apikey", "changelist"), url("apikey", "change", key.pk)):
        shown = client.get(page).content.decode()
        assert key.last4 in shown
        assert text not in shown
        assert key.hash not in shown


def test_permissions_are_checkboxes(group: AccountGroup) -> None:
    page = staff(group).get(url("apikey", "add")).content.decode()
    assert len(re.findall(r'type="checkbox" name="permissions"', page)) == 18


@pytest.mark.parametrize(
    "told",
    [
        {"name": ""},
        {"groups": []},
        {"groups": ["0" * 24]},
        {"permissions": ["everything"]},
        {"expires_at": "2020-01-01 00:00"},
        {"expires_at": "soon"},
        {"rate_limit": "0"},
        {"test": "on"},
    ],
)
def test_a_key_that_cannot_be_is_refused_on_the_form(group: AccountGroup, told: dict[str, Any]) -> None:
    response = staff(group).post(url("apikey", "add"), {**NEW_KEY, "groups": [group.pk], **told})
    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    assert not ApiKey.objects.exists()


def test_staff_cannot_issue_a_key_for_a_group_they_are_not_in(group: AccountGroup, neighbour: AccountGroup) -> None:
    client = staff(group)
    assert neighbour.name not in client.get(url("apikey", "add")).content.decode()
    client.post(url("apikey", "add"), {**NEW_KEY, "groups": [group.pk, neighbour.pk]})
    assert not ApiKey.objects.exists()


def revoke(client: Client, key: ApiKey, **more: str) -> Any:
    return client.post(url("apikey", "changelist"), {"action": "revoke", "_selected_action": [key.pk], **more})


def test_revoking_asks_first(group: AccountGroup, issue: Issue) -> None:
    client, (key, _) = staff(group), issue()
    asked = revoke(client, key)
    key.refresh_from_db()
    assert key.revoked_at is None
    assert key.masked in asked.content.decode()
    revoke(client, key, confirmed="Revoke")
    key.refresh_from_db()
    assert key.revoked_by == "user:alice"
    assert AuditEntry.objects.filter(action="key.revoked", actor="user:alice").count() == 1


def test_a_key_cannot_be_edited_or_deleted(group: AccountGroup, issue: Issue) -> None:
    client, (key, _) = staff(group, superuser=True), issue()
    page = url("apikey", "change", key.pk)
    assert client.post(page, {"hash": "0" * 64, "name": "x", "permissions": []}).status_code == 403
    assert client.post(url("apikey", "delete", key.pk), {"post": "yes"}).status_code == 403
    assert 'name="hash"' not in client.get(page).content.decode()


def test_staff_without_the_permission_neither_issue_nor_revoke(group: AccountGroup, issue: Issue) -> None:
    client, (key, _) = staff(group), issue()
    user = User.objects.get(username="alice")
    user.user_permissions.set(ModelPermission.objects.filter(codename="view_apikey"))
    assert client.get(url("apikey", "changelist")).status_code == 200
    assert client.post(url("apikey", "add"), {**NEW_KEY, "groups": [group.pk]}).status_code == 403
    revoke(client, key, confirmed="Revoke")
    key.refresh_from_db()
    assert key.revoked_at is None
    assert ApiKey.objects.count() == 1


def test_staff_see_their_own_groups_only(group: AccountGroup, neighbour: AccountGroup, issue: Issue) -> None:
    own, _ = issue(group, name="own key")
    foreign, _ = issue(neighbour, name="foreign key")
    shared, _ = issue(group, neighbour, name="shared key")
    bob = User.objects.create(username="bob")
    other = Membership.objects.create(user=bob, group=neighbour, role=Role.AUDITOR)
    client = staff(group)
    for model in MODELS:
        shown = client.get(url(model, "changelist")).content.decode()
        assert neighbour.name not in shown
        assert "foreign key" not in shown
    shown = client.get(url("apikey", "changelist")).content.decode()
    assert "own key" in shown
    assert "shared key" not in shown  # it is a way into a group one is not in
    hidden = [
        ("accountgroup", neighbour.pk),
        ("membership", other.pk),
        ("apikey", foreign.pk),
        ("apikey", shared.pk),
    ]
    for model, pk in hidden:
        assert client.get(url(model, "change", pk)).status_code == 302  # "does not exist", to the index
    revoke(client, foreign, confirmed="Revoke")
    foreign.refresh_from_db()
    assert foreign.revoked_at is None


def test_a_superuser_sees_all(group: AccountGroup, neighbour: AccountGroup, issue: Issue) -> None:
    issue(group, neighbour, name="shared key")
    client = staff(superuser=True)
    for model, text in (
        ("accountgroup", "Neighbour"),
        ("apikey", "shared key"),
        ("auditentry", "group.created"),
    ):
        assert text in client.get(url(model, "changelist")).content.decode()


def test_a_stranger_sees_nothing(group: AccountGroup) -> None:
    for model in (*MODELS, "user"):
        assert Client().get(url(model, "changelist")).status_code == 302


def test_a_group_is_created_by_the_action_and_audited_once() -> None:
    client = staff(superuser=True)
    response = client.post(url("accountgroup", "add"), {"name": "Acme", "plan": "scale"})
    made = AccountGroup.objects.get()
    assert response.status_code == 302
    assert [entry.action for entry in AuditEntry.objects.filter(chain=made.pk)] == ["group.created"]


def test_a_change_is_audited_with_what_moved(group: AccountGroup) -> None:
    staff(group).post(url("accountgroup", "change", group.pk), {"name": "Acme 2", "plan": group.plan})
    entry = AuditEntry.objects.get(action="accountgroup.changed")
    assert (entry.actor, entry.chain) == ("user:alice", group.pk)
    assert (entry.before, entry.after) == ({"name": "Acme"}, {"name": "Acme 2"})


def test_a_group_never_leaves_the_sandbox_and_is_never_deleted(sandbox: AccountGroup) -> None:
    client = staff(sandbox, superuser=True)
    client.post(url("accountgroup", "change", sandbox.pk), {"name": "S", "plan": sandbox.plan, "sandbox": ""})
    sandbox.refresh_from_db()
    assert sandbox.sandbox
    assert client.post(url("accountgroup", "delete", sandbox.pk), {"post": "yes"}).status_code == 403


def test_only_superusers_create_groups_and_touch_users(group: AccountGroup) -> None:
    client = staff(group)
    bob = User.objects.create(username="bob")
    assert client.get(url("accountgroup", "add")).status_code == 403
    assert client.get(url("user", "changelist")).status_code == 403
    assert client.post(url("user", "change", bob.pk), {"is_superuser": "on"}).status_code == 403
    assert client.get(url("user", "add")).status_code == 403


def test_memberships_are_given_within_ones_own_groups_and_audited(group: AccountGroup, neighbour: AccountGroup) -> None:
    bob = User.objects.create(username="bob")
    client = staff(group)
    client.post(url("membership", "add"), {"user": bob.pk, "group": neighbour.pk, "role": Role.AUDITOR})
    assert not bob.memberships.exists()
    client.post(url("membership", "add"), {"user": bob.pk, "group": group.pk, "role": Role.AUDITOR})
    membership = bob.memberships.get()
    client.post(url("membership", "delete", membership.pk), {"post": "yes"})
    assert not bob.memberships.exists()
    done = AuditEntry.objects.filter(chain=group.pk, object_type="accounts.membership").order_by("number")
    assert [entry.action for entry in done] == ["membership.added", "membership.deleted"]


def test_changing_a_user_is_audited_without_the_password() -> None:
    client = staff(superuser=True)
    bob = User.objects.create_user("bob", password="hunter2")
    page = reverse("admin:auth_user_password_change", args=[bob.pk])
    client.post(page, {"password1": "correct-horse-7", "password2": "correct-horse-7", "usable_password": "true"})
    bob.refresh_from_db()
    assert bob.check_password("correct-horse-7")
    entry = AuditEntry.objects.get(action="user.password changed")
    assert "correct-horse-7" not in str(vars(entry))
    assert bob.password not in str(vars(entry))


def test_editing_a_user_is_audited_with_their_rights() -> None:
    client = staff(superuser=True)
    bob = User.objects.create_user("bob")
    right = ModelPermission.objects.get(codename="view_apikey")
    joined = timezone.localtime(bob.date_joined)
    response = client.post(
        url("user", "change", bob.pk),
        {"username": "bob", "is_active": "on", "is_staff": "on", "user_permissions": [right.pk],
         "date_joined_0": f"{joined:%Y-%m-%d}", "date_joined_1": f"{joined:%H:%M:%S}"},
    )  # fmt: skip
    assert response.status_code == 302
    entry = AuditEntry.objects.get(action="user.changed")
    assert entry.after is not None
    assert entry.after["is_staff"] is True
    assert "view_apikey" in str(ModelPermission.objects.get(pk=right.pk).codename)
    assert len(entry.after["user_permissions"]) == 1


def test_audit_entries_are_read_only_even_for_superusers(group: AccountGroup) -> None:
    client = staff(superuser=True)
    entry = AuditEntry.objects.get(action="group.created")
    page = url("auditentry", "change", entry.pk)
    assert client.get(page).status_code == 200
    assert client.post(page, {"actor": "user:mallory"}).status_code == 403
    assert client.post(url("auditentry", "delete", entry.pk), {"post": "yes"}).status_code == 403
    assert client.get(url("auditentry", "add")).status_code == 403


def test_nothing_can_be_deleted_in_bulk(group: AccountGroup) -> None:
    client = staff(group, superuser=True)
    for model in (*MODELS, "user"):
        assert "delete_selected" not in client.get(url(model, "changelist")).content.decode()


@pytest.mark.parametrize("model", [*MODELS, "user"])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    group: AccountGroup, issue: Issue, model: str, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        issue(name=f"key {number}")
        user = User.objects.create(username=f"user{number}")
        Membership.objects.create(user=user, group=group, role=Role.AUDITOR)
    client = staff(group, superuser=True)
    with django_assert_max_num_queries(9):
        assert client.get(url(model, "changelist")).status_code == 200

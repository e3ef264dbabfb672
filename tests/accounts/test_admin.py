"""Staff pages: everybody sees their own groups, keys are shown once, every change is audited."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission as ModelPermission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import audit
from accounts.audit import Actor
from accounts.enums import Role
from accounts.models import AccountGroup, AuditEntry, Membership, User
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


@pytest.mark.parametrize("asked", [{"q": "nobody"}, {"plan__exact": "tester"}, {"members__id__exact": "0"}])
def test_a_list_that_is_narrowed_to_nothing_says_so(group: AccountGroup, asked: dict[str, str]) -> None:
    client = staff(group)
    shown = client.get(url("accountgroup", "changelist"), asked).content.decode()
    assert 'Nothing fits what the list is narrowed to. <a href="?">Show everything</a>' in shown
    assert "You are a member of no account group yet" not in shown


def test_an_empty_list_says_what_fills_it(db: None) -> None:
    shown = staff(superuser=True).get(url("apikey", "changelist")).content.decode()
    assert "No key yet." in shown
    assert "Show everything" not in shown


def test_a_group_tells_its_limits_members_and_keys(group: AccountGroup, neighbour: AccountGroup, issue: Issue) -> None:
    issue(name="own key")
    issue(group, neighbour, name="shared key")
    AccountGroup.objects.filter(pk=group.pk).update(jobs_running=2)
    client = staff(group)
    answer = client.get(url("accountgroup", "change", group.pk))
    content = answer.content.decode()
    for shown in ("own key", "alice", "Administrator", url("apikey", "add")):
        assert shown in content, shown
    assert "shared key" not in content
    limits = next(table.rows for table in answer.context["tables"] if table.title == "Limits that hold")
    assert limits[1] == ("Jobs running at once", "2", "this group")
    listed = client.get(url("accountgroup", "changelist")).context["cl"].result_list[0]
    assert (listed.member_count, listed.live_keys) == (1, 2)
    Membership.objects.update(role=Role.PROSPECTING_OPERATOR)
    titles = {table.title for table in client.get(url("accountgroup", "change", group.pk)).context["tables"]}
    assert titles == {"Limits that hold"}


def test_what_others_count_is_not_shown_in_the_list_of_groups(group: AccountGroup, issue: Issue) -> None:
    client = staff(group)
    shown = {}
    for role in Role:
        Membership.objects.update(role=role)
        User.objects.get(username="alice").user_permissions.clear()
        shown[role] = client.get(url("accountgroup", "changelist")).context["cl"].list_display
    counts = {role: [name for name in ("people", "keys_live", "credits_left") if name in shown[role]] for role in Role}
    assert counts == {
        Role.ADMINISTRATOR: ["people", "keys_live", "credits_left"], Role.COMPLIANCE_ANALYST: [],
        Role.PROSPECTING_OPERATOR: ["credits_left"], Role.AUDITOR: ["people", "keys_live", "credits_left"],
    }  # fmt: skip


def test_members_of_a_group_are_shown_to_those_who_see_them_there(group: AccountGroup, neighbour: AccountGroup) -> None:
    client = staff(group)
    Membership.objects.create(user=User.objects.get(), group=neighbour, role=Role.PROSPECTING_OPERATOR)
    titles = {table.title for table in client.get(url("accountgroup", "change", neighbour.pk)).context["tables"]}
    assert titles == {"Limits that hold"}


def test_a_member_who_cannot_log_in_is_told_of(group: AccountGroup) -> None:
    User.objects.create(username="bob")
    wanted = {"user": "bob", "group": group.pk, "role": Role.AUDITOR}
    answer = staff(group).post(url("membership", "add"), wanted, follow=True)
    assert "must mark bob as active staff" in answer.content.decode()


def test_an_audit_entry_shows_what_changed(group: AccountGroup) -> None:
    client = staff(group)
    client.post(url("accountgroup", "change", group.pk), {"name": "Acme 2", "plan": group.plan})
    entry = AuditEntry.objects.get(action="accountgroup.changed")
    (table,) = client.get(url("auditentry", "change", entry.pk)).context["tables"]
    assert table.rows == [("name", "Acme", "Acme 2")]


def test_the_audit_log_names_who_did_it_and_where(group: AccountGroup, issue: Issue) -> None:
    key, _ = issue(name="nightly import")
    client = staff(group)
    audit.record(actor=Actor(f"key:{key.pk}"), action="upload.received", obj=group, group=group)
    audit.record(actor=Actor("key:gone"), action="upload.received", obj=group, group=group)
    listed = client.get(url("auditentry", "changelist"), {"action": "upload.received"}).content.decode()
    for shown in ("key nightly import", "key:gone", "account group Acme", url("accountgroup", "change", group.pk)):
        assert shown in listed, shown
    assert f"key:{key.pk}" not in listed
    page = client.get(url("auditentry", "change", AuditEntry.objects.filter(actor=f"key:{key.pk}").get().pk))
    assert f"key:{key.pk}" in page.content.decode()


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
    chosen = {"action": "revoke_selected", "ids": foreign.pk, "_selected_action": [foreign.pk], "confirmed": "1"}
    client.post(url("apikey", "changelist"), chosen)
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
    client.post(url("membership", "add"), {"user": "bob", "group": neighbour.pk, "role": Role.AUDITOR})
    assert not bob.memberships.exists()
    client.post(url("membership", "add"), {"user": "bob", "group": group.pk, "role": Role.AUDITOR})
    membership = bob.memberships.get()
    client.post(url("membership", "delete", membership.pk), {"post": "yes"})
    assert not bob.memberships.exists()
    done = AuditEntry.objects.filter(chain=group.pk, object_type="accounts.membership").order_by("number")
    assert [entry.action for entry in done] == ["membership.added", "membership.deleted"]


def test_who_joins_is_named_in_full_and_nobody_else_is_offered(group: AccountGroup) -> None:
    User.objects.create(username="bob")
    client = staff(group)
    assert "bob" not in client.get(url("membership", "add")).content.decode()
    wanted = {"user": "bo", "group": group.pk, "role": Role.AUDITOR}
    assert "Nobody logs in with that name." in client.post(url("membership", "add"), wanted).content.decode()


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
    with django_assert_max_num_queries(10):
        assert client.get(url(model, "changelist")).status_code == 200

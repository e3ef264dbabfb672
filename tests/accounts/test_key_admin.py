"""Staff pages of API keys: shown once, rotated with an overlap, revoked for ever; never edited."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions, keys
from accounts.enums import Role
from accounts.models import AccountGroup, ApiKey, AuditEntry, Membership
from tests.accounts.conftest import ALICE, Issue
from tests.accounts.test_admin import staff, url

pytestmark = pytest.mark.django_db

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
    chosen = {"action": "revoke_selected", "ids": key.pk, "_selected_action": [key.pk]}
    return client.post(url("apikey", "changelist"), {**chosen, **more})


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


def test_an_auditor_neither_issues_nor_rotates_nor_revokes(group: AccountGroup, issue: Issue) -> None:
    client, (key, _) = staff(group), issue()
    Membership.objects.update(role=Role.AUDITOR)
    assert client.get(url("apikey", "changelist")).status_code == 200
    assert "/do/" not in client.get(url("apikey", "change", key.pk)).content.decode()
    assert client.post(url("apikey", "add"), {**NEW_KEY, "groups": [group.pk]}).status_code == 403
    for name in ("rotate", "revoke"):
        assert client.post(url("apikey", "deed", key.pk, name), {"overlap": "24"}).status_code == 403
    revoke(client, key, confirmed="Revoke")
    key.refresh_from_db()
    assert (key.revoked_at, key.expires_at, ApiKey.objects.count()) == (None, None, 1)


def test_a_key_is_rotated_with_an_overlap_and_the_new_one_shown_once(group: AccountGroup, issue: Issue) -> None:
    client, (key, old) = staff(group), issue(name="CRM", permissions=["signals:read"], rate_limit=7)
    page = url("apikey", "deed", key.pk, "rotate")
    assert "The old key goes on" in client.get(page).content.decode()
    before = timezone.now()
    answer = client.post(page, {"overlap": "24"})
    (text,) = re.findall(r"sk_live_\w{36}", answer.content.decode())
    made = ApiKey.objects.get(hash=keys.digest(text))
    assert (made.name, made.permissions, made.rate_limit, list(made.groups.all())) == (
        "CRM", ["signals:read"], 7, [group],
    )  # fmt: skip
    assert "no-store" in answer["Cache-Control"]
    key.refresh_from_db()
    assert before + timedelta(hours=24) <= key.expires_at <= timezone.now() + timedelta(hours=24)
    assert text != old
    for shown in (url("apikey", "change", made.pk), url("apikey", "changelist")):
        assert text not in client.get(shown).content.decode()
    assert client.post(page, {"overlap": "3"}).context["form"].errors["overlap"]
    assert AuditEntry.objects.get(action="key.rotated").actor == "user:alice"


def test_a_key_is_revoked_on_its_page(group: AccountGroup, issue: Issue) -> None:
    client, (key, _) = staff(group), issue()
    page = url("apikey", "deed", key.pk, "revoke")
    assert "for ever" in client.get(page).content.decode()
    client.post(page, {"confirmed": "1"})
    key.refresh_from_db()
    assert key.revoked_by == "user:alice"
    answer = client.post(url("apikey", "deed", key.pk, "rotate"), {"overlap": "0"}, follow=True)
    assert "this is not possible" in answer.content.decode()
    assert ApiKey.objects.count() == 1


def test_the_page_that_shows_a_key_copies_it_without_inline_script(group: AccountGroup) -> None:
    shown = staff(group).post(url("apikey", "add"), {**NEW_KEY, "groups": [group.pk]}).content.decode()
    assert 'data-copy="api-key"' in shown
    assert "scanward/copy.js" in shown
    for forbidden in ("<script>", " onclick=", " style="):
        assert forbidden not in shown


def test_keys_are_listed_by_how_they_stand(group: AccountGroup, issue: Issue) -> None:
    now = timezone.now()
    issue(name="lives")
    issue(name="ends soon", expires_at=now + timedelta(days=13))
    issue(name="ends later", expires_at=now + timedelta(days=15))
    over, _ = issue(name="is over", expires_at=now + timedelta(days=1))
    ApiKey.objects.filter(pk=over.pk).update(created_at=now - timedelta(days=2), expires_at=now - timedelta(days=1))
    actions.revoke_key(key=issue(name="is revoked")[0], actor=ALICE)
    client, found = staff(group), {}
    for state in ("live", "expiring", "expired", "revoked"):
        rows = client.get(url("apikey", "changelist"), {"state": state}).context["cl"].result_list
        found[state] = sorted(key.name for key in rows)
    assert found == {
        "live": ["ends later", "ends soon", "lives"], "expiring": ["ends soon"], "expired": ["is over"],
        "revoked": ["is revoked"],
    }  # fmt: skip


def test_a_key_tells_what_it_may_and_how_often(group: AccountGroup, issue: Issue) -> None:
    key, _ = issue(permissions=["signals:read"], rate_limit_starts=3)
    AccountGroup.objects.filter(pk=group.pk).update(rate_limit=50)
    tables = {table.title: table.rows for table in staff(group).get(url("apikey", "change", key.pk)).context["tables"]}
    assert tables["May"] == [("signals:read", "Read signal scans")]
    assert tables["How often"] == [("Requests", "50", "its account group"), ("Jobs started", "3", "this key")]

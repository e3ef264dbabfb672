"""Groups and keys: made, revoked, rotated; each change with its audit entry."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import actions, audit, keys
from accounts.errors import (
    KeyExpiresInThePast,
    KeyLeavesSandbox,
    KeyNotLive,
    KeyReachesNothing,
    UnknownPermission,
)
from accounts.models import AccountGroup, ApiKey, AuditEntry, Membership, User
from tests.accounts.conftest import ALICE, Issue

HOUR = timedelta(hours=1)


def test_a_group_gets_an_object_id_and_an_audit_entry(group: AccountGroup) -> None:
    entry = AuditEntry.objects.get()
    assert len(group.pk) == 24
    assert (entry.chain, entry.action, entry.actor, entry.object_id) == (
        group.pk, "group.created", "user:alice", group.pk,
    )  # fmt: skip
    assert entry.address == "192.0.2.1"
    assert entry.after is not None
    assert entry.after["name"] == "Acme"


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_a_group_needs_a_name(db: None, name: str) -> None:
    with pytest.raises(ValidationError):
        actions.create_group(name=name, actor=ALICE)
    assert not AuditEntry.objects.exists()


def test_only_the_hash_of_a_key_is_stored(issue: Issue) -> None:
    key, text = issue()
    stored = ApiKey.objects.filter(pk=key.pk).values().get()
    assert stored["hash"] == keys.digest(text)
    assert text not in str(stored)
    assert text[8:38] not in str(stored)
    assert stored["last4"] == text[-4:]


def test_no_audit_entry_holds_a_key_or_its_hash(issue: Issue) -> None:
    key, text = issue()
    actions.rotate_key(key=key, actor=ALICE, overlap=HOUR)
    actions.revoke_key(key=key, actor=ALICE)
    written = str(list(AuditEntry.objects.values()))
    assert text not in written
    assert key.hash not in written


def test_permissions_are_kept_sorted_and_once(issue: Issue) -> None:
    key, _ = issue(permissions=["signals:read", "compliance:read", "signals:read"])
    assert key.permissions == ["compliance:read", "signals:read"]


REFUSED: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"permissions": ["compliance:read", "compliance:admin"]}, UnknownPermission),
    ({"permissions": ["COMPLIANCE:READ"]}, UnknownPermission),
    ({"expires_at": timezone.now() - HOUR}, KeyExpiresInThePast),
    ({"test": True}, KeyLeavesSandbox),
    ({"name": " "}, ValidationError),
    ({"rate_limit": 0}, ValidationError),
    ({"rate_limit_starts": 0}, ValidationError),
]


@pytest.mark.parametrize(("told", "fault"), REFUSED)
def test_a_key_that_cannot_be_is_refused_and_nothing_written(
    issue: Issue, told: dict[str, Any], fault: type[Exception]
) -> None:
    with pytest.raises(fault):
        issue(**told)
    assert not ApiKey.objects.exists()
    assert not AuditEntry.objects.filter(action="key.issued").exists()


def test_a_key_without_groups_is_refused(db: None) -> None:
    with pytest.raises(KeyReachesNothing):
        actions.issue_key(groups=[], permissions=[], name="x", actor=ALICE)


def test_a_test_key_reaches_a_sandbox_but_not_one_real_group_beside_it(
    issue: Issue, sandbox: AccountGroup, group: AccountGroup
) -> None:
    assert issue(sandbox, test=True)[1].startswith("sk_test_")
    with pytest.raises(KeyLeavesSandbox):
        issue(sandbox, group, test=True)


def test_a_key_of_two_groups_is_audited_in_both(issue: Issue, group: AccountGroup, neighbour: AccountGroup) -> None:
    issue(group, neighbour)
    chains = AuditEntry.objects.filter(action="key.issued").values_list("chain", flat=True)
    assert sorted(chains) == sorted([group.pk, neighbour.pk])


def test_a_revoked_key_says_when_and_by_whom(issue: Issue) -> None:
    key, _ = issue()
    actions.revoke_key(key=key, actor=ALICE)
    assert key.revoked_by == "user:alice"
    assert not key.live_at(timezone.now())


def test_revoking_twice_changes_nothing(issue: Issue) -> None:
    key, _ = issue()
    actions.revoke_key(key=key, actor=ALICE)
    first = key.revoked_at
    actions.revoke_key(key=key, actor=audit.Actor("user:mallory"))
    assert (key.revoked_at, key.revoked_by) == (first, "user:alice")
    assert AuditEntry.objects.filter(action="key.revoked").count() == 1


def test_a_rotated_key_has_a_successor_and_lives_on_for_the_overlap(issue: Issue) -> None:
    key, text = issue(permissions=["signals:read"], rate_limit=7, rate_limit_starts=3)
    successor, new_text = actions.rotate_key(key=key, actor=ALICE, overlap=HOUR)
    key.refresh_from_db()
    assert new_text != text
    assert (successor.permissions, successor.rate_limit, successor.rate_limit_starts) == (
        ["signals:read"],
        7,
        3,
    )
    assert set(successor.groups.all()) == set(key.groups.all())
    assert key.live_at(timezone.now() + HOUR - timedelta(minutes=1))
    assert not key.live_at(timezone.now() + HOUR)
    assert successor.expires_at is None


def test_rotation_never_makes_the_old_key_live_longer(issue: Issue) -> None:
    ends = timezone.now() + timedelta(minutes=5)
    key, _ = issue(expires_at=ends)
    actions.rotate_key(key=key, actor=ALICE, overlap=HOUR)
    key.refresh_from_db()
    assert key.expires_at == ends


def test_the_successor_of_an_expiring_key_lives_as_long_as_it_was_given(issue: Issue) -> None:
    key, _ = issue(expires_at=timezone.now() + timedelta(days=30))
    successor, _ = actions.rotate_key(key=key, actor=ALICE, overlap=HOUR)
    assert successor.expires_at is not None
    assert abs(successor.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)


def test_a_dead_key_cannot_be_rotated(issue: Issue) -> None:
    key, _ = issue()
    actions.revoke_key(key=key, actor=ALICE)
    with pytest.raises(KeyNotLive):
        actions.rotate_key(key=key, actor=ALICE, overlap=HOUR)


def test_a_change_without_its_audit_entry_is_undone(group: AccountGroup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.audit.entry_hash", lambda entry: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        actions.issue_key(groups=[group], permissions=[], name="x", actor=ALICE)
    assert not ApiKey.objects.exists()


CONSTRAINTS: list[tuple[str, dict[str, Any]]] = [
    ("an_api_key_is_stored_as_its_hash", {"hash": "plain text"}),
    ("an_api_key_is_live_or_test", {"prefix": "sk_prod_"}),
    ("an_api_key_has_known_permissions", {"permissions": ["everything"]}),
    ("an_api_key_expires_after_it_was_made", {"expires_at": timezone.now() - timedelta(days=1)}),
    ("a_revoked_api_key_says_when_and_by_whom", {"revoked_at": timezone.now()}),
    ("a_revoked_api_key_says_when_and_by_whom", {"revoked_by": "user:alice"}),
    ("an_api_key_says_who_made_it", {"created_by": ""}),
    ("an_api_key_may_ask_once_a_minute", {"rate_limit": 0}),
    ("an_api_key_may_start_once_a_minute", {"rate_limit_starts": 0}),
]


@pytest.mark.parametrize(("constraint", "change"), CONSTRAINTS)
def test_the_database_refuses_a_key_that_makes_no_sense(issue: Issue, constraint: str, change: dict[str, Any]) -> None:
    key, _ = issue()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ApiKey.objects.filter(pk=key.pk).update(**change)


@pytest.mark.parametrize(
    ("constraint", "change"),
    [
        ("an_account_group_has_a_name", {"name": ""}),
        ("an_account_group_has_a_known_plan", {"plan": "gold"}),
        ("an_account_group_may_ask_once_a_minute", {"rate_limit": 0}),
        ("an_account_group_may_run_one_job", {"jobs_running": 0}),
    ],
)
def test_the_database_refuses_a_group_that_makes_no_sense(
    group: AccountGroup, constraint: str, change: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        AccountGroup.objects.filter(pk=group.pk).update(**change)


def test_the_id_of_a_group_is_24_hex_digits_in_the_database_too(db: None) -> None:
    with pytest.raises(IntegrityError, match="an_account_group_id_is_24_hex_digits"):
        AccountGroup.objects.create(id="acme", name="Acme")


def test_a_user_has_one_role_in_a_group(group: AccountGroup) -> None:
    user = User.objects.create_user("bob")
    Membership.objects.create(user=user, group=group, role="auditor")
    with pytest.raises(IntegrityError, match="a_user_has_one_role_in_a_group"):
        Membership.objects.create(user=user, group=group, role="administrator")

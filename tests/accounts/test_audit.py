"""The audit log is only ever added to, and shows when somebody did otherwise."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts import audit
from accounts.audit import Actor
from accounts.models import AccountGroup, AuditEntry, User
from tests.accounts.conftest import ALICE


def note(group: AccountGroup, **fields: Any) -> AuditEntry:
    return audit.record(actor=ALICE, action="group.changed", obj=group, group=group, **fields)


def tamper(statement: str) -> None:
    """What only the owner of the database can do."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_auditentry DISABLE TRIGGER rows_are_never_changed")
        cursor.execute(statement)


@pytest.mark.parametrize("change", [lambda rows: rows.update(actor="user:mallory"), lambda rows: rows.delete()])
def test_an_entry_can_be_neither_changed_nor_deleted(group: AccountGroup, change: Any) -> None:
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        change(AuditEntry.objects.all())
    assert AuditEntry.objects.count() == 1


def test_entries_of_a_chain_are_numbered_and_linked(group: AccountGroup, neighbour: AccountGroup) -> None:
    note(group)
    note(neighbour)
    note(group)
    entries = list(AuditEntry.objects.filter(chain=group.pk).order_by("number"))
    assert [entry.number for entry in entries] == [1, 2, 3]
    assert [entry.previous_hash for entry in entries] == ["", entries[0].hash, entries[1].hash]


def test_an_untouched_chain_verifies(group: AccountGroup) -> None:
    note(group, before={"name": "Ä", "limit": 1.5}, after={"name": None, "when": group.created_at})
    assert audit.verify(group.pk) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts_auditentry SET actor = 'user:mallory' WHERE number = 2",
        "UPDATE accounts_auditentry SET after = '{}' WHERE number = 2",
        "UPDATE accounts_auditentry SET at = at + interval '1 microsecond' WHERE number = 2",
        "DELETE FROM accounts_auditentry WHERE number = 2",
        "UPDATE accounts_auditentry SET object_id = 'x', hash = repeat('a', 64) WHERE number = 2",
    ],
)
def test_tampering_with_an_entry_shows_at_its_number(group: AccountGroup, statement: str) -> None:
    for name in ("b", "c", "d"):
        note(group, after={"name": name})
    tamper(statement)
    assert audit.verify(group.pk) in (2, 3)


def test_a_removed_first_entry_shows(group: AccountGroup) -> None:
    note(group)
    tamper("DELETE FROM accounts_auditentry WHERE number = 1")
    assert audit.verify(group.pk) == 1


@pytest.mark.django_db(transaction=True)
def test_writers_of_one_chain_wait_for_each_other() -> None:
    group = AccountGroup.objects.create(name="Busy")

    def write() -> None:
        for _ in range(5):
            note(group)
        connection.close()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = list(AuditEntry.objects.filter(chain=group.pk).order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, 31))
    assert audit.verify(group.pk) is None


def test_a_snapshot_holds_no_password(db: None) -> None:
    user = User.objects.create_user("bob", password="hunter2")
    assert "password" not in audit.snapshot(user)
    assert user.password not in str(audit.snapshot(user))


def test_changes_are_the_fields_that_moved() -> None:
    assert audit.changes({"a": 1, "b": 2}, {"a": 1, "b": 3}) == ({"b": 2}, {"b": 3})


def test_an_entry_outside_any_group_has_a_chain_of_its_own(group: AccountGroup) -> None:
    user = User.objects.create_user("bob")
    entry = audit.record(actor=Actor("command:x"), action="user.added", obj=user)
    assert (entry.chain, entry.number) == ("", 1)

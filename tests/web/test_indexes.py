"""A migration that makes indexes while their tables are in use may be interrupted, and is run again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DataError, connection
from django.db.migrations.loader import MigrationLoader

BEFORE, NAME = "0002_audit_is_append_only", "0003_indexes_for_long_lists"
FOUND = "SELECT relname, indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relname LIKE 'audit\\_by\\_%'"


@pytest.fixture
def database(fresh_database: str, django_db_blocker: Any) -> Iterator[Any]:
    """A connection of its own to a database of its own."""
    own = connection.copy()
    own.settings_dict["NAME"] = fresh_database
    del own.settings_dict["OPTIONS"]["pool"]
    with django_db_blocker.unblock():
        yield own
        own.close()


def test_what_was_left_by_half_is_made_anew_and_what_was_made_stays(database: Any) -> None:
    def said(sql: str) -> list[tuple[Any, ...]]:
        with database.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []

    kept = said("SELECT 'audit_by_object'::regclass::oid")
    columns = (
        "chain, number, at, actor, address, action, object_type, object_id, object_name, trace_id, previous_hash, hash"
    )
    said(f"INSERT INTO accounts_auditentry ({columns}) VALUES ('', 1, now(), 'a', '', 'x', 'x', 'x', '', '', '', '')")
    said("DROP INDEX audit_by_trace, audit_by_actor")
    with pytest.raises(DataError, match="division by zero"):  # ends as one that is interrupted does
        said("CREATE INDEX CONCURRENTLY audit_by_trace ON accounts_auditentry ((1 / (number - number)))")
    assert ("audit_by_trace", False) in said(FOUND)
    loader = MigrationLoader(None)  # of what is written, not of what is applied
    with database.schema_editor(atomic=False) as editor:
        loader.get_migration("accounts", NAME).apply(loader.project_state(("accounts", BEFORE)), editor)
    names = ("audit_by_object", "audit_by_trace", "audit_by_actor", "audit_by_name")
    assert dict(said(FOUND)) == dict.fromkeys(names, True)
    ((defined,),) = said("SELECT pg_get_indexdef('audit_by_trace'::regclass)")
    assert defined.endswith("(trace_id)")
    assert said("SELECT 'audit_by_object'::regclass::oid") == kept

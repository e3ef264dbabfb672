"""A migration that makes indexes while their tables are in use may be interrupted, and is run again."""

from __future__ import annotations

from urllib.parse import urlsplit

import psycopg
import pytest

from tests.commands import manage

pytestmark = pytest.mark.system
VALID = (
    "SELECT indexrelid::regclass::text, indisvalid FROM pg_index WHERE indexrelid::regclass::text LIKE 'audit\\_by\\_%'"
)


def test_what_was_left_by_half_is_made_anew_and_what_was_made_stays(
    fresh_database: str, system_environment: dict[str, str]
) -> None:
    url = urlsplit(system_environment["DATABASE_URL"])._replace(path=f"/{fresh_database}").geturl()
    with psycopg.connect(url, autocommit=True) as server:
        kept = server.execute("SELECT 'audit_by_object'::regclass::oid").fetchone()
        server.execute("INSERT INTO accounts_auditentry (chain, number, at, actor, address, action, object_type,"
                       " object_id, object_name, trace_id, previous_hash, hash)"
                       " VALUES ('', 1, now(), 'user:a', '', 'x', 'x', 'x', '', '', '', '')")  # fmt: skip
        server.execute("DROP INDEX audit_by_trace, audit_by_actor")
        with pytest.raises(psycopg.errors.DivisionByZero):  # as one that is interrupted
            server.execute("CREATE INDEX CONCURRENTLY audit_by_trace ON accounts_auditentry ((1 / (number - number)))")
        server.execute("DELETE FROM django_migrations WHERE name LIKE '%\\_indexes\\_for\\_long\\_lists'")
        assert ("audit_by_trace", False) in server.execute(VALID).fetchall()
        done = manage({**system_environment, "DATABASE_URL": url}, "migrate")
        assert done.code == 0, done.err
        found = dict(server.execute(VALID).fetchall())
        assert found == dict.fromkeys(("audit_by_object", "audit_by_trace", "audit_by_actor", "audit_by_name"), True)
        (defined,) = server.execute("SELECT pg_get_indexdef('audit_by_trace'::regclass)").fetchone() or ("",)
        assert defined.endswith("(trace_id)")
        assert server.execute("SELECT 'audit_by_object'::regclass::oid").fetchone() == kept

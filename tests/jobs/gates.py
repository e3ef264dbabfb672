"""A gate in the database at which a worker waits in the middle of a scan, for as long as a test wants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection

from tests.until import until

KEY = 4711  # of the advisory lock: whoever comes to the gate asks to share it, a closed gate has it alone
TABLE = "compliance_violation"
HELD = f"""
CREATE OR REPLACE FUNCTION held_at_the_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM {TABLE} WHERE scan_id = (SELECT scan_id FROM written LIMIT 1))
        > (SELECT count(*) FROM written) THEN
        PERFORM pg_advisory_xact_lock_shared({KEY});
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER held_at_the_gate AFTER INSERT ON {TABLE} REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION held_at_the_gate();
"""


class Gate:
    """Closed until `open()`."""

    def __init__(self) -> None:
        at = connection.settings_dict
        login = {"host": at["HOST"], "port": at["PORT"], "user": at["USER"], "password": at["PASSWORD"]}
        self._lock = psycopg.connect(**login, dbname=at["NAME"], autocommit=True)
        self._lock.execute("SELECT pg_advisory_lock(%s)", [KEY])

    def reached(self) -> None:
        """Return once a worker stands before it."""
        waiting = (
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database "
            "WHERE datname = current_database() AND locktype = 'advisory' AND objid = %s AND NOT granted"
        )
        until(lambda: self._lock.execute(waiting, [KEY]).fetchone() == (1,), "a worker at the gate")

    def open(self) -> None:
        self._lock.close()


@contextmanager
def after_the_first_batch() -> Iterator[Gate]:
    """While inside, a worker that has staged one batch of violations waits in the transaction of the next.

    There it holds the scan's row. Leaving opens the gate.
    """
    with connection.cursor() as cursor:
        cursor.execute(HELD)
    gate = Gate()
    try:
        yield gate
    finally:
        gate.open()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER held_at_the_gate ON {TABLE}")


def waiting_for_locks() -> int:
    """How many connections to this database wait for a lock, at the gate or for a row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])

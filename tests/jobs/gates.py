"""A gate in the database at which a worker waits in the middle of a scan, for as long as a test wants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
from django.db import connection

from tests.until import until

KEY = 4711  # of the advisory locks, one for each place: whoever comes there shares it, a closed gate has it alone
PLACES = range(100)
GATE = """
CREATE OR REPLACE FUNCTION held_at_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {condition} THEN
        PERFORM pg_advisory_xact_lock_shared({key}, {place});
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER held_at_{name} AFTER {event} EXECUTE FUNCTION held_at_{name}();
"""
# Where each kind of job writes what it has made, batch by batch: the table, and its column that names the job.
BATCHES = (("compliance_violation", "scan_id"), ("prospecting_jobprospect", "job_id"), ("scans_finding", "scan_id"))


class Gate:
    """Closed until `open()`. Who waits at it is in the middle of a transaction."""

    def __init__(self) -> None:
        at = connection.settings_dict
        login = {"host": at["HOST"], "port": at["PORT"], "user": at["USER"], "password": at["PASSWORD"]}
        self._lock = psycopg.connect(**login, dbname=at["NAME"], autocommit=True)
        self._lock.execute("SELECT pg_advisory_lock(%s, n) FROM generate_series(0, %s) AS n", [KEY, PLACES[-1]])

    def reached(self) -> int:
        """Return once a worker stands before it; at which place."""
        (place,) = until(self.look, "a worker at the gate")
        return place

    def look(self) -> list[int]:
        """The place at which a worker stands, if one does."""
        waiting = (
            "SELECT objid::int FROM pg_locks JOIN pg_database ON pg_database.oid = database WHERE NOT granted "
            "AND datname = current_database() AND locktype = 'advisory' AND classid = %s"
        )
        return [place for (place,) in self._lock.execute(waiting, [KEY])]

    def full(self, places: set[int]) -> bool:
        """Whether somebody stands at each of these places."""
        return set(self.look()) >= places

    def let_through(self, place: int) -> None:
        """The other places stay closed."""
        self._lock.execute("SELECT pg_advisory_unlock(%s, %s)", [KEY, place])

    def open(self) -> None:
        self._lock.close()


@contextmanager
def after_the_first_batch() -> Iterator[Gate]:
    """While inside, a worker that has staged one batch of violations waits while it writes the next.

    There it holds the scan's row. Leaving opens the gate.
    """
    table, of_job = BATCHES[0]
    with _gate(table, _written(table), condition=_not_the_first(table, of_job)) as gate:
        yield gate


@contextmanager
def after_the_first_people() -> Iterator[Gate]:
    """While inside, a worker whose job has brought one batch of prospects waits while it writes the next.

    There it holds the job's row. Leaving opens the gate.
    """
    table, of_job = BATCHES[1]
    with _gate(table, _written(table), condition=_not_the_first(table, of_job)) as gate:
        yield gate


@contextmanager
def amid_each_kind() -> Iterator[Gate]:
    """While inside, one job of each kind waits while it writes its second batch, at the place of its kind in BATCHES;
    all others pass. Leaving opens the gate.

    A prospecting job only once the two others wait: others of its group wait for it, and would take all their slots.
    """
    taken = f"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = {KEY + 1} AND granted"
    gate = Gate()
    with ExitStack() as gates:
        for place, (table, of_job) in enumerate(BATCHES):
            alone = f"pg_try_advisory_xact_lock({KEY + 1}, {place})"
            due = f"{_not_the_first(table, of_job)} AND ({place} <> 1 OR ({taken}) = 2)"
            condition = f"(CASE WHEN {due} THEN {alone} ELSE false END)"
            gates.enter_context(_trigger(table, _written(table), condition, str(place), name=f"gate_{place}"))
        gates.callback(gate.open)  # before the triggers are dropped, which waits for whoever stands there
        yield gate


@contextmanager
def at_each_rule() -> Iterator[Gate]:
    """While inside, a worker waits whenever it reports that more rules have been processed: as many as the place says.

    Leaving opens the gate.
    """
    table = "compliance_compliancescan"
    with _gate(
        table, f"UPDATE OF rules_processed ON {table} FOR EACH ROW",
        condition="NEW.status = 'running' AND NEW.rules_processed > OLD.rules_processed", place="NEW.rules_processed",
    ) as gate:  # fmt: skip
        yield gate


def _written(table: str) -> str:
    return f"INSERT ON {table} REFERENCING NEW TABLE AS written FOR EACH STATEMENT"


def _not_the_first(table: str, of_job: str) -> str:
    """Whether the job has rows beside those just written."""
    rows = f"SELECT count(*) FROM {table} WHERE {of_job} = (SELECT {of_job} FROM written LIMIT 1)"
    return f"({rows}) > (SELECT count(*) FROM written)"


@contextmanager
def _gate(table: str, event: str, condition: str, place: str = "0") -> Iterator[Gate]:
    with _trigger(table, event, condition, place):
        gate = Gate()
        try:
            yield gate
        finally:
            gate.open()


@contextmanager
def _trigger(table: str, event: str, condition: str, place: str, name: str = "the_gate") -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(GATE.format(event=event, condition=condition, key=KEY, place=place, name=name))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER held_at_{name} ON {table}")


def waiting_for_locks() -> int:
    """How many connections to this database wait for a lock, at the gate or for a row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])

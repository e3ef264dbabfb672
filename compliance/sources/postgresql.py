"""The rows of one SELECT in a PostgreSQL database of somebody else, as CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import ExecStatus

from compliance.sources.pulling import Bounds, Pulled, PullFailed
from compliance.sources.shapes import PostgresqlQuery
from web.destinations import Refused, Rules, Unreachable, resolve

CONNECT_SECONDS = 10
_TELLING = ("42", "22", "25", "28", "57014", "3D000")  # classes of SQLSTATE whose message is about what was asked


def pull(source: PostgresqlQuery, password: str, target: Path, bounds: Bounds) -> Pulled:
    """PullFailed says why there is no file. Reads in a read-only transaction and cannot be made to write."""
    try:
        addresses = resolve(
            source.host, source.port, rules=Rules.of_installation(), seconds=min(CONNECT_SECONDS, bounds.seconds)
        )  # fmt: skip
        with psycopg.connect(**_login(source, password, addresses[0], bounds)) as connection:
            connection.read_only = True
            _must_be_one_query(connection, source.query, bounds.seconds)
            whole = sql.SQL("COPY (\n{}\n) TO STDOUT (FORMAT csv, HEADER, ENCODING 'UTF8')").format(
                sql.SQL(_text(source.query))
            )
            with (
                bounds.interruptible(connection.cancel),
                target.open("wb") as file,
                connection.cursor() as cursor,
                cursor.copy(whole) as rows,
            ):
                bounds.copy(rows, file)
            connection.rollback()
    except Refused as fault:
        raise PullFailed("SOURCE_REFUSED", str(fault)) from fault
    except Unreachable as fault:
        raise PullFailed("SOURCE_UNAVAILABLE", str(fault)) from fault
    except psycopg.Error as fault:
        raise PullFailed("SOURCE_UNAVAILABLE", _told(fault)) from fault
    return Pulled(target, "query.csv")


def _login(source: PostgresqlQuery, password: str, address: str, bounds: Bounds) -> dict[str, Any]:
    """Everything that libpq would otherwise take from our environment or home folder is said here."""
    verified = {"sslrootcert": "system"} if source.sslmode == "verify-full" else {}
    return {
        "host": source.host, "hostaddr": address, "port": source.port, "dbname": source.database,
        "user": source.user, "password": password, "sslmode": source.sslmode, **verified,
        "passfile": "/dev/null", "gssencmode": "disable", "sslcertmode": "disable", "application_name": "scanward",
        "connect_timeout": CONNECT_SECONDS, "tcp_user_timeout": int(bounds.seconds * 1000), "keepalives_idle": 30,
    }  # fmt: skip


def _must_be_one_query(connection: psycopg.Connection[Any], query: str, seconds: float) -> None:
    """The server itself reads the text as one statement, so nothing in it can end the COPY it is put into.

    Opens the read-only transaction; its settings are made here, as connection poolers refuse them at log-in.
    """
    connection.execute("SELECT set_config('statement_timeout', %s, true)", [str(int(seconds * 1000))])
    prepared = connection.pgconn.prepare(b"", _text(query).encode())
    if prepared.status != ExecStatus.COMMAND_OK:
        raise PullFailed("SOURCE_REFUSED", "The database does not read the query as one statement.")
    if connection.pgconn.describe_prepared(b"").nfields == 0:
        raise PullFailed("SOURCE_REFUSED", "The query returns no columns; write one SELECT.")


def _text(query: str) -> str:
    return query.strip().removesuffix(";")


def _told(fault: psycopg.Error) -> str:
    """The database's own words when they are about the query; never its address, its certificate or our network."""
    state = fault.sqlstate or ""
    if state.startswith(_TELLING) and fault.diag.message_primary:
        return f"The database refused: {fault.diag.message_primary[:300]} (SQLSTATE {state})."
    return f"The database could not be read ({type(fault).__name__})."

"""Rows of a foreign PostgreSQL: only read, only where the operator allows, and never a word about our network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from compliance.sources.postgresql import pull
from compliance.sources.pulling import Bounds, PullFailed
from compliance.sources.shapes import PostgresqlQuery

BOUNDS = Bounds(most=1_000_000, seconds=300)


@pytest.fixture
def warehouse(db: None, settings: Any) -> Iterator[psycopg.Connection[Any]]:
    """A table in the tests' own server, allowed as the operator would allow a warehouse inside."""
    at = connection.settings_dict
    settings.OUTBOUND_ALLOW = frozenset({(at["HOST"], int(at["PORT"]))})
    login = {"host": at["HOST"], "port": at["PORT"], "user": at["USER"], "password": at["PASSWORD"]}
    with psycopg.connect(**login, dbname=at["NAME"], autocommit=True) as made:
        made.execute("CREATE TABLE ledger (account text, amount numeric)")
        made.execute("INSERT INTO ledger VALUES ('A1', 500), ('Ä,\"2', NULL)")
        yield made
        made.execute("DROP TABLE ledger")


def source(query: str, **changed: Any) -> PostgresqlQuery:
    at = connection.settings_dict
    about = {"host": at["HOST"], "port": int(at["PORT"]), "database": at["NAME"], "user": at["USER"]}
    return PostgresqlQuery(**{**about, "sslmode": "disable", "query": query, **changed})


def pulled(query: str, folder: Path, bounds: Bounds = BOUNDS, **changed: Any) -> bytes:
    return pull(source(query, **changed), connection.settings_dict["PASSWORD"], folder / "f", bounds).path.read_bytes()


@pytest.mark.usefixtures("warehouse")
@pytest.mark.parametrize(
    "query", ["SELECT * FROM ledger ORDER BY account", "SELECT * FROM ledger ORDER BY 1; ", "TABLE ledger -- x"]
)
def test_the_rows_of_a_select_come_as_csv(query: str, tmp_path: Path) -> None:
    assert pulled(query, tmp_path).decode() == 'account,amount\nA1,500\n"Ä,""2",\n'


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO ledger VALUES ('X', 1) RETURNING account",
        "WITH gone AS (DELETE FROM ledger RETURNING *) SELECT * FROM gone",
        "UPDATE ledger SET amount = 0 RETURNING *",
        "DELETE FROM ledger", "DROP TABLE ledger", "TRUNCATE ledger", "CREATE TABLE more AS SELECT 1",
        "SELECT * INTO more FROM ledger",
        "SELECT 1; DELETE FROM ledger", "SELECT 1) TO STDOUT; DELETE FROM ledger; --",
        "SELECT 1) TO PROGRAM 'touch planted' --", "COMMIT", "SET TRANSACTION READ WRITE", "SHOW port; COMMIT",
        "SELECT account FROM ledger WHERE set_config('transaction_read_only', 'off', true) = 'off'",
        "SELECT lo_create(0)", "SELECT nextval('ledger')", "EXPLAIN ANALYZE DELETE FROM ledger", "nonsense",
        "SELECT 1 /*",
    ],
)  # fmt: skip
def test_nothing_is_ever_written(query: str, warehouse: psycopg.Connection[Any], tmp_path: Path) -> None:
    with pytest.raises(PullFailed):
        pulled(query, tmp_path)
    assert warehouse.execute("SELECT count(*), sum(amount) FROM ledger").fetchone() == (2, 500)


@pytest.mark.usefixtures("warehouse")
def test_a_database_that_is_not_allowed_is_never_connected_to(settings: Any, tmp_path: Path) -> None:
    settings.OUTBOUND_ALLOW = frozenset()
    with pytest.raises(PullFailed) as failed:
        pulled("SELECT 1", tmp_path)
    assert failed.value.code == "SOURCE_REFUSED"


@pytest.mark.usefixtures("warehouse")
def test_too_many_bytes_and_too_many_seconds_end_it(tmp_path: Path) -> None:
    with pytest.raises(PullFailed) as failed:
        pulled("SELECT repeat('x', 1000) FROM generate_series(1, 5000)", tmp_path)
    assert failed.value.code == "SOURCE_TOO_LARGE"
    with pytest.raises(PullFailed, match="57014"):
        pulled("SELECT pg_sleep(30)", tmp_path, Bounds(most=1000, seconds=1))


@pytest.mark.usefixtures("warehouse")
def test_a_wrong_password_or_certificate_is_told_without_the_secret(tmp_path: Path) -> None:
    for changed, secret in (({"user": "nobody"}, "planted"), ({"sslmode": "verify-full"}, "planted")):
        with pytest.raises(PullFailed) as failed:
            pull(source("SELECT 1", **changed), secret, tmp_path / "f", BOUNDS)
        assert failed.value.code == "SOURCE_UNAVAILABLE"
        assert "planted" not in str(failed.value)
        assert "127.0.0.1" not in str(failed.value)


def test_a_job_that_must_stop_stops(warehouse: psycopg.Connection[Any], tmp_path: Path) -> None:
    class MustStop(Exception):
        pass

    def check() -> None:
        raise MustStop

    with pytest.raises(MustStop):
        pulled("SELECT * FROM ledger", tmp_path, Bounds(most=1000, seconds=300, check=check))

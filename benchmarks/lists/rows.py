"""Rows by the million, made inside the database: what a model's field defaults say, but for the columns named.

Everything has a number `n` from 0. Numbers that are equal modulo KINDS belong to one account group, so that a row and
what it refers to agree (`kin`): half of all rows to the first group, the rest to the other 19.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, models
from django.db.models import NOT_PROVIDED

GROUPS, KINDS = 20, 38
# Functions of the session: ids by number (24 digits that grow with it, or a UUID without order), the number of an
# account group, a number from 0 to below `below` without order, and the number of a related row.
FUNCTIONS = f"""
CREATE FUNCTION pg_temp.oid(n bigint) RETURNS text IMMUTABLE LANGUAGE sql
    AS $$ SELECT lpad(to_hex(1600000000 + n / 100), 8, '0') || lpad(to_hex(n), 16, '0') $$;
CREATE FUNCTION pg_temp.uid(kind text, n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql
    AS $$ SELECT md5(kind || n)::uuid $$;
CREATE FUNCTION pg_temp.grp(n bigint) RETURNS text IMMUTABLE LANGUAGE sql
    AS $$ SELECT pg_temp.oid(CASE WHEN n % 2 = 0 THEN 0 ELSE 1 + (n % {KINDS}) / 2 END) $$;
CREATE FUNCTION pg_temp.dice(n bigint, salt int, below bigint) RETURNS bigint IMMUTABLE LANGUAGE sql
    AS $$ SELECT abs(hashint8extended(n, salt) % below) $$;
CREATE FUNCTION pg_temp.kin(n bigint, salt int, many bigint) RETURNS bigint IMMUTABLE LANGUAGE sql
    AS $$ SELECT n % {KINDS} + {KINDS} * pg_temp.dice(n, salt, many / {KINDS}) $$;
"""
TWO_YEARS = "now() - interval '730 days' * (1 - n / {many}.0)"


def fill(model: type[models.Model], many: int | str, **columns: Any) -> int:
    """Insert `many` rows (or those of a SQL source that yields `n`); `columns` are SQL expressions over `n`, by name of
    the column. `created_at` spreads over two years unless named. How many rows came in.
    """
    source = f"generate_series(0, {many - 1}::bigint) AS n" if isinstance(many, int) else many
    if "created_at" in (field.column for field in model._meta.concrete_fields) and isinstance(many, int):
        columns.setdefault("created_at", TWO_YEARS.format(many=many))
    given: list[Any] = []
    values = {
        field.column: columns.pop(field.column) if field.column in columns else _default(field, given)
        for field in model._meta.concrete_fields
        if field.column in columns or _needs_value(field)
    }
    assert not columns, f"{model.__name__} has no {', '.join(columns)}"
    names = ", ".join(f'"{name}"' for name in values)
    sql = f"INSERT INTO {model._meta.db_table} ({names}) SELECT {', '.join(map(str, values.values()))} FROM {source}"
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return int(cursor.rowcount)


@contextmanager
def without_indexes(model: type[models.Model]) -> Iterator[None]:
    """The table without those of its indexes that no constraint needs; they are made anew at the end, which takes a
    third of the time of filling them row by row.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s"
            " AND indexname NOT IN (SELECT conname FROM pg_constraint)",
            [model._meta.db_table],
        )
        found = cursor.fetchall()
        for name, _ in found:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        for _, definition in found:
            cursor.execute(definition)


def _needs_value(field: Any) -> bool:
    automatic = isinstance(field, models.AutoField) or field.db_default is not NOT_PROVIDED
    return not automatic and not (field.null and not field.has_default())


def _default(field: Any, given: list[Any]) -> str:
    given.append(field.get_db_prep_save(field.get_default(), connection))
    return f"%s::{field.db_type(connection)}"


def broken_references() -> list[str]:
    """Foreign keys that some row breaks: they are not checked while rows are made."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text, b.attname
            FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
            JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1] WHERE c.contype = 'f'"""
        )
        found = []
        for table, column, other, key in cursor.fetchall():
            cursor.execute(
                f"SELECT EXISTS (SELECT FROM {table} t LEFT JOIN {other} o ON o.{key} = t.{column}"
                f" WHERE t.{column} IS NOT NULL AND o.{key} IS NULL)"
            )
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
        return found

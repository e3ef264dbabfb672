"""Many rows in one statement."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import AutoField, Field, Model
from django.db.models.fields import NOT_PROVIDED

from web.lookups import text_array

Row = Mapping[str, Any]
_JSON = json.JSONEncoder(ensure_ascii=False)


def copy(model: type[Model], rows: Sequence[Row]) -> None:
    """Insert rows ({column: value}) by COPY; what a row leaves out has the default of its field."""
    if not rows:
        return
    columns = _columns(model)
    names = ", ".join(columns)
    structured = [place for place, name in enumerate(columns) if _type(model, name) == "jsonb"]
    with connection.cursor() as cursor, cursor.copy(f"COPY {model._meta.db_table} ({names}) FROM STDIN") as target:
        for row in rows:
            values = [row.get(name, default) for name, default in columns.items()]
            for place in structured:
                values[place] = _plain(values[place])
            target.write_row(values)


def update(model: type[Model], columns: Collection[str], rows: Sequence[Row]) -> None:
    """Write these columns of the rows with these ids."""
    if not rows:
        return
    assigned = "".join(f"{name} = given.{name}, " for name in columns)
    given = [[row["id"] for row in rows], *([row[name] for row in rows] for name in columns)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {model._meta.db_table} mine SET {assigned}updated_at = now() "  # noqa: S608  names of our own
            f"FROM {_unnested(model, ['id', *columns])} WHERE mine.id = given.id",
            list(map(_array, given)),
        )


def insert_missing(
    model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], *, conflict: str = "DO NOTHING"
) -> int:
    """Insert those rows that no constraint refuses; answers how many."""
    given = list(zip(*rows, strict=True))
    if not given:
        return 0
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {model._meta.db_table} ({names}) SELECT {names} "  # noqa: S608  names of our own
            f"FROM {_unnested(model, columns, 'place')} ORDER BY place ON CONFLICT {conflict}",
            list(map(_array, given)),
        )
        return int(cursor.rowcount)


def _unnested(model: type[Model], columns: Sequence[str], place: str = "") -> str:
    """Arrays as rows of `given`, numbered in the column `place`."""
    lists = ", ".join(f"%s::{_type(model, name)}[]" for name in columns)
    numbered, names = ("WITH ORDINALITY ", [*columns, place]) if place else ("", columns)
    return f"unnest({lists}) {numbered}AS given({', '.join(names)})"


def _array(values: Iterable[Any]) -> str:
    return text_array(None if each is None else str(_plain(each)) for each in values)


@cache
def _columns(model: type[Model]) -> dict[str, Any]:
    """{column: default} of what an insert must say."""
    return {
        str(field.column): _plain(field.get_default())
        for field in model._meta.concrete_fields
        if not isinstance(field, AutoField) and field.db_default is NOT_PROVIDED
    }


@cache
def _type(model: type[Model], column: str) -> str:
    field: Field[Any, Any] = next(each for each in model._meta.concrete_fields if each.column == column)
    kind = field.db_type(connection) or "text"
    return "text" if kind.startswith("varchar") else kind


def _plain(value: Any) -> Any:
    return _JSON.encode(value) if isinstance(value, dict | list) else value

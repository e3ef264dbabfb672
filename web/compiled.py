"""Queries that are asked with every request: written as SQL once, and not each time.

To write one takes Django's ORM two to five times as long as PostgreSQL takes to answer it.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.models import Expression, QuerySet

from web.postgresql.base import prepared

Row = TypeVar("Row")


class Slot(Expression):
    """Stands in a query for a value that each asking brings."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return "%s", [self]


def _answered(using: str, statement: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    with prepared(using) as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


class Compiled(Generic[Row]):
    """`query` builds a QuerySet from values by name, which it compares with columns and nothing else."""

    def __init__(self, query: Callable[..., QuerySet[Any, Row]]) -> None:
        self.query = query
        self._written: tuple[QuerySet[Any, Row], Any, str, tuple[Any, ...]] | None = None

    def rows(self, **values: Any) -> list[Row]:
        """What `query(**values)` gives. TypeError where it does not use each of them."""
        queryset, compiler, statement, slots = self._written or self._write(values)
        mine, asked = copy(compiler), queryset.all()
        mine.connection = connections[mine.using]  # of this thread
        parameters = tuple(values[each.name] if isinstance(each, Slot) else each for each in slots)
        mine.execute_sql = lambda *_, **__: [_answered(mine.using, statement, parameters)]
        asked.query.get_compiler = lambda *_, **__: mine  # type: ignore[method-assign]
        return list(asked)

    def first(self, **values: Any) -> Row | None:
        """The first of its rows, if there is one."""
        return next(iter(self.rows(**values)), None)

    def _write(self, values: dict[str, Any]) -> tuple[QuerySet[Any, Row], Any, str, tuple[Any, ...]]:
        queryset = self.query(**{name: Slot(name) for name in values})
        compiler = queryset.query.get_compiler(queryset.db)
        statement, slots = compiler.as_sql()
        if {each.name for each in slots if isinstance(each, Slot)} != values.keys():
            raise TypeError(f"the query does not use all of {', '.join(values)}")
        self._written = queryset, compiler, statement, tuple(slots)
        return self._written

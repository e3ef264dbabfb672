"""The backend itself, where Django looks for it.

Django's pool asks each connection that it hands out whether it lives and has another thread clean it when it comes
back, and PostgreSQL plans each query anew.
"""

from __future__ import annotations

import select
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql import base, operations
from django.db.backends.utils import CursorWrapper
from psycopg_pool import ConnectionPool

from web.postgresql import given_back


def prepared(using: str = DEFAULT_DB_ALIAS) -> CursorWrapper:
    """A cursor whose statements the connection keeps, with their plans, once they were asked a few times
    (docs/adr/0032)."""
    wrapper: Any = connections[using]
    wrapper.ensure_connection()
    with wrapper.wrap_database_errors:
        made: CursorWrapper = wrapper._prepare_cursor(base.ServerBindingCursor(wrapper.connection))  # type: ignore[call-arg]
    return made


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """Of a statement that is kept the driver knows the name only."""
        return super().last_executed_query(cursor, sql, params) or sql


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection[Any]:
        while True:
            taken: psycopg.Connection[Any] = super().get_new_connection(conn_params)
            if not self.pool or _lives(taken):
                return taken
            taken.close()
            self.pool.putconn(taken)  # which makes another

    def _close(self) -> None:
        """Nothing of a request stays on the connection that it gives back."""
        taken = self.connection
        if taken is not None and self.pool:
            try:
                taken.rollback()  # says nothing where no transaction is open
                taken.autocommit = True  # else the pool would undo what is done now
                given_back.send(type(self), taken=taken)
            except psycopg.Error:
                taken.close()
        super()._close()  # type: ignore[misc]


def _lives(taken: psycopg.Connection[Any]) -> bool:
    """A server that ends a connection says so or closes it: while there is nothing to read, it has not."""
    try:
        waiting = select.poll()
        waiting.register(taken.fileno(), select.POLLIN)
        if waiting.poll(0):
            ConnectionPool.check_connection(taken)
    except psycopg.Error:
        return False
    return True

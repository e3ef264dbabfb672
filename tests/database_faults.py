"""Faults that PostgreSQL itself raises, by SQLSTATE."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from django.db import connection

LIMIT, DEADLOCK = "54000", "40P01"
"""Both are an OperationalError to Django. The first comes with the same statement for ever, the second passes."""


def failing(sqlstate: str) -> Callable[..., NoReturn]:
    """A stand-in for any function, in which PostgreSQL refuses a statement."""

    def fail(*_: Any, **__: Any) -> NoReturn:
        with connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{sqlstate}'; END $$")
        raise AssertionError("PostgreSQL did not refuse it")

    return fail

"""The second wall between account groups: PostgreSQL's row-level security, behind the filters of our queries.

Once it is known which account group a partner's request is for, `enter` makes its connection act as the database role
PARTNER_ROLE. That role is shown, and may write, the rows of that group only (accounts/row_policies.py), and cannot read
at all what partners have nothing to do with. Staff, workers and commands stay the role that logged in, the tables'
owner, to whom no policy applies (docs/adr/0028).
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Final
from weakref import WeakSet

import psycopg
from django.conf import settings
from django.db import connection

from web.postgresql.base import prepared

SETTING: Final = "scanward.account_group"
_ACT = "SELECT set_config('role', %s, false), set_config(%s, %s, false)"
_group: ContextVar[str | None] = ContextVar("group", default=None)
_acting: WeakSet[psycopg.Connection[Any]] = WeakSet()
"""Connections that act as PARTNER_ROLE."""


def enter(group_id: str) -> None:
    """From here to the end of the request this thread is shown rows of that account group only."""
    if settings.PARTNER_ROLE:
        _group.set(group_id)
        _apply()


def leave(**_: Any) -> None:
    """All is shown again. Received when a request begins and ends; most of the time there is nothing to do."""
    if _group.get() is not None:
        _group.set(None)
        if connection.connection is not None:  # else it is back in the pool, which has reset it
            reset(connection.connection)


def put_on(**_: Any) -> None:
    """Received when a connection was taken from the pool: a request may take several, one after the other."""
    if _group.get() is not None:
        _apply()


def reset(taken: psycopg.Connection[Any], **_: Any) -> None:
    """What happens to every connection that goes back to the pool."""
    if taken in _acting:
        psycopg.Cursor(taken).execute(_ACT, ["none", SETTING, ""])
        _acting.discard(taken)


def _apply() -> None:
    with prepared() as cursor:
        _acting.add(connection.connection)
        cursor.execute(_ACT, [settings.PARTNER_ROLE, SETTING, _group.get()])

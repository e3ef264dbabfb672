"""What a fault of the database means: that it is away, that all may go well next time, or neither. By SQLSTATE."""

from __future__ import annotations

import psycopg
from django.db import Error, InterfaceError, OperationalError

AWAY = ("08", "57P", "25P03", "25P04", "53300")
"""No connection, the server goes, comes or has ended it (also for silence amid a transaction), none is free."""
PASSING = (*AWAY, "40", "53000", "53200", "55006", "55P03", "57", "58")
"""Also: rolled back for others' sake, short of memory, locked, cancelled or out of time, a fault of the machine."""


def is_away(fault: BaseException | None) -> bool:
    """Whether this connection, or the server, no longer answers."""
    return _state(fault).startswith(AWAY)


def is_passing(fault: BaseException | None) -> bool:
    """Whether the same statement may go well next time. A row too large for PostgreSQL, or a full disk, is not that."""
    return _state(fault).startswith(PASSING)


def _state(fault: BaseException | None) -> str:
    """The SQLSTATE; a lost connection's where the driver and no server speaks; empty: no fault of a database."""
    if not isinstance(fault, psycopg.Error | Error):
        return ""
    told = fault if isinstance(fault, psycopg.Error) else fault.__cause__
    if isinstance(told, psycopg.Error) and told.sqlstate:
        return told.sqlstate
    unsaid = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
    return "08000" if isinstance(fault, unsaid) else ""

"""Telling a full disk from other faults: it says nothing about what was being read or written."""

from __future__ import annotations

import errno

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # the disk, a quota, a limit of the process


def is_full(fault: BaseException | None) -> bool:
    """Whether this fault, or one that led to it, says that no space is left. DuckDB and Arrow say so in words alone,
    PostgreSQL in the words of its language and by SQLSTATE 53100.
    """
    while fault is not None:
        said = "No space left on device" in str(fault) or getattr(fault, "sqlstate", None) == "53100"
        if said or isinstance(fault, OSError) and fault.errno in FULL:
            return True
        fault = fault.__cause__ or fault.__context__
    return False

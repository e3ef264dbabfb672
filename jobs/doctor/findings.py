"""What one look finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.db import DatabaseError


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"  # it works, and somebody should know
    WRONG = "wrong"  # something does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """`found` says how it is, `advice` what to do; there is none where all is well."""

    check: str
    state: State
    found: str
    advice: str = ""


Look = Callable[[], Iterator[Finding]]


def ok(check: str, found: str) -> Finding:
    return Finding(check, State.OK, found)


def warning(check: str, found: str, advice: str) -> Finding:
    return Finding(check, State.WARNING, found, advice)


def wrong(check: str, found: str, advice: str) -> Finding:
    return Finding(check, State.WRONG, found, advice)


def unasked(check: str, needed: str) -> Finding:
    return warning(check, f"not looked at, as it needs {needed}", f"See to {needed} first.")


def looked(check: str, look: Look) -> list[Finding]:
    """All that `look` finds; a look that breaks is a finding, too."""
    found: list[Finding] = []
    try:
        found.extend(look())
    except DatabaseError as fault:
        said = str(fault).strip().partition("\n")[0]
        found.append(wrong(check, f"the database cannot be asked: {said}", "See to database and migrations first."))
    except Exception as fault:  # what a doctor must not do is die
        found.append(wrong(check, f"could not be looked at: {type(fault).__name__}: {fault}", "Tell the developers."))
    return found

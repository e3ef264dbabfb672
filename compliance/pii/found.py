"""What a look at a column's values may find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

SAMPLES = 3
"""Masked values shown of a kind."""


class Kind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"
    IBAN = "iban"
    CARD = "card"
    NATIONAL_ID = "national_id"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Found:
    """A kind of personal data in a column: its share (0..1) of the values looked at, and a few of them, masked."""

    kind: Kind
    share: float
    samples: tuple[str, ...]
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that looks like a kind; `masked` if it holds up when checked, else None."""

    masked: str | None


Reader: TypeAlias = Callable[[str], Candidate | None]
"""Reads one value; None for what does not even look like it."""


def judge(kind: Kind, values: Sequence[str], read: Reader, *, least: float, detail: str | None = None) -> Found | None:
    """What is found when at least the share `least` of the values that look like the kind hold up.

    Numbers that only look like it by chance pass a check digit about as often as chance has it: one in ten.
    """
    candidates = [candidate for value in values if (candidate := read(value)) is not None]
    masked = [candidate.masked for candidate in candidates if candidate.masked is not None]
    if not masked or len(masked) < least * len(candidates):
        return None
    return Found(kind, round(len(masked) / len(values), 4), tuple(dict.fromkeys(masked))[:SAMPLES], detail)

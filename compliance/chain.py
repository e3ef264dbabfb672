"""The hash chain of a score history: one step after the other. Pure, so that an auditor needs no database."""

from __future__ import annotations

import hashlib
import json
from typing import TypedDict, Unpack


class StepContent(TypedDict):
    """One step. `score` has two decimals, `at` is ISO 8601 in UTC (+00:00) with six decimals of a second."""

    scan: str
    sequence: int
    action: str
    score: str
    at: str
    actor: str
    violation: str | None
    waiver: str | None


def linked(previous: str, **step: Unpack[StepContent]) -> str:
    """SHA-256 over the hash before (of the first step: the scan's result digest) and a step's content, as JSON
    with sorted keys and without blanks."""
    content = {**step, "previous": previous}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

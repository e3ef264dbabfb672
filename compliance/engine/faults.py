"""What is wrong with a rule, where, and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

MAX_FAULTS = 100
"""A hostile policy is refused with its first faults; nobody reads more."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: `path` like `rules[2].where.AND[0].operator`, `message` for people."""

    path: str
    message: str


class RuleErrors(ValueError):
    """A rule was refused. `errors` is a list of `{path, message}` ready for an API answer."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{f.path or 'rule'}: {f.message}" for f in self.faults[:5]))

    @property
    def errors(self) -> list[dict[str, str]]:
        return [{"path": fault.path, "message": fault.message} for fault in self.faults]


class Faults:
    """Collects faults while reading, so that one answer names them all."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, path: str, message: str) -> None:
        if len(self.found) < MAX_FAULTS:
            self.found.append(Fault(path, message))

    def raise_if_any(self) -> None:
        if self.found:
            raise RuleErrors(self.found)


class BadValue(ValueError):
    """A single value cannot be used; the message says why and what to write instead."""


def join(path: str, step: str | int) -> str:
    """`join("rules[2]", "where")` is `rules[2].where`; a number is an index."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    return f"{path}.{step}" if path else step


def show(value: object) -> str:
    """A short, safe rendering of any input, for messages: never megabytes, never deep."""
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case str():
            return repr(value if len(value) <= 60 else value[:57] + "...")
        case int():
            return str(value) if value.bit_length() <= 128 else "a huge number"
        case float():
            return repr(value)
        case list() | tuple():
            return f"a list of {len(value)}"
        case dict():
            return "an object"
    return f"a {type(value).__name__}"


def nearest(word: object, known: Iterable[str]) -> str:
    """` (did you mean 'x'?)` when a known word is close, else nothing."""
    if not isinstance(word, str) or len(word) > 100:
        return ""
    folded = {str(name).lower(): str(name) for name in known}
    close = difflib.get_close_matches(word.lower(), folded, n=1)
    return f" (did you mean {folded[close[0]]!r}?)" if close else ""

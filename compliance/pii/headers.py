"""What the header of a column says about its values."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-ZÄÖÜ]+(?![a-zäöüß])|[A-ZÄÖÜ]?[a-zäöüßàâçéèêëîïôûùñó]+|\d+")


def words(header: str) -> tuple[str, ...]:
    """The words of a header in lower case: `firstName`, `FIRST_NAME` and `First name` are all (first, name)."""
    return tuple(word.lower() for word in _WORD.findall(header))


def says(header: str, *phrases: str) -> bool:
    """Whether the header holds one of the phrases: its words one after the other, or written together."""
    found = words(header)
    for phrase in phrases:
        wanted = tuple(phrase.split())
        runs = (found[start : start + len(wanted)] for start in range(len(found)))
        if any(run == wanted for run in runs) or "".join(wanted) in found:
            return True
    return False

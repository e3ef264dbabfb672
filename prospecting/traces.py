"""What names a person, and whether a text or a row that was sent names them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_SHORTEST = 6  # characters of an id or name that are looked for inside longer texts


@dataclass(frozen=True)
class Traces:
    """By what somebody may be known; folded for comparison, so that `Jane@Example.com` is found, too."""

    emails: frozenset[str] = frozenset()
    identifiers: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    spelled: frozenset[str] = frozenset()  # all of them as they came: a database folds fewer letters than Python

    @classmethod
    def of(
        cls, *, emails: Iterable[str], identifiers: Iterable[str], ids: Iterable[str], names: Iterable[str]
    ) -> Traces:
        kinds = [list(these) for these in (emails, identifiers, ids, names)]
        spelled = (text.strip() for these in kinds for text in these)
        one, two, three, four = (frozenset(filter(None, map(_folded, these))) for these in kinds)
        return cls(one, two, three, four, frozenset(filter(None, spelled)))

    @cached_property
    def needles(self) -> list[str]:
        """Texts of which one at least stands in whatever names the person; for a first, coarse look."""
        whole = {*self.emails, *self.identifiers, *self.ids, *self.names, *self.spelled}
        return sorted({*whole, *(text.split()[-1] for text in whole)})

    def name(self, value: Any) -> bool:
        """Whether `value` (a text, or a row as it was sent) names the person: an address, a profile, an id, or the
        full name in one cell or in two.
        """
        texts = [_folded(text) for text in _texts(value)]
        whole = set(texts)
        if whole & (self.identifiers | self.ids | self.names) or self._in_two_cells(whole):
            return True
        return any(pattern.search(text) for pattern in self._patterns for text in texts)

    def _in_two_cells(self, cells: set[str]) -> bool:
        return any(len(parts := name.split(" ", 1)) == 2 and set(parts) <= cells for name in self.names)

    @cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        longer = {text for text in self.ids | self.names if len(text) >= _SHORTEST}
        inside = [rf"(?<![\w.+-]){re.escape(text)}(?![\w-])" for text in self.emails | longer]
        profiles = [rf"/in/{re.escape(text)}(?![\w%-])" for text in self.identifiers]
        return [re.compile(pattern) for pattern in (*inside, *profiles)]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif value is not None:
        yield str(value)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()

"""Whether a row says that its person agreed to be written to, and whether it has to."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORDS = """
1 y yes true t x ok given granted agreed accepted confirmed consented subscribed opt-in optin opted-in
ja j oui si sí sim
"""
_GIVEN = frozenset(_WORDS.split())
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4}")  # when it was given


def is_given(text: str) -> bool:
    """`yes`, `Ja`, `opted in`, `2026-01-31T12:00:00Z`; everything else, and nothing at all, is no consent."""
    folded = "-".join(text.split()).casefold()
    return folded in _GIVEN or _DATE.match(folded) is not None


@dataclass(frozen=True)
class ConsentRule:
    """Of whom a row must say that they agreed."""

    countries: frozenset[str] = frozenset()  # ISO 3166-1 alpha-2
    without_country: bool = False  # matters only beside `countries`

    def refuses(self, *, country: str, consent: str) -> bool:
        """Whether a row of this country ("" when it names none) with this consent field must not be stored."""
        needed = country.upper() in self.countries if country else bool(self.countries) and self.without_country
        return needed and not is_given(consent)

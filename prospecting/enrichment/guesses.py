"""Addresses a person may have at their employer, made from the patterns in which companies give them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from prospecting.normalising.emails import email as normal_email

_Pattern = Callable[[str, str], str]
# The commonest first, with the confidence of a guess at a company of which no address is known.
PATTERNS: dict[str, tuple[_Pattern, float]] = {
    "first.last": (lambda first, last: f"{first}.{last}", 0.4),
    "flast": (lambda first, last: f"{first[:1]}{last}", 0.25),
    "first": (lambda first, last: first, 0.2),
    "firstlast": (lambda first, last: f"{first}{last}", 0.15),
    "f.last": (lambda first, last: f"{first[:1]}.{last}", 0.15),
    "first_last": (lambda first, last: f"{first}_{last}", 0.1),
    "last.first": (lambda first, last: f"{last}.{first}", 0.1),
    "lastf": (lambda first, last: f"{last}{first[:1]}", 0.1),
}
_SPELLED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa", "æ": "ae", "œ": "oe", "ł": "l"}
)


class Guess(NamedTuple):
    email: str
    confidence: float
    pattern: str


def candidates(first: str, last: str, domain: str, used: Counter[str] | None = None) -> list[Guess]:
    """Guesses, the likeliest first; none when the name or the domain does not allow any.

    `used`: how often each pattern was seen at that domain (see patterns_of).
    """
    given, family = _local(first.split()[0] if first.split() else ""), _local(last)
    if not given or not family or not domain:
        return []
    seen = sum((used or Counter()).values())
    found: dict[str, Guess] = {}
    for name, (pattern, confidence) in PATTERNS.items():
        if seen:
            confidence = round(0.05 + 0.75 * (used or Counter())[name] / (seen + 1), 2)
        address = normal_email(f"{pattern(given, family)}@{domain}").value
        if address and (address not in found or found[address].confidence < confidence):
            found[address] = Guess(address, confidence, name)
    return sorted(found.values(), key=lambda guess: -guess.confidence)


def patterns_of(people: Iterable[tuple[str, str, str]]) -> Counter[str]:
    """How often each pattern explains the known address of somebody: (first name, last name, address)."""
    used: Counter[str] = Counter()
    for first, last, address in people:
        given, family = _local(first.split()[0] if first.split() else ""), _local(last)
        local = address.partition("@")[0]
        if given and family:
            used.update(name for name, (pattern, _) in PATTERNS.items() if pattern(given, family) == local)
    return used


def _local(name: str) -> str:
    """A name as it stands in addresses: small ASCII letters and digits; empty when it has letters of another script."""
    text = unicodedata.normalize("NFKD", name.casefold().translate(_SPELLED))
    text = re.sub(r"[\s'’`.-]+", "", "".join(c for c in text if not unicodedata.combining(c)))
    return text if re.fullmatch(r"[a-z0-9]{1,40}", text) else ""

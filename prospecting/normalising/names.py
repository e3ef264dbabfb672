"""Names of people: their parts, and the key by which two spellings of one name meet."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from prospecting.normalising.texts import fold, tidy

_PLAIN = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_TITLE_WORDS = """
    dr prof professor mr mrs ms miss mx sir dame lord lady herr frau dipl ing mag doc phd mba msc bsc md jr sr ii iii iv
    mme mlle don dona sra rev hon esq cpa
"""
_TITLES = frozenset(_TITLE_WORDS.split())
"""Left out of keys, as they stand in one list and not in the next."""
_PARTICLE_WORDS = "von van der den de la le da dos du di del ter zu zum zur bin ibn al el abu mac st san"
_NOT_ALONE = _TITLES | frozenset(_PARTICLE_WORDS.split())


class Name(NamedTuple):
    first: str = ""
    last: str = ""
    full: str = ""


def name_of(first: str = "", last: str = "", full: str = "") -> Name:
    """A name from whichever of its parts were sent; what was sent is kept as it is, the rest made from it."""
    first, last, full = tidy(first), tidy(last), tidy(full)
    if first or last:
        return Name(first, last, full or f"{first} {last}".strip())
    if not full:
        return Name()
    first, last = _parts(full)
    return Name(first, last, f"{first} {last}".strip() if "," in full else full)


def name_key(first: str, last: str, full: str = "") -> str:
    """Folded for comparison, without titles: "Dr. Zoë O'Neill" and "zoe oneill" alike. Empty for no name."""
    words = fold(f"{first} {last}").split() or fold(full).split()
    bare = [word for word in words if word not in _TITLES]
    return " ".join(bare if len(bare) > 1 else words)


@lru_cache(maxsize=4096)
def _parts(full: str) -> tuple[str, str]:
    """(first and middle names, last name) of a name in one piece."""
    words = full.split()
    if len(words) == 2 and all(_is_plain(word) for word in words):
        return words[0], words[1]
    from nameparser import HumanName  # 0.1 s to import: not before a name needs it

    read = HumanName(full[:400])
    first, last = tidy(f"{read.first} {read.middle}"), tidy(str(read.last))
    return (first, last) if first or last else ("", full)


def _is_plain(word: str) -> bool:
    return bool(_PLAIN.fullmatch(word)) and word.casefold() not in _NOT_ALONE

"""Random keywords, each with the plain way to count its mentions: what `mentions` and the search are held against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st

from scans.matching.keywords import KeywordError, parse
from scans.matching.languages import PLAIN, stems, written
from scans.matching.text import readable
from tests.scans.matching.invented import WORDS, Written

# A place is ("title" or "text", number of the word). None: it does not hold.
Places = frozenset[tuple[str, int]]
Counting = Callable[[Written], Places | None]


@dataclass(frozen=True)
class Asked:
    text: str
    places: Counting
    denied: Counting  # where the opposite is mentioned


def tf(places: Places) -> int:
    return sum(3 if where == "title" else 1 for where, _ in places)


def phrase(parts: tuple[str, ...], *, quoted: bool) -> Asked:
    def places(document: Written) -> Places | None:
        asked: list[tuple[str, bool]] = []
        for part in parts:
            folded = stems(
                written(readable(part.removesuffix("*"))), PLAIN if part.endswith("*") else document.language_
            )
            stemmed = stems(written(readable(part.removesuffix("*"))), document.language_)
            asked += [(stem, False) for stem in stemmed[:-1]] + [(folded[-1], part.endswith("*"))]
        found = set()
        for where, text in (("title", document.title), ("text", document.text)):
            stemmed, plain = (stems(written(readable(text)), language) for language in (document.language_, PLAIN))
            for start in range(len(stemmed) - len(asked) + 1):
                steps = enumerate(asked, start)
                if all(plain[at].startswith(word) if begins else stemmed[at] == word for at, (word, begins) in steps):
                    found.add((where, start))
        return frozenset(found) or None

    text = " ".join(parts)
    return Asked(f'"{text}"' if quoted else text, places, lambda found: None if places(found) else frozenset())


def negated(asked: Asked) -> Asked:
    return Asked(f"NOT ({asked.text})", asked.denied, asked.places)


def both(one: Asked, other: Asked) -> Asked:
    places, denied = _sparser(one.places, other.places), _any(one.denied, other.denied)
    return Asked(f"({one.text}) AND ({other.text})", places, denied)


def either(one: Asked, other: Asked) -> Asked:
    places, denied = _any(one.places, other.places), _sparser(one.denied, other.denied)
    return Asked(f"({one.text}) OR ({other.text})", places, denied)


def _sparser(one: Counting, other: Counting) -> Counting:
    def places(document: Written) -> Places | None:
        found = [one(document), other(document)]
        if None in found:
            return None
        order = {"title": 0, "text": 1}
        told = sorted(filter(None, found), key=lambda each: (tf(each), sorted((order[w], n) for w, n in each)))
        return told[0] if told else frozenset()

    return places


def _any(one: Counting, other: Counting) -> Counting:
    def places(document: Written) -> Places | None:
        found = [each for each in (one(document), other(document)) if each is not None]
        return frozenset().union(*found) if found else None

    return places


def _understood(asked: Asked) -> bool:
    try:
        parse(asked.text)
    except KeywordError:
        return False
    return True


_words = st.sampled_from([*WORDS, "fun*", "hir*", "bü*", "e-ma*"])
_phrases = st.builds(phrase, st.lists(_words, min_size=1, max_size=3).map(tuple), quoted=st.booleans())
expressions = st.recursive(
    _phrases,
    lambda inner: st.builds(both, inner, inner) | st.builds(either, inner, inner) | inner.map(negated),
    max_leaves=5,
).filter(_understood)

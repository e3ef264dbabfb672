"""Where a document mentions a keyword: the one definition of a mention.

A phrase is mentioned wherever its words stand one after the other in the title or in the text, each word by its stem
in the document's language, a word with * by its beginning. OR is mentioned wherever one of its parts is, AND as often
as the sparsest of its parts; NOT is mentioned nowhere. A mention in the title counts as IN_TITLE mentions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from scans.matching.keywords import And, Expression, Not, Or, Phrase
from scans.matching.specification import Term
from scans.matching.text import separated
from scans.matching.vocabulary import Sought, Vocabulary, Wanted

IN_TITLE: Final = 3

Places = frozenset[int]  # numbers of the words at which mentions begin
NOWHERE: Final[Places] = frozenset()


@dataclass(slots=True)
class Words:
    """The words of one document that are looked for, and the places of the phrases looked for so far."""

    vocabulary: Vocabulary
    where: dict[Wanted, set[int]]
    in_title: int  # places before it are in the title, those behind it in the text
    offsets: dict[int, int]  # of the places in the text: the first character in the `separated` text
    known: dict[Sought, Places] = field(default_factory=dict)

    def count(self, places: Places) -> int:
        """tf: mentions in the text and IN_TITLE times those in the title."""
        return len(places) + (IN_TITLE - 1) * sum(place < self.in_title for place in places)

    def asking(self) -> dict[int, list[Term]]:
        """Numbers of the items that may hold for it, with the keywords that may."""
        return self.vocabulary.asking(self.where)

    def places(self, phrase: Phrase) -> Places:
        asked = self.vocabulary[phrase]
        found = self.known.get(asked)
        if found is None:
            found = self.known[asked] = frozenset(self._look_for(asked.words))
        return found

    def _look_for(self, asked: tuple[Wanted, ...]) -> Iterable[int]:
        if not asked or not all(wanted in self.where for wanted in asked):
            return ()
        if len(asked) == 1:
            return self.where[asked[0]]
        behind = min(range(len(asked)), key=lambda at: len(self.where[asked[at]]))
        starts = (place - behind for place in self.where[asked[behind]])
        return (start for start in starts if self._stands(asked, start))

    def _stands(self, asked: tuple[Wanted, ...], start: int) -> bool:
        return all(at in self.where[wanted] for at, wanted in enumerate(asked, start))


def read(title: str, text: str, vocabulary: Vocabulary) -> Words:
    """The words of a document, of which `title` and `text` are `readable`."""
    title = separated(title)
    begins, in_title = len(title) + 1, 0
    where: dict[Wanted, set[int]] = {}
    offsets: dict[int, int] = {}
    for number, offset, meanings in vocabulary.spotted(f"{title}\n{separated(text)}"):
        if offset < begins:
            place, in_title = number, number + 1
        else:
            place = number + 1  # no phrase stands across the gap
            offsets[place] = offset - begins
        for wanted in meanings:
            where.setdefault(wanted, set()).add(place)
    return Words(vocabulary, where, in_title, offsets)


def mentions(expression: Expression, document: Words) -> Places | None:
    """The places that count as mentions; None: the keyword does not hold for this document."""
    match expression:
        case Phrase():
            return document.places(expression) or None
        case Not(phrase):
            return None if document.places(phrase) else NOWHERE
        case Or(parts):
            held = [places for part in parts if (places := mentions(part, document)) is not None]
            return NOWHERE.union(*held) if held else None
        case And(parts):
            return _sparsest(parts, document)


def _sparsest(parts: tuple[Expression, ...], document: Words) -> Places | None:
    found = []
    for part in parts:
        places = mentions(part, document)
        if places is None:
            return None
        if places:
            found.append(places)
    if len(found) <= 1:
        return found[0] if found else NOWHERE
    return min(found, key=lambda places: (document.count(places), sorted(places)))

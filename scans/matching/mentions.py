"""Where a document mentions a keyword: the one definition of a mention.

A phrase is mentioned wherever its words stand one after the other in the title or in the text, each word by its stem
in the document's language, a word with * by its beginning. OR is mentioned wherever one of its parts is, AND as often
as the sparsest of its parts; NOT is mentioned nowhere. A mention in the title counts as IN_TITLE mentions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from scans.matching.keywords import And, Expression, Not, Or, Phrase
from scans.matching.languages import PLAIN, words
from scans.matching.vocabulary import Sought, Vocabulary

IN_TITLE: Final = 3

Places = frozenset[int]  # numbers of the words in Words.stems at which mentions begin
NOWHERE: Final[Places] = frozenset()
_GAP: Final = ""  # between title and text: no phrase stands across it


@dataclass(slots=True)
class Words:
    """The words of one document, and the places of the phrases looked for so far."""

    vocabulary: Vocabulary
    stems: list[str]  # of the title, a gap, of the text
    plain: list[str]  # likewise, unstemmed; empty if no keyword has *
    in_title: int  # how many of them are the title's
    of_stem: dict[str, list[int]]  # places
    of_beginning: dict[str, list[int]]
    known: dict[Sought, Places] = field(default_factory=dict)

    def count(self, places: Places) -> int:
        """tf: mentions in the text and IN_TITLE times those in the title."""
        return len(places) + (IN_TITLE - 1) * sum(place < self.in_title for place in places)

    def asking(self) -> list[int]:
        """Numbers of the items that may hold for it."""
        return self.vocabulary.asking(self.of_stem, self.of_beginning)

    def places(self, phrase: Phrase) -> Places:
        asked = self.vocabulary[phrase]
        found = self.known.get(asked)
        if found is None:
            found = self.known[asked] = frozenset(self._look_for(asked))
        return found

    def _look_for(self, asked: Sought) -> Iterator[int]:
        rarest: list[int] | None = None
        behind = 0
        for at, text, begins in asked.steps:
            places = (self.of_beginning if begins else self.of_stem).get(text)
            if places is None:
                return
            if rarest is None or len(places) < len(rarest):
                rarest, behind = places, at
        for place in rarest or ():
            start = place - behind
            if start >= 0 and start + asked.length <= len(self.stems) and self._stands(asked, start):
                yield start

    def _stands(self, asked: Sought, start: int) -> bool:
        return all(
            self.plain[start + at].startswith(text) if begins else self.stems[start + at] == text
            for at, text, begins in asked.steps
        )


def read(title: str, text: str, vocabulary: Vocabulary) -> Words:
    """The words of a document, of which `title` and `text` are `readable`."""
    stems = words(title, vocabulary.language)
    in_title = len(stems)
    stems += [_GAP, *words(text, vocabulary.language)]
    of_stem: dict[str, list[int]] = {}
    asked = vocabulary.stems
    for place, stem in enumerate(stems):
        if stem in asked:
            of_stem.setdefault(stem, []).append(place)
    plain = [*words(title, PLAIN), _GAP, *words(text, PLAIN)] if vocabulary.begins else []
    of_beginning: dict[str, list[int]] = {}
    for place, word in enumerate(plain):
        for beginning in vocabulary.beginnings(word):
            of_beginning.setdefault(beginning, []).append(place)
    return Words(vocabulary, stems, plain, in_title, of_stem, of_beginning)


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

"""Where a document mentions a keyword: the one definition of a mention.

A phrase is mentioned wherever its words stand one after the other in the title or in the text, each word by its stem
in the document's language, a word with * by its beginning. OR is mentioned wherever one of its parts is, AND as often
as the sparsest of its parts; NOT is mentioned nowhere. A mention in the title counts as IN_TITLE mentions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

from scans.matching.keywords import And, Expression, Not, Or, Phrase
from scans.matching.languages import PLAIN, words
from scans.matching.specification import Item
from scans.matching.text import readable, sentences

IN_TITLE: Final = 3

Places = frozenset[int]  # numbers of the words in Words.stems at which mentions begin
NOWHERE: Final[Places] = frozenset()
_GAP: Final = ""  # between title and text: no phrase stands across it


@dataclass(frozen=True, slots=True)
class Sought:
    """A phrase as it is looked for in one language: stems, and the beginning of a last word, if it was written with *.

    Each step is (number of the word, its text); `begins` are the steps that are beginnings.
    """

    stems: tuple[tuple[int, str], ...]
    begins: tuple[tuple[int, str], ...]
    length: int


def sought(phrase: Phrase, language: str) -> Sought:
    """A word such as e-mail is several to the analyser; only the last of them can be a beginning."""
    stems: list[tuple[int, str]] = []
    begins: list[tuple[int, str]] = []
    at = 0
    for word in phrase.words:
        parts = words(readable(word.text), language)
        stems.extend(enumerate(parts, at))
        if word.prefix and parts:
            stems.pop()
            begins.append((at + len(parts) - 1, words(readable(word.text), PLAIN)[-1]))
        at += len(parts)
    return Sought(tuple(stems), tuple(begins), at)


def phrases(expression: Expression) -> Iterator[Phrase]:
    """All of them, those behind NOT as well."""
    match expression:
        case Phrase():
            yield expression
        case Not(phrase):
            yield phrase
        case And(parts) | Or(parts):
            for part in parts:
                yield from phrases(part)


class Vocabulary:
    """The phrases of all keywords of a scan in one language, and which items ask for which stems."""

    def __init__(self, items: Sequence[Item], language: str) -> None:
        self.language = language
        asked = {phrase for item in items for term in item.terms for phrase in phrases(term.expression)}
        self.sought = {phrase: sought(phrase, language) for phrase in asked}
        self.stems = frozenset(stem for each in self.sought.values() for _, stem in each.stems)
        self.begins = any(each.begins for each in self.sought.values())
        self._items: dict[str, set[int]] = {}
        self._always: set[int] = set()  # items that may hold for a document without any stem of theirs
        for number, item in enumerate(items):
            self._note(number, item)

    def _note(self, number: int, item: Item) -> None:
        wanted = [self.sought[phrase] for term in item.keywords for phrase in phrases(term.expression)]
        if not all(each.stems for each in wanted) or not wanted:
            self._always.add(number)
        for each in wanted:
            for _, stem in each.stems:
                self._items.setdefault(stem, set()).add(number)

    def items(self, stems: Iterable[str]) -> list[int]:
        """Numbers of the items that may hold for a document with these stems of the vocabulary, ascending."""
        return sorted(self._always.union(*(self._items.get(stem, ()) for stem in stems)))


@dataclass(slots=True)
class Words:
    """The words of one document, and the places of the phrases looked for so far."""

    vocabulary: Vocabulary
    stems: list[str]
    plain: list[str]  # beside `stems`, unstemmed; empty if no keyword has *
    in_title: int  # how many of them are the title's
    spans: list[tuple[int, int]]  # of the text's sentences
    starts: list[int]  # number of the first word of each
    where: dict[str, list[int]]
    known: dict[Phrase, Places] = field(default_factory=dict)

    def count(self, places: Places) -> int:
        """tf: mentions in the text and IN_TITLE times those in the title."""
        return len(places) + (IN_TITLE - 1) * sum(place < self.in_title for place in places)

    def places(self, phrase: Phrase) -> Places:
        found = self.known.get(phrase)
        if found is None:
            found = self.known[phrase] = frozenset(self._look_for(self.vocabulary.sought[phrase]))
        return found

    def _look_for(self, asked: Sought) -> Iterator[int]:
        if asked.stems:
            offset, rarest = min(asked.stems, key=lambda step: len(self.where.get(step[1], ())))
            starts: Iterable[int] = (place - offset for place in self.where.get(rarest, ()))
        else:
            starts = range(len(self.stems) if asked.length else 0)
        for start in starts:
            if start < 0 or start + asked.length > len(self.stems):
                continue
            if all(self.stems[start + step] == stem for step, stem in asked.stems) and all(
                self.plain[start + step].startswith(beginning) for step, beginning in asked.begins
            ):
                yield start


def read(title: str, text: str, vocabulary: Vocabulary) -> Words:
    """The words of a document, of which `title` and `text` are `readable`."""
    language = vocabulary.language
    spans = list(sentences(text))
    parts = [words(text[start:end], language) for start, end in spans]
    stems = words(title, language)
    in_title = len(stems)
    stems.append(_GAP)
    starts = list(accumulate(map(len, parts), initial=len(stems)))[:-1]
    for part in parts:
        stems.extend(part)
    plain = [*words(title, PLAIN), _GAP, *words(text, PLAIN)] if vocabulary.begins else []
    where: dict[str, list[int]] = {}
    asked = vocabulary.stems
    for place, stem in enumerate(stems):
        if stem in asked:
            where.setdefault(stem, []).append(place)
    return Words(vocabulary, stems, plain, in_title, spans, starts, where)


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
    if len(found) < 2:  # noqa: PLR2004 - nothing to choose from
        return found[0] if found else NOWHERE
    return min(found, key=lambda places: (document.count(places), sorted(places)))

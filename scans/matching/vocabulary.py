"""What all keywords of a scan ask for, in the words of one language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from scans.matching.keywords import And, Expression, Not, Or, Phrase
from scans.matching.languages import PLAIN, words
from scans.matching.specification import Item
from scans.matching.text import readable


class Step(NamedTuple):
    """A word of a phrase: `at` words behind its first."""

    at: int
    text: str  # a stem, or with `begins` the beginning of an unstemmed word
    begins: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Sought:
    """A phrase as it is looked for in one language. `length`: of all its words."""

    steps: tuple[Step, ...]
    length: int


class Vocabulary:
    """The phrases of all keywords in one language, and which items ask for which words."""

    def __init__(self, items: Sequence[Item], language: str) -> None:
        self.language = language
        self._items = (
            items  # kept, as their phrases are known by their identity: hashing one takes longer than a search
        )
        self._sought: dict[int, Sought] = {}
        self._asking: dict[tuple[str, bool], set[int]] = {}
        self._always = frozenset(number for number, item in enumerate(items) if not item.keywords)
        known: dict[Phrase, Sought] = {}
        for phrase in chain.from_iterable(phrases(term.expression) for item in items for term in item.terms):
            self._sought[id(phrase)] = known.setdefault(phrase, sought(phrase, language))
        for number, item in enumerate(items):
            for step in self._steps(item):
                self._asking.setdefault((step.text, step.begins), set()).add(number)
        every = [step for each in known.values() for step in each.steps]
        self.stems = frozenset(step.text for step in every if not step.begins)
        self.begins = frozenset(step.text for step in every if step.begins)
        self._shortest = min(map(len, self.begins), default=0)
        self._by_start: dict[str, list[str]] = {}
        for text in sorted(self.begins):
            self._by_start.setdefault(text[: self._shortest], []).append(text)

    def _steps(self, item: Item) -> Iterator[Step]:
        return (step for term in item.keywords for phrase in phrases(term.expression) for step in self[phrase].steps)

    def __getitem__(self, phrase: Phrase) -> Sought:
        return self._sought[id(phrase)]

    def beginnings(self, word: str) -> list[str]:
        """Those of `begins` that an unstemmed word has."""
        some = self._by_start.get(word[: self._shortest])
        return [text for text in some if word.startswith(text)] if some else []

    def asking(self, stems: Iterable[str], begins: Iterable[str]) -> list[int]:
        """Numbers of the items that may hold for a document in which these were found, ascending."""
        found = chain(((stem, False) for stem in stems), ((text, True) for text in begins))
        return sorted(self._always.union(*(self._asking.get(step, ()) for step in found)))


def sought(phrase: Phrase, language: str) -> Sought:
    """A word such as e-mail is several to the analyser; only the last of them can be a beginning."""
    steps: list[Step] = []
    for word in phrase.words:
        text, at = readable(word.text), len(steps)
        steps.extend(Step(place, stem) for place, stem in enumerate(words(text, language), at))
        if word.prefix and len(steps) > at:
            steps[-1] = Step(len(steps) - 1, words(text, PLAIN)[-1], begins=True)
    return Sought(tuple(steps), len(steps))


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

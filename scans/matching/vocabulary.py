"""What all keywords of a scan ask for, in the words of one language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple

from scans.matching.keywords import Phrase, phrases
from scans.matching.languages import PLAIN, stems, written
from scans.matching.specification import Item
from scans.matching.text import readable

MOST_KNOWN: Final = 200_000  # words of documents; some 30 MB


class Wanted(NamedTuple):
    """A word that is looked for."""

    text: str  # a stem, or with `begins` the beginning of an unstemmed word
    begins: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Sought:
    """A phrase as it is looked for in one language: these words, one after the other."""

    words: tuple[Wanted, ...]


Meanings = Mapping[str, tuple[Wanted, ...]]  # a word as it is written -> what it is of what is looked for


class Vocabulary:
    """The phrases of all keywords in one language, and which items ask for which words."""

    def __init__(self, items: Sequence[Item], language: str) -> None:
        self.language = language
        self._items = items  # kept: phrases are known by identity, as hashing one takes longer than looking for it
        self._sought: dict[int, Sought] = {}
        self._asking: dict[Wanted, set[int]] = {}
        self._always = frozenset(number for number, item in enumerate(items) if not item.keywords)
        self._meanings: dict[str, tuple[Wanted, ...]] = {"": ()}
        known: dict[tuple[Wanted, ...], Sought] = {}
        for phrase in chain.from_iterable(phrases(term.expression) for item in items for term in item.terms):
            asked = sought(phrase, language)
            self._sought[id(phrase)] = known.setdefault(asked.words, asked)
        for number, item in enumerate(items):
            for phrase in chain.from_iterable(phrases(term.expression) for term in item.keywords):
                for wanted in self[phrase].words:
                    self._asking.setdefault(wanted, set()).add(number)
        self._stems = {wanted.text: wanted for each in known.values() for wanted in each.words if not wanted.begins}
        self._begins = {wanted for each in known.values() for wanted in each.words if wanted.begins}

    def __getitem__(self, phrase: Phrase) -> Sought:
        return self._sought[id(phrase)]

    def asking(self, found: Iterable[Wanted]) -> list[int]:
        """Numbers of the items that may hold for a document in which these were found, ascending."""
        return sorted(self._always.union(*(self._asking.get(wanted, ()) for wanted in found)))

    def meanings(self, written: Sequence[str]) -> Meanings:
        """Of these words at least, as `languages.written` gives them. Each is stemmed once, until they are too many."""
        known = self._meanings
        if not all(map(known.__contains__, written)):
            every = dict.fromkeys(written)
            if len(known) + len(every) > MOST_KNOWN:
                known.clear()
                known[""] = ()
            self._learn([word for word in every if word not in known])
        return known

    def _learn(self, new: list[str]) -> None:
        for word, stem in zip(new, stems(new, self.language), strict=True):
            wanted = self._stems.get(stem)
            self._meanings[word] = (wanted,) if wanted else ()
        if not self._begins:
            return
        shortest = min(len(wanted.text) for wanted in self._begins)
        starts: dict[str, list[Wanted]] = {}
        for wanted in sorted(self._begins):
            starts.setdefault(wanted.text[:shortest], []).append(wanted)
        for word, folded in zip(new, stems(new, PLAIN), strict=True):
            if (some := starts.get(folded[:shortest])) is not None:
                begun = (wanted for wanted in some if folded.startswith(wanted.text))
                self._meanings[word] = (*self._meanings[word], *begun)


def sought(phrase: Phrase, language: str) -> Sought:
    """A word such as e-mail is several to the analyser; only the last of them can be a beginning."""
    found: list[Wanted] = []
    for word in phrase.words:
        parts = written(readable(word.text))
        found.extend(map(Wanted, stems(parts, language)))
        if word.prefix and parts:
            found[-1] = Wanted(stems(parts[-1:], PLAIN)[0], begins=True)
    return Sought(tuple(found))

"""What all keywords of a scan ask for, in the words of one language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple

from scans.matching.keywords import Phrase, phrases, telling
from scans.matching.languages import LONGEST_WORD, PLAIN, sieve, stems, written
from scans.matching.specification import Item, Term
from scans.matching.text import readable

MOST_KNOWN: Final = 200_000  # words of documents; some 30 MB, and 15 MB of those that are sieved out
_GROWN: Final = 1.25  # times as many words known as when the sieve was made: another one pays
_MAYBE_TOO_LONG: Final = LONGEST_WORD // 4  # characters, each of at most 4 bytes


class Wanted(NamedTuple):
    """A word that is looked for."""

    text: str  # a stem, or with `begins` the beginning of an unstemmed word
    begins: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Sought:
    """A phrase as it is looked for in one language: these words, one after the other."""

    words: tuple[Wanted, ...]


class Spotted(NamedTuple):
    """A word of a text that is looked for."""

    number: int  # of the word in the text
    offset: int  # of its first character
    meanings: tuple[Wanted, ...]


Meanings = Mapping[str, tuple[Wanted, ...]]  # a word as it is written -> what it is of what is looked for


class Vocabulary:
    """The phrases of all keywords in one language, and which keywords hold only where which words are."""

    def __init__(self, items: Sequence[Item], language: str) -> None:
        self.language = language
        self._items = items  # kept: phrases are known by identity, as hashing one takes longer than looking for it
        self._sought: dict[int, Sought] = {}
        self._telling: dict[Wanted, list[tuple[int, int]]] = {}
        self._always = [number for number, item in enumerate(items) if not item.keywords]
        self._meanings: dict[str, tuple[Wanted, ...]] = {"": ()}
        self._sieve, self._sieved = sieve(()), 0
        known: dict[tuple[Wanted, ...], Sought] = {}
        for phrase in chain.from_iterable(phrases(term.expression) for item in items for term in item.terms):
            asked = sought(phrase, language)
            self._sought[id(phrase)] = known.setdefault(asked.words, asked)
        for number, item in enumerate(items):
            for place, term in enumerate(item.keywords):
                for words in (self[phrase].words for phrase in telling(term.expression)):
                    if words:
                        self._telling.setdefault(max(words, key=_length), []).append((number, place))
        self._stems = {wanted.text: wanted for each in known.values() for wanted in each.words if not wanted.begins}
        begins = sorted({wanted for each in known.values() for wanted in each.words if wanted.begins})
        self._shortest = min((len(wanted.text) for wanted in begins), default=0)
        self._begins: dict[str, list[Wanted]] = {}  # by as many of their first letters as all of them have
        for wanted in begins:
            self._begins.setdefault(wanted.text[: self._shortest], []).append(wanted)

    def __getitem__(self, phrase: Phrase) -> Sought:
        return self._sought[id(phrase)]

    def asking(self, found: Iterable[Wanted]) -> dict[int, list[Term]]:
        """Numbers of the items that may hold for a document in which these were found, with the keywords that may."""
        asked: dict[int, list[Term]] = {number: [] for number in self._always}
        for number, place in sorted({each for wanted in found for each in self._telling.get(wanted, ())}):
            asked.setdefault(number, []).append(self._items[number].keywords[place])
        return asked

    def spotted(self, text: str) -> list[Spotted]:
        """The words of a `separated` text that are looked for, numbered as `languages.written` gives them."""
        passed: list[tuple[int, int, str]] = []
        too_long = 0
        for token in self._sieve.pre_tokenize(text).tokens:
            word, offset = token.text, token.char_offset_from
            if len(word) >= _MAYBE_TOO_LONG and len(text[offset : token.char_offset_to].encode()) >= LONGEST_WORD:
                too_long += 1
            else:
                passed.append((token.position - too_long, offset, word))
        meanings = self.meanings([word for _, _, word in passed]) if passed else {}
        return [Spotted(number, offset, found) for number, offset, word in passed if (found := meanings[word])]

    def renew(self) -> None:
        """Sieve out from now on what is known not to be looked for, if enough became known to make that worth while."""
        if len(self._meanings) <= self._sieved * _GROWN:
            return
        self._sieved = len(self._meanings)
        never = (word for word, found in self._meanings.items() if not found and len(word) < _MAYBE_TOO_LONG)
        self._sieve = sieve(never)

    def meanings(self, written: Sequence[str]) -> Meanings:
        """Of these words at least, as `languages.written` gives them. Each is stemmed once, until they are too many."""
        known = self._meanings
        if not all(map(known.__contains__, written)):
            every = dict.fromkeys(written)
            if len(known) + len(every) > MOST_KNOWN:
                known.clear()
                known[""] = ()
                self._sieved = 0  # the next sieve is of the words of these days
            self._learn([word for word in every if word not in known])
        return known

    def _learn(self, new: list[str]) -> None:
        for word, stem in zip(new, stems(new, self.language), strict=True):
            wanted = self._stems.get(stem)
            self._meanings[word] = (wanted,) if wanted else ()
        if not self._begins:
            return
        for word, folded in zip(new, stems(new, PLAIN), strict=True):
            if (some := self._begins.get(folded[: self._shortest])) is not None:
                begun = (wanted for wanted in some if folded.startswith(wanted.text))
                self._meanings[word] = (*self._meanings[word], *begun)


def _length(wanted: Wanted) -> int:
    """The longest word of a phrase is seldom a frequent one."""
    return len(wanted.text)


def sought(phrase: Phrase, language: str) -> Sought:
    """A word such as e-mail is several to the analyser; only the last of them can be a beginning."""
    found: list[Wanted] = []
    for word in phrase.words:
        parts = written(readable(word.text))
        found.extend(map(Wanted, stems(parts, language)))
        if word.prefix and parts:
            found[-1] = Wanted(stems(parts[-1:], PLAIN)[0], begins=True)
    return Sought(tuple(found))

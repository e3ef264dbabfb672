"""What becomes of each document that matches."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Final, Generic, TypeVar

from scans.matching import score as scoring
from scans.matching.candidates import Read, candidates
from scans.matching.documents import Document
from scans.matching.languages import language, written
from scans.matching.mentions import Places, Words, mentions, read
from scans.matching.reasoning import reasoning
from scans.matching.score import Match, Scale
from scans.matching.specification import Item, Term
from scans.matching.summary import LONGEST, best_run, shortened
from scans.matching.text import plain, readable, sentences
from scans.matching.vocabulary import Vocabulary

# A block is searched at once. Its size decides over memory and speed, not over any verdict.
BLOCK_DOCUMENTS: Final = 16_384
BLOCK_CHARACTERS: Final = 32_000_000
SMALLEST_INDEXED: Final = 256  # documents; reading fewer takes less time than an index of them


class Verdict(StrEnum):
    """The values of scans.enums.Verdict that a document can get alone; in the order in which they are looked for."""

    EXCLUDED = "excluded"
    STALE = "stale"
    BELOW_SCORE = "below_score"
    KEPT = "kept"


_BETTER: Final = {verdict: place for place, verdict in enumerate(Verdict)}

D = TypeVar("D", bound=Document)


@dataclass(frozen=True, slots=True)
class Judged(Generic[D]):
    """A document that matches an item. Of several items the one that is best for it: kept before dropped, then the
    higher score, then the earlier item.
    """

    document: D
    item_index: int
    verdict: Verdict
    score: int
    reasoning: str
    summary: str


def judge(
    items: Sequence[Item], documents: Iterable[D], *, clock: datetime, scale: Scale | None = None
) -> Iterator[Judged[D]]:
    """Each document that matches an item of its type, in their order; the others are left out.

    Reads `documents` once and holds a block of them at a time. `clock` has a zone: ages are measured at it.
    """
    return Judge(items, clock=clock, scale=scale)(documents)


def _blocks(documents: Iterable[D]) -> Iterator[list[D]]:
    block: list[D] = []
    size = 0
    for document in documents:
        block.append(document)
        size += len(document.title) + len(document.text)
        if len(block) >= BLOCK_DOCUMENTS or size >= BLOCK_CHARACTERS:
            yield block
            block, size = [], 0
    if block:
        yield block


class Judge:
    """`judge` for documents that come in portions: what the items ask for is worked out once."""

    def __init__(self, items: Sequence[Item], *, clock: datetime, scale: Scale | None = None) -> None:
        self.items = items
        self.clock = clock
        self.scale = scale or Scale()
        self.sources = frozenset(item.source for item in items)
        self.vocabularies: dict[str, Vocabulary] = {}

    def __call__(self, documents: Iterable[D]) -> Iterator[Judged[D]]:
        for block in _blocks(document for document in documents if document.type in self.sources):
            reads = [_read(document) for document in block]
            for slot, numbers in self.candidates(reads):
                found = self.best(block[slot], reads[slot], numbers)
                if found is not None:
                    yield found

    def candidates(self, reads: Sequence[Read]) -> Iterable[tuple[int, list[int] | None]]:
        """Number of a document in the block, and of the items that may match it; None: whoever asks for its words."""
        if len(reads) < SMALLEST_INDEXED:
            return ((slot, None) for slot in range(len(reads)))
        languages = {read_.language for read_ in reads}
        return candidates(reads, self.items, {each: self.vocabulary(each) for each in languages}).items()

    def vocabulary(self, language: str) -> Vocabulary:
        known = self.vocabularies.get(language)
        if known is None:
            known = self.vocabularies[language] = Vocabulary(self.items, language)
        return known

    def best(self, document: D, read_: Read, numbers: Sequence[int] | None) -> Judged[D] | None:
        words_ = read(read_.title, read_.text, self.vocabulary(read_.language))
        if numbers is None:
            numbers = [number for number in words_.asking() if self.items[number].source == document.type]
        looked = [found for number in numbers if (found := self.look(document, number, words_)) is not None]
        if not looked:
            return None
        best = max(looked, key=lambda each: (_BETTER[each.verdict], each.score, -each.number))
        why, summary = self.reason(document, best), _summary(read_, best, words_)
        return Judged(document, best.number, best.verdict, best.score, why, summary)

    def look(self, document: Document, number: int, words_: Words) -> _Looked | None:
        item = self.items[number]
        held = [(term, places) for term in item.keywords if (places := mentions(term.expression, words_)) is not None]
        if item.keywords and not held:
            return None
        matches = [_match(term, places, words_) for term, places in held]
        days = scoring.age(document.posted_at, self.clock, self.scale.half_life(item.source))
        points = scoring.score(matches, _asked(item), days, item.source, self.scale)
        looked = partial(_Looked, number, points, days, matches, held)
        for term in item.excluded:
            if mentions(term.expression, words_) is not None:
                return looked(Verdict.EXCLUDED, f'dropped, as it holds the excluded "{term.text}"')
        if item.max_age_days is not None and days > item.max_age_days:
            return looked(Verdict.STALE, f"dropped, as at most {item.max_age_days} days were asked for")
        if points < item.min_score:
            return looked(Verdict.BELOW_SCORE, f"dropped, as {points} is below the {item.min_score} asked for")
        return looked(Verdict.KEPT, "")

    def reason(self, document: Document, looked: _Looked) -> str:
        item = self.items[looked.number]
        return reasoning(
            matches=looked.matches,
            asked=_asked(item),
            dated=document.posted_at is not None,
            days=looked.days,
            fresh=scoring.freshness(looked.days, self.scale.half_life(item.source)),
            source_weight=self.scale.weight(item.source),
            dropped=looked.dropped,
        )


@dataclass(frozen=True, slots=True)
class _Looked:
    """A document held against one item."""

    number: int
    score: int
    days: float
    matches: list[Match]
    held: list[tuple[Term, Places]]
    verdict: Verdict
    dropped: str


def _asked(item: Item) -> float:
    return sum(term.weight for term in item.keywords)


def _read(document: Document) -> Read:
    title, text = readable(document.title), readable(document.text)
    return Read(document.type, title, text, language(document.language, title, text))


def _match(term: Term, places: Places, words_: Words) -> Match:
    in_title = sum(place < words_.in_title for place in places)
    return Match(term.text, term.weight, in_title, len(places) - in_title, words_.count(places))


def _summary(read_: Read, looked: _Looked, words_: Words) -> str:
    """The best passage; without a mention in the text its beginning, without a text the title."""
    weights: dict[int, float] = {}  # of the mentions at a place in the text
    for term, places in looked.held:
        for place in places:
            if place > words_.in_title:
                weights[place] = weights.get(place, 0.0) + term.weight
    if not weights:
        return shortened(plain(read_.text)) or shortened(plain(read_.title))
    spans = list(sentences(read_.text))
    starts = [words_.in_title + 1]
    for start, end in spans:
        starts.append(starts[-1] + len(written(read_.text[start:end])))
    heavy = [0.0] * len(spans)
    for place, weight in weights.items():
        heavy[bisect_right(starts, place) - 1] += weight
    first, end = best_run(read_.text, spans, heavy)
    line = plain(read_.text[spans[first][0] : spans[end - 1][1]])
    if len(line) <= LONGEST:
        return line
    nearest = min(place for place in weights if place >= starts[first])
    return shortened(line, _offset(line, nearest - starts[first]))


def _offset(line: str, number: int) -> int:
    """Where the word of this number stands in a line."""
    at = seen = 0
    for part in line.split(" "):
        seen += len(written(part))
        if seen > number:
            return at
        at += len(part) + 1
    return 0

"""What becomes of each document that matches."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import accumulate
from typing import Final, Generic, TypeVar

from scans.matching import score as scoring
from scans.matching.documents import Document
from scans.matching.languages import language, written
from scans.matching.mentions import Places, Words, mentions, read
from scans.matching.reasoning import reasoning
from scans.matching.score import Match, Scale
from scans.matching.specification import Item, Term
from scans.matching.summary import LONGEST, best_run, shortened
from scans.matching.text import plain, readable, sentences, separated
from scans.matching.vocabulary import Vocabulary

# Between blocks words are sieved out anew. Their size decides over memory and speed, not over any verdict.
BLOCK_DOCUMENTS: Final = 1_024
BLOCK_CHARACTERS: Final = 8_000_000
SMALLEST_INDEXED: Final = 256  # documents; of fewer too few words are known for a sieve


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
        self.documents = 0

    def __call__(self, documents: Iterable[D]) -> Iterator[Judged[D]]:
        for block in _blocks(document for document in documents if document.type in self.sources):
            for document in block:
                found = self.best(document)
                if found is not None:
                    yield found
            self.documents += len(block)
            if self.documents >= SMALLEST_INDEXED:
                for vocabulary in self.vocabularies.values():
                    vocabulary.renew()

    def vocabulary(self, language: str) -> Vocabulary:
        known = self.vocabularies.get(language)
        if known is None:
            known = self.vocabularies[language] = Vocabulary(self.items, language)
        return known

    def best(self, document: D) -> Judged[D] | None:
        title, text = readable(document.title), readable(document.text)
        words_ = read(title, text, self.vocabulary(language(document.language, title, text)))
        asked = words_.asking().items()
        looked = [found for number, terms in asked if (found := self.look(document, number, terms, words_)) is not None]
        if not looked:
            return None
        best = max(looked, key=lambda each: (_BETTER[each.verdict], each.score, -each.number))
        why, summary = self.reason(document, best), _summary(title, text, best, words_)
        return Judged(document, best.number, best.verdict, best.score, why, summary)

    def look(self, document: Document, number: int, terms: Sequence[Term], words_: Words) -> _Looked | None:
        """`terms`: the keywords of the item that may hold; None: it is another source's, or none of them holds."""
        item = self.items[number]
        if item.source != document.type:
            return None
        held = [(term, places) for term in terms if (places := mentions(term.expression, words_)) is not None]
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


def _match(term: Term, places: Places, words_: Words) -> Match:
    in_title = sum(place < words_.in_title for place in places)
    return Match(term.text, term.weight, in_title, len(places) - in_title, words_.count(places))


def _summary(title: str, text: str, looked: _Looked, words_: Words) -> str:
    """The best passage; without a mention in the text its beginning, without a text the title."""
    weights: dict[int, float] = {}  # of the mentions at an offset in the separated text
    for term, places in looked.held:
        for place in places:
            if place > words_.in_title:
                offset = words_.offsets[place]
                weights[offset] = weights.get(offset, 0.0) + term.weight
    if not weights:
        return shortened(plain(text)) or shortened(plain(title))
    spans = list(sentences(text))
    starts = list(accumulate((len(separated(text[start:end])) for start, end in spans), initial=0))
    heavy = [0.0] * len(spans)
    for offset, weight in weights.items():
        heavy[bisect_right(starts, offset) - 1] += weight
    first, end = best_run(text, spans, heavy)
    line = plain(text[spans[first][0] : spans[end - 1][1]])
    if len(line) <= LONGEST:
        return line
    nearest = min(offset for offset in weights if offset >= starts[first])
    return shortened(line, _offset(line, len(written(separated(text)[starts[first] : nearest]))))


def _offset(line: str, number: int) -> int:
    """Where the word of this number stands in a line."""
    at = seen = 0
    for part in line.split(" "):
        seen += len(written(part))
        if seen > number:
            return at
        at += len(part) + 1
    return 0

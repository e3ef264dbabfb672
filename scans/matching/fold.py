"""The same event told twice is one signal with several sources.

In the order of merit (higher score, then earlier, then key and address) each document either tells the same event as
one that stands already, and is folded into the first such, or stands itself. So every folded document is near the one
that stands for it, no two that stand are near each other, and a chain of small differences never joins its ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from scans.matching.documents import Document
from scans.matching.judging import Judged
from scans.matching.shingles import needed
from scans.matching.traces import Trace, same_story, traces

if TYPE_CHECKING:
    from numpy.typing import NDArray

D = TypeVar("D", bound=Document)
_LAST: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Group(Generic[D]):
    """One event. `sources`: every address it was seen at, the representative's first, each once. `trace`: of the
    representative.
    """

    company: str
    representative: Judged[D]
    duplicates: tuple[Judged[D], ...]
    sources: tuple[str, ...]
    trace: Trace = field(compare=False)


def fold(judged: Iterable[Judged[D]], company_key: Callable[[D], str]) -> Iterator[Group[D]]:
    """Of kept documents (the caller leaves the others out). The result does not depend on the order they come in."""
    companies: dict[tuple[str, str], list[Judged[D]]] = {}
    for each in judged:
        companies.setdefault((company_key(each.document), each.document.type), []).append(each)
    for (company, _), found in sorted(companies.items(), key=lambda entry: entry[0]):
        yield from _folded(company, found)


def _merit(judged: Judged[Any]) -> tuple[int, datetime, str, str, str, str]:
    document = judged.document
    return -judged.score, document.posted_at or _LAST, document.key, document.url, document.title, document.text


def _folded(company: str, found: Sequence[Judged[D]]) -> Iterator[Group[D]]:
    found = sorted(found, key=_merit)
    told = list(traces([each.document for each in found]))
    members: dict[int, list[Judged[D]]] = {}
    for place, each in zip(_into(told), found, strict=True):
        members.setdefault(place, []).append(each)
    for place, (first, *others) in members.items():
        sources = dict.fromkeys(each.document.url for each in (first, *others) if each.document.url)
        yield Group(company, first, tuple(others), tuple(sources), told[place])


def _into(told: Sequence[Trace]) -> list[int]:
    """For each document, in order of merit, the number of the one that stands for it: its own, if it stands itself."""
    if len(told) == 1:
        return [0]
    shared = _shared(told)
    standing = _Standing()
    return [standing.place(number, each, shared[number]) for number, each in enumerate(told)]


def _shared(told: Sequence[Trace]) -> list[NDArray[Any] | None]:
    """The shingles of each, rarest in this company first; None if too few are shared for it to be near any other.

    Two are near only if each has four fifths of its shingles from the other: whoever has fewer that occur anywhere else
    at all is alone. That settles nearly all documents without comparing any two. Shingles are counted by their last
    bits: a few count as more frequent than they are, which is on the safe side, and the order is the same for all.
    """
    import numpy as np

    every = np.concatenate([each.shingles for each in told])
    last_bits = every & np.uint64((1 << (len(every).bit_length() + 2)) - 1)
    often = np.bincount(last_bits.astype(np.int64))[last_bits]
    several = np.concatenate([[0], np.cumsum(often > 1)])
    bounds = np.cumsum([0, *(len(each.shingles) for each in told)])
    occurring = np.diff(several[bounds]).tolist()
    rarest_first: list[NDArray[Any] | None] = []
    for each, shared, start in zip(told, occurring, bounds.tolist(), strict=False):
        size = len(each.shingles)
        enough = size and shared >= needed(size)
        order = np.lexsort((each.shingles, often[start : start + size])) if enough else None
        rarest_first.append(None if order is None else each.shingles[order])
    return rarest_first


class _Standing:
    """The documents of one company that stand for an event, found again by their rarest shingles.

    Two sets that are near share one of the first `size - needed(size) + 1` of each in any order common to all: prefix
    filtering finds every pair, unlike MinHash, and few others.
    """

    def __init__(self) -> None:
        self.by_shingle: dict[int, list[int]] = {}
        self.by_document: dict[tuple[str, str], int] = {}
        self.traces: dict[int, Trace] = {}

    def place(self, number: int, found: Trace, rarest_first: Any) -> int:
        known = self.by_document.get((found.key, found.url))
        prefix: list[int] = []
        if rarest_first is not None:
            prefix = rarest_first[: len(rarest_first) - needed(len(rarest_first)) + 1].tolist()
            candidates = {place for shingle in prefix for place in self.by_shingle.get(shingle, ())}
            near = (place for place in sorted(candidates) if same_story(self.traces[place], found))
            known = min((place for place in (known, next(near, None)) if place is not None), default=None)
        if known is not None:
            return known
        self.traces[number] = found
        self.by_document[found.key, found.url] = number
        for shingle in prefix:
            self.by_shingle.setdefault(shingle, []).append(number)
        return number

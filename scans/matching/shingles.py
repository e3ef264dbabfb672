"""What two texts are compared by: the set of runs of three words, as 64-bit numbers that are the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

from scans.matching.languages import LONGEST_WORD, folded
from scans.matching.text import readable, separated

if TYPE_CHECKING:
    from numpy import uint64
    from numpy.typing import NDArray

    Numbers = NDArray[uint64]
    Shingles = NDArray[uint64]  # ascending, each once

RUN: Final = 3  # words
MOST: Final = 2_000  # words; the rest of a longer document is not compared
_BATCH: Final = 250_000  # bytes of words: so many are counted at once, in some 10 MB
_BASE: Final = 0xD6E8FEB86659FD93  # odd, as are the factors: no bit of a word is lost
_MIX: Final = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)
_END: Final = b"\n"  # behind each word
_PARTED: Final = bytes(ord(chr(byte).lower()) if byte < 128 and chr(byte).isalnum() else _END[0] for byte in range(256))
# What English has beside ASCII, and in no word: with blanks instead most texts do without the analyser.
_MARKS: Final = "‘’“”–—…•\xa0"


def shingles(title: str, text: str) -> Shingles:
    """Of title and text together, folded, without markup. Fewer words than RUN are one shingle; no words: none."""
    return next(shingled([(title, text)]))


def shingled(documents: Iterable[tuple[str, str]]) -> Iterator[Shingles]:
    """The `shingles` of each title and text, of many at once: numpy takes longer to begin than to count."""
    batch: list[bytes] = []
    size = 0
    for title, text in documents:
        batch.append(_words(f"{title}\n{text}"))
        size += len(batch[-1])
        if size >= _BATCH:
            yield from _of(batch)
            batch, size = [], 0
    if batch:
        yield from _of(batch)


def _words(text: str) -> bytes:
    """The folded words, _END behind each; nothing between two of them is no word."""
    text = separated(readable(text))
    if not text.isascii():
        for mark in _MARKS:
            text = text.replace(mark, " ")
    if text.isascii():
        return text.encode().translate(_PARTED) + _END
    return b"".join(word.encode()[: LONGEST_WORD - 1] + _END for word in folded(text)[:MOST])


def _of(batch: Sequence[bytes]) -> Iterator[Shingles]:
    import numpy as np

    numbers, bounds = _numbers(batch)
    runs = _runs(numbers)
    for start, end in pairwise(bounds):
        size = min(end - start, MOST)
        if size >= RUN:
            found = np.sort(runs[start : start + size - RUN + 1])
            new = found[1:] != found[:-1]
            yield found if new.all() else np.concatenate([found[:1], found[1:][new]])
        elif size:
            yield _runs(np.concatenate([numbers[start:end], np.zeros(RUN - size, np.uint64)]))
        else:
            yield np.empty(0, np.uint64)


def _numbers(batch: Sequence[bytes]) -> tuple[Numbers, list[int]]:
    """A number for each word of these documents, and which are whose: from and to.

    That of a word is the sum of its bytes, each times _BASE to the power of its place in the word, modulo 2**64. It is
    got from the sums of all bytes so far, each times _BASE to the power of its place in the batch.
    """
    import numpy as np

    data = np.frombuffer(b"".join(batch), np.uint8)
    ends = np.flatnonzero(data == _END[0])
    starts = np.concatenate([[0], ends[:-1] + 1])
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(data * _powers(_BASE, len(data)))])
    words = (ends > starts) & (ends - starts < LONGEST_WORD)
    starts, ends = starts[words], ends[words]
    numbers = (sums[ends] - sums[starts]) * _powers(pow(_BASE, -1, 2**64), len(data))[starts]
    numbers ^= numbers >> np.uint64(32)
    return numbers, np.searchsorted(starts, list(accumulate(map(len, batch), initial=0))).tolist()


def _powers(base: int, count: int) -> Numbers:
    import numpy as np

    found = np.full(count, base, np.uint64)
    found[:1] = 1
    return np.multiply.accumulate(found)


def _runs(numbers: Numbers) -> Numbers:
    import numpy as np

    first, second = map(np.uint64, _MIX)
    runs = (numbers[:-2] * first + numbers[1:-1]) * second + numbers[2:]
    runs ^= runs >> np.uint64(29)
    return runs


def near(one: Shingles, other: Shingles) -> bool:
    """Whether they have four fifths of what either has in common (Jaccard >= 0.8). Two without a word are not near:
    nothing is known of them.
    """
    fewer, more = sorted((one, other), key=len)
    if len(fewer) < needed(len(more)) or not len(fewer):
        return False
    both = int((more.take(more.searchsorted(fewer), mode="clip") == fewer).sum())
    return 5 * both >= 4 * (len(fewer) + len(more) - both)


def needed(size: int) -> int:
    """How many of this many shingles another set must have as well to be near."""
    return -(-4 * size // 5)

"""What two texts are compared by: the set of runs of three words, as 64-bit numbers that are the same everywhere."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from scans.matching.languages import PLAIN, stems, written
from scans.matching.text import readable

if TYPE_CHECKING:
    from numpy import uint64
    from numpy.typing import NDArray

    Shingles = NDArray[uint64]  # ascending, each once

RUN: Final = 3  # words
MOST: Final = 2_000  # words; the rest of a longer document is not compared
_KNOWN: Final = 500_000  # words; some 60 MB
_MIX: Final = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)  # odd: no bit of a word is lost


class _Numbers(dict[str, int]):
    """A number for each word, the same for those that differ in accents only."""

    def __missing__(self, word: str) -> int:
        folded = "".join(stems([word], PLAIN))
        number = self[word] = int.from_bytes(blake2b(folded.encode(), digest_size=8).digest(), "little")
        return number


_numbers = _Numbers()


def shingles(title: str, text: str) -> Shingles:
    """Of title and text together, folded, without markup. Fewer words than RUN are one shingle; no words: none."""
    import numpy as np

    found = written(readable(f"{title}\n{text}"))[:MOST]
    if not found:
        return np.empty(0, np.uint64)
    if len(_numbers) > _KNOWN:
        _numbers.clear()
    number = np.fromiter(map(_numbers.__getitem__, found), np.uint64, len(found))
    if len(found) < RUN:
        number = np.concatenate([number, np.zeros(RUN - len(found), np.uint64)])
    first, second = _MIX
    runs = (number[:-2] * np.uint64(first) + number[1:-1]) * np.uint64(second) + number[2:]
    runs ^= runs >> np.uint64(29)
    runs.sort()
    new = runs[1:] != runs[:-1]
    return runs if new.all() else np.concatenate([runs[:1], runs[1:][new]])


def near(one: Shingles, other: Shingles) -> bool:
    """Whether they have four fifths of what either has in common (Jaccard >= 0.8). Two without a word are not near:
    nothing is known of them.
    """
    import numpy as np

    fewer, more = sorted((len(one), len(other)))
    if fewer < needed(more) or not fewer:
        return False
    both = len(np.intersect1d(one, other, assume_unique=True))
    return 5 * both >= 4 * (fewer + more - both)


def needed(size: int) -> int:
    """How many of this many shingles another set must have as well to be near."""
    return -(-4 * size // 5)

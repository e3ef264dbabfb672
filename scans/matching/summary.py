"""The best passage of a document."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from scans.matching.text import plain

LONGEST: Final = 300  # characters
_CUT: Final = "…"
_LEAD: Final = 60  # characters kept before the first mention, where a sentence has to be cut


def best_run(text: str, spans: Sequence[tuple[int, int]], weights: Sequence[float]) -> tuple[int, int]:
    """First sentence and one past the last of the run of sentences with the most matched weight that fits into LONGEST
    characters; the shortest of equals, then the earliest. `weights`: of the mentions in each sentence, not all 0.
    """
    sizes = list(accumulate((len(plain(text[start:end])) + 1 for start, end in spans), initial=0))
    heavy = list(accumulate(weights, initial=0.0))
    weighted = list(accumulate((place if weight else 0 for place, weight in enumerate(weights)), max))
    best, merit, last = (0, 1), (0.0, 0), 0
    for first, weight in enumerate(weights):
        if not weight:
            continue  # a run that begins with it is no better than the one that begins behind it
        last = max(last, first)
        while last + 1 < len(spans) and sizes[last + 2] - sizes[first] - 1 <= LONGEST:
            last += 1
        end = weighted[last] + 1
        merit_ = (heavy[end] - heavy[first], sizes[first] - sizes[end])
        if merit_ > merit:
            best, merit = (first, end), merit_
    return best


def shortened(line: str, near: int = 0) -> str:
    """At most LONGEST characters of a `plain` line, among them what stands at `near`, cut between words.

    Only a single word longer than that is cut inside.
    """
    if len(line) <= LONGEST:
        return line
    start = 0
    if near > LONGEST - 2 * _LEAD:
        start = line.rfind(" ", 0, near - _LEAD) + 1
        if near - start > LONGEST // 2:
            start = near
    head, body = (_CUT if start else ""), line[start:]
    room = LONGEST - len(head)
    if len(body) <= room:
        return head + body
    room -= len(_CUT)
    end = body.rfind(" ", 0, room + 1)
    return head + body[: end if end > 0 else room].rstrip(" ,;:-–") + _CUT

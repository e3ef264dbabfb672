"""The best passage of a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from scans.matching.text import plain

LONGEST: Final = 300  # characters
_CUT: Final = "…"
_LEAD: Final = 60  # characters kept before the first mention, where a sentence has to be cut


def best_run(text: str, spans: Sequence[tuple[int, int]], weights: Sequence[float]) -> tuple[int, int]:
    """First sentence and one past the last of the run of sentences with the most matched weight that fits into LONGEST
    characters; the shortest of equals, then the earliest. `weights`: of the mentions in each sentence, not all 0.
    """
    best, merit = (0, 1), (0.0, 0)
    for first, weight in enumerate(weights):
        if not weight:
            continue  # a run that begins with it is no better than the one that begins behind it
        size, sum_ = 0, 0.0
        for last in range(first, len(spans)):
            size += len(plain(text[slice(*spans[last])])) + 1
            if size - 1 > LONGEST and last > first:
                break
            sum_ += weights[last]
            if (sum_, -size) > merit:
                best, merit = (first, last + 1), (sum_, -size)
            if size > LONGEST:
                break
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

"""The score of a document: what it says, how fresh it is, what its source is worth. No other document matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

BEST: Final = 0.7  # of the relevance comes from the best term
SHARE: Final = 0.3  # and this from how much of what was asked for is there
HALF: Final = 0.5  # mentions at which a term counts half
HALF_LIFE_DAYS: Final = 30.0
SOURCE_WEIGHT: Final = 1.0
TOP: Final = 100
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Scale:
    """What an operator may set per type of signal (SIGNAL_HALF_LIVES, SIGNAL_WEIGHTS); the rest is as above."""

    half_lives: Mapping[str, float] = field(default_factory=dict)  # days
    weights: Mapping[str, float] = field(default_factory=dict)

    def half_life(self, type: str) -> float:
        return self.half_lives.get(type, HALF_LIFE_DAYS)

    def weight(self, type: str) -> float:
        return self.weights.get(type, SOURCE_WEIGHT)


@dataclass(frozen=True, slots=True)
class Match:
    """A term that a document mentions."""

    text: str
    weight: float
    in_title: int
    in_text: int
    count: int  # tf


def relevance(matches: Sequence[Match], asked: float) -> float:
    """0..100. `asked`: the weight of all terms of the item; 0: nothing was asked for, so nothing is missing."""
    if not asked:
        return float(TOP)
    best = max(match.count / (match.count + HALF) for match in matches)
    return TOP * (BEST * best + SHARE * sum(match.weight for match in matches) / asked)


def age(posted: datetime | None, clock: datetime, half_life: float) -> float:
    """In days, a future date counting as now. A document without a date counts as one half-life old."""
    return half_life if posted is None else max((clock - posted) / _DAY, 0.0)


def freshness(days: float, half_life: float) -> float:
    return float(0.5 ** (days / half_life))


def score(matches: Sequence[Match], asked: float, days: float, type: str, scale: Scale) -> int:
    """A whole number 0..100, halves rounded up."""
    exact = relevance(matches, asked) * freshness(days, scale.half_life(type)) * scale.weight(type)
    return min(int(exact + 0.5), TOP)

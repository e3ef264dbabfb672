"""People whose names are alike at one company: candidates for staff, never merged by themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from rapidfuzz import fuzz, process

THRESHOLD = 90
"""Of token_set_ratio: Jon Smith and John Smith are 95, Tim Meyer and Tom Meyer 89; a middle name more is 100."""
_MANY = 300
"""People of one company from which on only those with the same initials are compared."""
_MOST = 5


class Named(NamedTuple):
    """`profile`: whether a LinkedIn profile is known; two people with one each are not alike."""

    id: str
    key: str
    profile: bool


class Alike(NamedTuple):
    one: str
    other: str
    score: int


class Colleagues:
    """The people known at one company; if they are many, by the initials of their names."""

    def __init__(self, known: Iterable[Named] = ()) -> None:
        self._all: list[Named] = list(known)
        self._by_initials: dict[str, list[Named]] = defaultdict(list)
        self._sorted = 0  # of all, those that stand in _by_initials

    def add(self, person: Named) -> None:
        self._all.append(person)

    def like(self, person: Named) -> Iterator[Alike]:
        """Those with a name like this one's, but not the same; at most five, the likest first."""
        if " " not in person.key:
            return
        others = self._all if len(self._all) <= _MANY else self._with_initials(_initials(person.key))
        for _, score, place in process.extract(
            person.key, _keys(others), scorer=fuzz.token_set_ratio, score_cutoff=THRESHOLD, limit=4 * _MOST
        )[:_MOST]:
            other = others[place]
            if other.key != person.key and other.id != person.id and not (other.profile and person.profile):
                yield Alike(person.id, other.id, int(score))

    def _with_initials(self, initials: str) -> list[Named]:
        for each in self._all[self._sorted :]:
            self._by_initials[_initials(each.key)].append(each)
        self._sorted = len(self._all)
        return self._by_initials[initials]


def _keys(people: Sequence[Named]) -> list[str]:
    return [person.key if " " in person.key else "" for person in people]


def _initials(key: str) -> str:
    return "".join(sorted(word[0] for word in key.split()))

"""A batch on its way: who was met, and what is to be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from accounts.models import AccountGroup
from prospecting.enums import MergeReason
from prospecting.importing.entries import Entry, Fault
from prospecting.importing.filling import Import, Moved
from prospecting.importing.known import Employer, Known, Person
from prospecting.models import ProspectingJob


class Failed(NamedTuple):
    """A value or a row (`lost`) that could not be taken."""

    line: int
    fault: Fault
    lost: bool
    raw: Mapping[str, str]


class Question(NamedTuple):
    """Why two people may be one, how alike they are (0..100), and in which row that came up."""

    reason: MergeReason
    score: int
    line: int


@dataclass(slots=True)
class Batch:
    group: AccountGroup
    job: ProspectingJob
    now: Import
    known: Known = field(default_factory=Known)
    members: dict[str, None] = field(default_factory=dict)  # ids, in the order of the rows
    made: dict[str, int] = field(default_factory=dict)  # id -> the row that brought them
    met: int = 0
    failed: int = 0
    touched: dict[str, Person] = field(default_factory=dict)
    freed: dict[str, Person] = field(default_factory=dict)  # lost an address that was only guessed
    employers: dict[str, Employer] = field(default_factory=dict)
    externals: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)  # -> prospect id, person id
    further: dict[tuple[str, str], str] = field(default_factory=dict)  # (kind, value) -> prospect id
    moved: list[Moved] = field(default_factory=list)
    pairs: dict[tuple[str, str], Question] = field(default_factory=dict)
    errors: list[Failed] = field(default_factory=list)

    def ask(self, one: str, other: str, question: Question) -> None:
        """Whether two people are one; the first question about a pair is the one that stands."""
        if one != other:
            self.pairs.setdefault((min(one, other), max(one, other)), question)

    def note(self, entry: Entry, faults: Sequence[Fault], *, lost: bool = False) -> None:
        self.errors += [Failed(entry.line, fault, lost, entry.lead.raw) for fault in faults]

    def lose(self, entry: Entry, faults: Sequence[Fault]) -> None:
        self.failed += 1
        self.note(entry, faults, lost=True)

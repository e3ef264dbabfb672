"""The two stages of a prospecting job as partners see them. Pure.

A stage has one of the five words of a job; none is queued or running once the job is over. Its progress never goes
back and is 1 exactly when it is completed.
"""

from __future__ import annotations

from dataclasses import dataclass

from jobs.enums import FINAL, Status

_ALMOST = 0.9999  # all inputs are consumed, and yet the stage did not end well, or not yet
_PLACES = 10_000


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the inputs of a stage; `total` is None until known, `expected` what it is likely to be."""

    total: int | None = None
    done: int = 0
    failed: int = 0
    skipped: int = 0
    expected: int | None = None

    @property
    def consumed(self) -> int:
        return self.done + self.failed + self.skipped

    @property
    def share(self) -> float:
        """Of the inputs, those consumed: from 0 to just below 1, cut to four places."""
        whole = self.total or self.expected
        return min(int(_PLACES * self.consumed / whole) / _PLACES, _ALMOST) if whole else 0.0


@dataclass(frozen=True, slots=True)
class Stage:
    status: Status
    counts: Counts

    @property
    def progress(self) -> float:
        return 1.0 if self.status == Status.COMPLETED else self.counts.share


@dataclass(frozen=True, slots=True)
class Stages:
    """`import_` is over as soon as the total of `enrichment` is known."""

    import_: Stage
    enrichment: Stage

    @classmethod
    def of(cls, job: Status, import_: Counts, enrichment: Counts) -> Stages:
        """The stages of a job in the state `job`. What is not over shares its fate; what never began is cancelled."""
        if job == Status.COMPLETED or enrichment.total is not None:
            return cls(Stage(Status.COMPLETED, import_), Stage(job, enrichment))
        waits = Status.CANCELLED if job in FINAL else Status.QUEUED
        return cls(Stage(job, import_), Stage(waits, enrichment))

    @property
    def progress(self) -> float:
        """Of both together."""
        return (self.import_.progress + self.enrichment.progress) / 2

"""The kinds of job there are. Each app names its own in AppConfig.ready; lifecycle needs no import of theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jobs.enums import Status
from jobs.models import Job


def _nothing(job_id: str, to: Status, message: str) -> None:
    """Most kinds keep nothing beside the job's own row that would have to follow it."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`task` is the Celery task's name, `queue` where it waits.

    `discard(job_id, keep_attempt)` deletes what attempts other than `keep_attempt` (None: all of them) staged.
    `fell(job_id, status, message)` is called in the transaction in which a job fails or is cancelled, whoever ends it
    (its worker, the reaper, a person), for rows that must say so at the same moment.
    """

    name: str
    model: type[Job]
    task: str
    queue: str
    discard: Callable[[str, int | None], None]
    fell: Callable[[str, Status, str], None] = _nothing


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    _kinds[kind.name] = kind


def get(name: str) -> Kind:
    return _kinds[name]


def every() -> list[Kind]:
    return list(_kinds.values())


def of(job: Job) -> Kind:
    return next(kind for kind in _kinds.values() if kind.model is type(job))

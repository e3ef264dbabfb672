"""One run: a workload driven to its end while faults strike it, and what came of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults import amid, left
from tests.faults.breaking import Fault, Scene
from tests.faults.house import House
from tests.faults.workload import JOB, KINDS, SCAN, SIGNALS, Size, Workload
from tests.jobs import gates
from tests.until import until

BROKEN = ("ConnectError", "ReadError", "RemoteProtocolError", "WriteError", "503")


@dataclass(frozen=True)
class Struck:
    """How many jobs of each kind were under way when the fault came."""

    fault: str
    jobs: Mapping[str, int]


@dataclass(frozen=True)
class Outcome:
    """`taken_back`: jobs a worker lost or gave back; `asked_again`: requests that partners had to repeat. `faults`:
    what must not be (left.faults)."""

    jobs: int
    struck: Sequence[Struck]
    taken_back: int
    asked_again: int
    seconds: float
    results: dict[str, Any]
    faults: list[str]


def run(house: House, size: Size, seed: int, faults: Sequence[Fault] = ()) -> Outcome:
    """Each fault strikes when a job of each kind is held amid its work."""
    begun = time.monotonic()
    with Workload(house, size, seed) as work:
        with work.driven():
            struck = [_strike(house, work, fault) for fault in faults]
        until(lambda: left.settled(work), "the sweeper to clear what is left")
        assert house.died() == [], "ended though nobody killed it"
        ids = [job_id for tenant in work.tenants for job_id in tenant.ids.values()]
        tries = sum((tenant.client.tries for tenant in work.tenants), Counter[str]())
        return Outcome(
            jobs=len(ids), struck=struck, taken_back=amid.taken_back(ids),
            asked_again=sum(tries[name] for name in BROKEN), seconds=time.monotonic() - begun,
            results=left.results(work), faults=left.faults(work),
        )  # fmt: skip


def _strike(house: House, work: Workload, fault: Fault) -> Struck:
    with gates.amid_each_kind() as gate:
        work.release(SCAN, SIGNALS)
        _until_held(work, gate, SCAN, SIGNALS)
        work.release(JOB)
        _until_held(work, gate, *KINDS)
        scene = Scene(house, work, gate, amid.begun(house, work.groups))
        assert all(scene.jobs.values())
        fault.strike(scene)
    amid.make_due(work.groups)
    return Struck(fault.name, {kind: len(ids) for kind, ids in scene.jobs.items()})


def _until_held(work: Workload, gate: gates.Gate, *some: str) -> None:
    until(lambda: work.check() or gate.full({KINDS.index(kind) for kind in some}), f"jobs to be held: {some}")

"""What partners are promised, while everything breaks that can: nothing is lost, doubled or seen by half."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.faults import left, report
from tests.faults.breaking import FAULTS
from tests.faults.house import House
from tests.faults.report import Record
from tests.faults.running import Outcome, run
from tests.faults.test_cancel_races import EACH as RACES
from tests.faults.test_cancel_races import RIVALS
from tests.faults.workload import JOB, KINDS, LONG, SIGNALS, Size, Workload
from tests.jobs import gates
from tests.until import until

pytestmark = pytest.mark.system

SEED = 1
RUNS = {
    "processes": (
        "killed-workers", "killed-children", "stopped-workers", "stalled-workers", "killed-beat", "killed-web",
    ),
    "servers and network": (
        "empty-redis", "crashed-postgres", "cut-connections", "stalled-network", "slow-network", "duplicate-messages",
        "delayed-messages",
    ),
}  # fmt: skip
SHORT = {"all": ("killed-workers", "empty-redis", "crashed-postgres", "stalled-workers")}
MIXED = 6  # faults of the run that mixes all, drawn by the seed


@pytest.fixture(scope="module")
def record() -> Iterator[Record]:
    """Of the runs so far whose results were right. When all were made, in the long form, it is written down."""
    made = Record()
    yield made
    if LONG and made.disk and made.outcomes.keys() >= {"undisturbed", *RUNS}:
        report.write(made, races=RACES * len(RIVALS))


@pytest.fixture
def quiet(house: House, size: Size, record: Record) -> Outcome:
    if "undisturbed" not in record.outcomes:
        record.outcomes["undisturbed"] = run(house, size, SEED)
    return record.outcomes["undisturbed"]


def same(outcome: Outcome, quiet: Outcome, size: Size) -> None:
    assert outcome.faults == quiet.faults == []
    assert outcome.jobs == quiet.jobs == size.jobs
    assert outcome.results.keys() == quiet.results.keys()
    for what, then in quiet.results.items():
        assert outcome.results[what] == then, what


@pytest.mark.parametrize("name", RUNS if LONG else SHORT)
def test_nothing_is_lost_doubled_or_half_visible(
    house: House, size: Size, quiet: Outcome, record: Record, name: str
) -> None:
    outcome = run(house, size, SEED, [FAULTS[each] for each in (RUNS | SHORT)[name]])
    same(outcome, quiet, size)
    record.outcomes[name] = outcome


def test_a_full_disk_is_said_clearly_leaves_nothing_half_done_and_is_over_when_there_is_space(
    house: House, size: Size, quiet: Outcome, record: Record
) -> None:
    with Workload(house, Size(1, size.each), SEED) as work:
        (tenant,) = work.tenants
        with work.driven(), gates.after_the_first_batch() as gate:
            work.release(*KINDS, rounds=work.rounds)
            gate.reached()
            house.fill()
            gate.open()
            for path in ("/api/data/upload", f"{tenant.base}/files"):
                answer = tenant.client.http.post(path, files={"file": ("a.csv", b"Email,Amount\na@b.example,1\n")})
                assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60"), answer.text
                assert "STORAGE_FULL" in answer.text
            until(lambda: work.check() or work.is_over, "the end of all jobs")
        house.free()
        until(lambda: left.settled(work), "the sweeper to clear what is left")
        failed = left.failed(tenant)
        assert failed, "no job was struck"
        for asked in failed:
            assert left.of_failed(tenant, asked) == ("STORAGE_FULL", 0, set(), {0})
        others = {asked: job for asked, job in tenant.ids.items() if asked not in failed}
        assert {asked.kind for asked in others} >= {JOB, SIGNALS}, "they need no disk"
        for asked in failed:
            del tenant.ids[asked], tenant.shown[asked]
        assert left.faults(work) == []
        tenant.again(failed)
        until(lambda: left.settled(work), "the sweeper to clear what is left")
        assert left.faults(work) == []
        for asked in tenant.ids:
            now, then = left.job(asked, tenant.ids[asked]), quiet.results[f"0 {asked.kind} {asked.number}"]
            for what in ("status", "error", "result_digest", "violations", "people", "findings"):
                assert now.get(what) == then.get(what), (asked, what)
    record.disk = (
        "filling a small disk (tmpfs)" if house.own_disk else "forbidding all processes to write (RLIMIT_FSIZE)"
    )


@pytest.mark.skipif(not LONG, reason="in the long form (make faults)")
def test_nor_when_all_faults_come_in_any_order(house: House, size: Size, quiet: Outcome, record: Record) -> None:
    outcome = run(house, size, SEED, random.Random(SEED).sample(list(FAULTS.values()), MIXED))
    same(outcome, quiet, size)
    record.outcomes["mixed"] = outcome

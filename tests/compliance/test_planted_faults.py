"""The comparison with the oracle has teeth: each fault planted in the real engine is caught on a few scans."""

from __future__ import annotations

import pytest

from tests.compliance import planted_histories
from tests.compliance.agreement import engine_result
from tests.compliance.planted import FAULTS, scans, verdict

assert planted_histories


def test_at_least_forty_faults_are_planted() -> None:
    assert len(FAULTS) >= 40


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind, first, plant = FAULTS[name]
    for place in sorted(range(len(scans(kind))), key=lambda place: place != first):
        if not any(rule["findings"] for rule in verdict(kind, place)["rules"].values()):
            continue
        with monkeypatch.context() as patch:
            plant(patch)
            caught = engine_result(scans(kind)[place]) != verdict(kind, place)
        if caught:
            assert engine_result(scans(kind)[place]) == verdict(kind, place), "nothing else may be wrong with it"
            return
    pytest.fail(f"{name} went unnoticed on {len(scans(kind))} scans")

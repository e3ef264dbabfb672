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
    kind, plant = FAULTS[name]
    for place, case in enumerate(scans(kind)):
        if not any(rule["findings"] for rule in verdict(kind, place)["rules"].values()):
            continue
        with monkeypatch.context() as patch:
            plant(patch)
            caught = engine_result(case) != verdict(kind, place)
        if caught:
            assert engine_result(case) == verdict(kind, place), "nothing else may be wrong with the engine"
            return
    pytest.fail(f"{name} went unnoticed on {len(scans(kind))} scans")

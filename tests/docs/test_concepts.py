"""docs/concepts.md: the arithmetic it shows is the engine's, and its words are those of the code."""

from __future__ import annotations

from compliance.engine.score import WEIGHTS, severity_weighted
from compliance.enums import ReviewStatus, ScoreMethod
from config.processes import PROJECT
from jobs.enums import Status
from scans.enums import ScanType

PAGE = " ".join((PROJECT / "docs" / "concepts.md").read_text().split())


def test_the_score_it_reckons_is_the_score() -> None:
    assert "two CRITICAL findings (2), six HIGH ones (4.5) and one MEDIUM (0.5) in 36 records" in PAGE
    weight = 2 * WEIGHTS["CRITICAL"] + 6 * WEIGHTS["HIGH"] + WEIGHTS["MEDIUM"]
    assert f"100 x (1 - {weight // 4} / 36) = {severity_weighted(weight, 36)}" in PAGE


def test_every_state_and_decision_is_explained() -> None:
    words = [*Status, "pending", *ReviewStatus, *ScanType, ScoreMethod.RULES]
    assert [str(word) for word in words if f"`{word}`" not in PAGE] == []

"""Those we are measured beside, as far as they need no environment of their own, find what the engine finds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import engine
from benchmarks.goals import Goal, _svg
from compliance.demo.ledger import MIN_RECORDS

RECORDS = 2 * MIN_RECORDS


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return engine._data(tmp_path_factory.mktemp("ledger"), RECORDS)


@pytest.mark.parametrize(
    ("question", "others"),
    [("all", ["duckdb_sql", "python_loop"]), ("aml", ["duckdb_sql"]), ("records", ["duckdb_sql", "python_loop"])],
)
def test_who_is_asked_by_hand_finds_the_same_to_the_row(data: Path, question: str, others: list[str]) -> None:
    runs = {name: engine._run(name, Path(sys.executable), question, data) for name in [engine.ENGINE, *others]}
    assert len({run["digest"] for run in runs.values()}) == 1
    assert runs[engine.ENGINE]["findings"] > RECORDS / 50
    assert 0 < runs[engine.ENGINE]["known"] < runs[engine.ENGINE]["seconds"]


def test_a_contender_with_another_answer_fails_the_benchmark(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    digests = {engine.ENGINE: "a", engine.DUCKDB: "b"}
    monkeypatch.setattr(engine, "_run", lambda name, *_: {"digest": digests[name]})
    with pytest.raises(AssertionError, match="the answers to 'all' differ"):
        engine._in_turn("all", dict.fromkeys(digests, Path(sys.executable)), tmp_path, 50_000)


@pytest.mark.parametrize(
    ("ratio", "most", "met", "reached"), [(1.3, True, True, 1), (2.6, True, False, 0.5), (1.3, False, True, 1)]
)
def test_a_goal_is_reached_from_its_side(ratio: float, most: bool, met: bool, reached: float) -> None:
    goal = Goal("by hand", ratio, 1.3, most=most)
    assert (goal.is_met, goal.reached) == (met, reached)


def test_a_bar_of_a_goal_just_met_ends_at_the_line() -> None:
    svg = _svg([Goal("<all>", 1.3, 1.3, most=True)], "Ratios & goals")
    assert 'width="190.0"' in svg
    assert "&lt;all&gt;" in svg
    assert "Ratios &amp; goals" in svg

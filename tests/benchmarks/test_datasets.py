"""The benchmarks' data sets have the density they are named for."""

from __future__ import annotations

from pathlib import Path

from benchmarks.datasets import dense, typical
from tests.compliance.demo.brute_force import findings, read


def test_typical_has_three_percent_of_its_records_in_findings(tmp_path: Path) -> None:
    typical(tmp_path / "typical.csv", 50_000, seed=1)
    records = read(tmp_path / "typical.csv")

    assert len(records) == 50_000
    assert 0.025 <= len(set().union(*findings(records).values())) / 50_000 <= 0.035


def test_typical_has_about_20_records_an_account(tmp_path: Path) -> None:
    typical(tmp_path / "typical.csv", 50_000, seed=1)

    assert 15 <= 50_000 / len({record.account for record in read(tmp_path / "typical.csv")}) <= 25


def test_dense_has_about_one_violation_a_record(tmp_path: Path) -> None:
    dense(tmp_path / "dense.csv", 10_000, seed=1)
    records = read(tmp_path / "dense.csv")

    assert len(records) == 10_000
    assert 0.9 <= len(findings(records)) / 10_000 <= 1.1


def test_dense_is_the_same_for_the_same_seed_only(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        dense(tmp_path / name, 1_000, seed)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()

"""Precision and its like, against counts made by hand, record by record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.columns import Column, ColumnType
from compliance.engine.accuracy import Counts, measure
from compliance.engine.duck import EngineSettings

LABEL = Column("Fraud", "c0", ColumnType.BOOLEAN, 0, 2, None, None, booleans=1)
Finding = tuple[str, list[int]]


def measured(folder: Path, labels: list[bool | None], findings: list[Finding]) -> Any:
    records, found = folder / "records.parquet", folder / "findings.parquet"
    rows = pa.array(range(1, len(labels) + 1), pa.int64())
    pq.write_table(pa.table({"row": rows, "c0_b": pa.array(labels, pa.bool_())}), records)
    columns = {
        "rule_id": pa.array([rule for rule, _ in findings], pa.string()),
        "rows": pa.array([list(proof) for _, proof in findings], pa.list_(pa.int64())),
    }
    pq.write_table(pa.table(columns), found)
    return measure(records=records, findings=found, label=LABEL, scratch=folder, settings=EngineSettings(threads=1))


@given(
    st.lists(st.none() | st.booleans(), min_size=1, max_size=12).flatmap(
        lambda labels: st.tuples(
            st.just(labels),
            st.lists(
                st.tuples(st.sampled_from("AB"), st.lists(st.integers(1, len(labels)), min_size=1, max_size=4)),
                max_size=5,
            ),
        )
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_matrices_are_those_counted_record_by_record(
    tmp_path_factory: pytest.TempPathFactory, given_file: tuple[list[bool | None], list[Finding]]
) -> None:
    labels, findings = given_file
    found = measured(tmp_path_factory.mktemp("accuracy"), labels, findings)

    def matrix(rules: str) -> Counts:
        flagged = {row for rule, proof in findings if rule in rules for row in proof}
        pairs = [(row in flagged, label) for row, label in enumerate(labels, 1) if label is not None]
        return Counts(*(pairs.count(pair) for pair in ((True, True), (True, False), (False, True), (False, False))))

    assert found.overall == matrix("AB")
    for rule in "AB":
        assert found.by_rule.get(rule, found.nothing) == matrix(rule)
    known = [label for label in labels if label is not None]
    assert (found.records, found.labelled, found.positives) == (len(labels), len(known), sum(known))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (Counts(3, 1, 2, 4), (0.75, 0.6, 0.666667, 0.2)),
        (Counts(0, 0, 2, 4), (None, 0, 0, 0)),
        (Counts(0, 1, 0, 0), (0, None, 0, 1)),
        (Counts(0, 0, 0, 4), (None, None, None, 0)),
        (Counts(0, 0, 0, 0), (None, None, None, None)),
        (Counts(1, 2, 0, 0), (0.333333, 1, 0.5, 1)),
    ],
)
def test_a_ratio_of_nothing_is_none_and_not_0(counts: Counts, expected: tuple[float | None, ...]) -> None:
    assert (counts.precision, counts.recall, counts.f1, counts.false_positive_rate) == expected


def test_a_column_without_boolean_words_is_refused(tmp_path: Path) -> None:
    column = Column("Amount", "c0", ColumnType.NUMBER, 0, 2, None, None, numbers=2)
    with pytest.raises(ValueError, match='"Amount" holds no boolean words'):
        measure(records=tmp_path, findings=tmp_path, label=column, scratch=tmp_path, settings=EngineSettings())

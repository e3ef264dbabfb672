"""The whole way from a received file to records, rejects and profile."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from compliance.uploads.ingest import ingest
from compliance.uploads.profile import Profile
from compliance.uploads.session import locked_down
from tabular.errors import UploadError
from tabular.limits import Limits
from tests.compliance.uploads.files import take

CONTENT = 'account,amount,when,ok\nA,"1,000.50",2024-01-01T00:00:00Z,yes\nB,2,2024-01-02,\nC,x,,no\nD\n'


def test_records_have_the_layout_the_engine_reads(tmp_path: Path) -> None:
    take(tmp_path, CONTENT)
    schema = pq.read_schema(tmp_path / "records.parquet")
    assert {field.name: field.type for field in schema} == {
        "row": pa.int64(),
        "c0": pa.string(),
        "c1": pa.string(),
        "c1_n": pa.decimal128(18, 4),
        "c2": pa.string(),
        "c2_t": pa.int64(),
        "c2_z": pa.bool_(),
        "c3": pa.string(),
        "c3_b": pa.bool_(),
    }


def test_the_profile_survives_json(tmp_path: Path) -> None:
    profile = take(tmp_path, CONTENT).ingested.profile
    assert Profile.from_dict(json.loads(json.dumps(profile.to_dict()))) == profile


def test_the_profile_names_the_received_bytes(tmp_path: Path) -> None:
    profile = take(tmp_path, CONTENT).ingested.profile
    assert profile.sha256 == hashlib.sha256(CONTENT.encode()).hexdigest()
    assert profile.size == len(CONTENT)


def test_the_first_rows_are_shown_as_written(tmp_path: Path) -> None:
    rows = take(tmp_path, CONTENT).ingested.sample_rows
    assert rows[:2] == [
        {"account": "A", "amount": "1,000.50", "when": "2024-01-01T00:00:00Z", "ok": "yes"},
        {"account": "B", "amount": "2", "when": "2024-01-02", "ok": None},
    ]
    assert len(take(tmp_path, "a,b\n" + "1,2\n" * 9).ingested.sample_rows) == 5


@pytest.mark.parametrize("content", ["", "a,b\n", "a,b\n1\n", "a,b\n1,2\n" + "x" * 9_000_000])
def test_a_refused_file_leaves_nothing_behind(tmp_path: Path, content: str) -> None:
    source, target, rejects = tmp_path / "in", tmp_path / "out" / "records", tmp_path / "out" / "rejects"
    target.parent.mkdir()
    source.write_text(content)
    with pytest.raises(UploadError):
        ingest(source, target=target, rejects=rejects)
    assert list(target.parent.iterdir()) == []


def test_a_taken_file_leaves_records_and_rejects_only(tmp_path: Path) -> None:
    take(tmp_path, CONTENT)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "received",
        "records.parquet",
        "rejects.jsonl",
    ]


def test_each_refusal_has_a_code_a_status_and_a_message(tmp_path: Path) -> None:
    with pytest.raises(UploadError) as refused:
        take(tmp_path, "a,b\n")
    assert (refused.value.code, refused.value.status) == ("NO_RECORDS", 400)
    assert "no record" in refused.value.message


def test_names_in_a_header_cannot_become_sql(tmp_path: Path) -> None:
    name = "x'); DROP TABLE raw; --"
    taken = take(tmp_path, f'"{name}","a""b"\n1,2\n')
    assert taken.values(name) == ["1"]
    assert taken.values('a"b') == ["2"]


def test_the_database_reaches_nothing_but_its_folder(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with locked_down(tmp_path / "scratch", Limits()) as db:
        with pytest.raises(Exception, match="Permission"):
            db.execute(f"FROM read_csv('{tmp_path}/secret.csv')")
        with pytest.raises(Exception, match="locked"):
            db.execute("SET enable_external_access = true")


def test_a_field_larger_than_the_csv_modules_default_would_be_noticed() -> None:
    """The careful reader relies on the module's own limit, which is process-wide."""
    assert csv.field_size_limit() == Limits().cell_chars


def test_a_large_file_is_never_whole_in_memory(tmp_path: Path) -> None:
    """Arrow's pool, which holds the batches, is back to nothing much once a file of 40 MB is through."""
    before = pa.total_allocated_bytes()
    take_in = tmp_path / "big"
    with take_in.open("w") as file:
        file.write("account,amount\n")
        file.writelines(f"A{i % 1000},{i}.25\n" for i in range(2_000_000))
    ingested = ingest(take_in, target=tmp_path / "records", rejects=tmp_path / "rejects")
    assert ingested.row_count == 2_000_000
    assert pa.total_allocated_bytes() - before < 32 * 2**20

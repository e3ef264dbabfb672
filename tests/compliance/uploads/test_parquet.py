"""Parquet: every type reads as the value it holds."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from compliance.columns import Zoned
from tabular.errors import BadParquet, NoRecords, TooLarge, TooManyColumns, UploadError
from tabular.limits import Limits
from tests.compliance.uploads.files import Taken, take


def parquet(folder: Path, columns: dict[str, Any], **options: Any) -> bytes:
    path = folder / "made.parquet"
    pq.write_table(pa.table(columns), path, **options)
    content = path.read_bytes()
    path.unlink()
    return content


@pytest.fixture
def taken(tmp_path: Path) -> Taken:
    stamp = datetime(2024, 3, 4, 5, 6, 7, 250000)  # noqa: DTZ001
    columns = {
        "id": pa.array(["00123", None, " x "]),
        "code": pa.array([7, 8, None], pa.int64()),
        "float": pa.array([123.0, 0.1, float("nan")]),
        "price": pa.array([Decimal("1.234"), Decimal("2.000"), None], pa.decimal128(18, 3)),
        "day": pa.array([date(2024, 3, 4), None, date(1969, 12, 31)]),
        "local": pa.array([stamp, None, stamp], pa.timestamp("us")),
        "instant": pa.array([stamp, stamp, None], pa.timestamp("ms", tz="Europe/Vienna")),
        "nanos": pa.array([1, None, 10**18], pa.timestamp("ns")),
        "flag": pa.array([True, False, None]),
        "word": pa.array(["a", "b", "a"]).dictionary_encode(),
        "raw": pa.array([b"abc", b"d", None], pa.binary()),
        "list": pa.array([[1, 2], None, []]),
        "struct": pa.array([{"a": "x"}, {"a": None}, None]),
    }
    return take(tmp_path, parquet(tmp_path, columns, row_group_size=2))


def test_types_are_kept(taken: Taken) -> None:
    assert {name: str(column.type) for name, column in taken.columns.items()} == {
        "id": "text", "code": "number", "float": "number", "price": "number", "day": "time", "local": "time",
        "instant": "time", "nanos": "time", "flag": "boolean", "word": "text", "raw": "text", "list": "text",
        "struct": "text",
    }  # fmt: skip


def test_values_are_exact(taken: Taken) -> None:
    assert taken.values("id") == ["00123", None, " x "]
    assert taken.values("code") == ["7", "8", None]
    assert taken.values("float") == ["123", "0.1", None]
    assert taken.values("price", "n") == [Decimal("1.2340"), Decimal("2.0000"), None]
    assert taken.values("flag", "b") == [True, False, None]
    assert taken.values("raw") == ["abc", "d", None]
    assert taken.values("list") == ["[1,2]", None, "[]"]
    assert taken.values("struct") == ['{"a":"x"}', '{"a":null}', None]


def test_times_are_the_instants_they_hold(taken: Taken) -> None:
    stamp = int(datetime(2024, 3, 4, 5, 6, 7, 250000, tzinfo=UTC).timestamp() * 10**6)
    assert taken.values("local", "t") == [stamp, None, stamp]
    assert taken.values("instant", "t") == [stamp, stamp, None]
    assert (taken.columns["local"].zoned, taken.columns["instant"].zoned) == (Zoned.NONE, Zoned.ALL)
    assert taken.values("day", "t")[2] == -86_400_000_000


def test_a_decimal_of_the_file_is_never_ambiguous(taken: Taken) -> None:
    assert (taken.columns["price"].ambiguous, taken.columns["price"].decimal_mark) == (False, ".")


def test_nested_columns_are_told_of(taken: Taken) -> None:
    assert any('"list", "struct"' in warning for warning in taken.ingested.profile.warnings)
    assert taken.ingested.profile.kind == "parquet"


def test_rows_keep_their_order_across_row_groups(tmp_path: Path) -> None:
    content = parquet(tmp_path, {"n": pa.array(range(50_000))}, row_group_size=777)
    taken = take(tmp_path, content)
    assert [(record["row"], record["c0"]) for record in taken.records] == [(n + 1, str(n)) for n in range(50_000)]


def test_records_that_cannot_be_kept_are_set_aside_with_their_number(tmp_path: Path) -> None:
    content = parquet(tmp_path, {"a": ["x", "y" * 200_000, "z\0", "w"], "b": [1, 2, 3, 4]})
    taken = take(tmp_path, content)
    assert [(entry["line"], entry["row"]) for entry in taken.rejects] == [(2, 2), (3, 3)]
    assert (taken.values("a"), [record["row"] for record in taken.records]) == (["x", "w"], [1, 4])


def test_names_cannot_become_sql(tmp_path: Path) -> None:
    name = "x\"'); DROP TABLE raw; --"
    assert take(tmp_path, parquet(tmp_path, {name: ["1"]})).values(name) == ["1"]


def test_hostile_and_damaged_files_are_refused(tmp_path: Path) -> None:
    good = parquet(tmp_path, {"a": ["x"] * 1000, "b": list(range(1000))})
    for broken in (
        b"PAR1",
        b"PAR1PAR1",
        good[:-10],
        good[:200] + good[300:],
        b"PAR1" + b"\xff" * 100 + b"\xff\xff\xff\x7fPAR1",
    ):
        with pytest.raises(BadParquet):
            take(tmp_path, broken)
    for place in range(4, len(good) - 8, max(1, len(good) // 12)):
        damaged = bytearray(good)
        damaged[place] ^= 0xFF
        with suppress(UploadError):  # anything else would be a fault of ours, whatever the byte
            take(tmp_path, bytes(damaged))


def test_a_file_that_claims_more_than_its_bytes_can_hold_is_refused(tmp_path: Path) -> None:
    rows = pa.array(["x"]).dictionary_encode()
    repeated = pa.DictionaryArray.from_arrays(pa.array([0] * 2_000_000, pa.int32()), rows.dictionary)
    content = parquet(tmp_path, {"a": repeated}, compression="zstd")
    with pytest.raises(TooLarge):
        take(tmp_path, content, limits=Limits(ratio_from=2**20))
    big = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["x" * 100_000]))
    with pytest.raises(TooLarge, match="bytes of text"):
        take(tmp_path, parquet(tmp_path, {"a": big}, compression="zstd"))


def test_no_record_and_too_many_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NoRecords):
        take(tmp_path, parquet(tmp_path, {"a": pa.array([], pa.int64())}))
    with pytest.raises(TooManyColumns):
        take(tmp_path, parquet(tmp_path, {f"c{n}": [1] for n in range(1001)}))


def test_text_that_is_not_utf_8_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(BadParquet, match="UTF-?8|string"):
        take(tmp_path, parquet(tmp_path, {"a": pa.array([b"\xff\xfe"], pa.binary())}))

"""JSON lines: one object a line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabular.errors import TooManyColumns, TooManyRejects
from tabular.limits import Limits
from tests.compliance.uploads.files import take


def lines(*records: object) -> str:
    return "".join((record if isinstance(record, str) else json.dumps(record)) + "\n" for record in records)


def test_keys_are_columns_in_the_order_they_are_first_seen(tmp_path: Path) -> None:
    taken = take(tmp_path, lines({"a": "x", "b": 1}, {"c": True, "a": None}, {"b": 2.50, "c": False}))
    assert list(taken.columns) == ["a", "b", "c"]
    assert taken.values("a") == ["x", None, None]
    assert taken.values("b") == ["1", None, "2.5"]
    assert taken.values("c") == [None, "true", "false"]
    assert taken.ingested.profile.kind == "json_lines"


def test_numbers_keep_the_digits_they_are_written_with(tmp_path: Path) -> None:
    written = ["1.10", "1e5", "12345678901234567890", "-0.00", "100000.0"]
    taken = take(tmp_path, lines(*(f'{{"v": {text}, "w": "x"}}' for text in written)))
    assert taken.values("v") == written
    assert [str(value) for value in taken.values("v", "n")][:2] == ["1.1000", "100000.0000"]


def test_a_number_of_json_is_never_ambiguous_and_text_may_be(tmp_path: Path) -> None:
    taken = take(tmp_path, lines('{"n": 1.234, "t": "1.234"}', '{"n": 2.345, "t": "2.345"}'))
    assert [taken.columns[name].ambiguous for name in "nt"] == [False, True]


def test_nested_values_become_json_text_with_a_warning(tmp_path: Path) -> None:
    taken = take(tmp_path, '{"id": 1, "tags": ["a", 1.50, null], "who": {"n": "Ä"}}\n{"id": 2}\n')
    assert taken.values("tags") == ['["a",1.50,null]', None]
    assert taken.values("who") == ['{"n":"Ä"}', None]
    assert any('"tags", "who"' in warning for warning in taken.ingested.profile.warnings)


def test_what_is_no_record_is_set_aside_with_its_line(tmp_path: Path) -> None:
    content = lines(
        {"a": "1"}, '{"a": 1, "a": 2}', "[1]", '{"a": ', "", "null", '{"a": NaN}', '{"a": "\\u0000"}',
        '{"a": "\\ud800"}',
        '{"a": ' + "[" * 100 + "]" * 100 + "}", '{"a": {"b": 1, "b": 2}}', '{"\\u0007": 1}', {"a": "2"},
    )  # fmt: skip
    taken = take(tmp_path, content)
    assert taken.values("a") == ["1", "2"]
    assert [record["row"] for record in taken.records] == [1, 12]
    said = {entry["line"]: entry["reason"] for entry in taken.rejects}
    assert {line: reason.split(":")[0] for line, reason in said.items()} == {
        2: 'has the key "a" twice', 3: "is no JSON object", 4: "is not JSON", 6: "is no JSON object", 7: "is not JSON",
        8: 'holds a NUL character in "a"', 9: "holds half of a surrogate pair (\\ud800 to \\udfff)",
        10: "is nested deeper than 64 levels", 11: 'has the key "b" twice',
        12: "has a key longer than 500 characters, or with a control character in it",
    }  # fmt: skip


def test_a_key_of_a_line_that_is_set_aside_is_no_column(tmp_path: Path) -> None:
    taken = take(tmp_path, lines({"a": 1}, '{"ghost": 1, "a": "\\u0000"}'))
    assert list(taken.columns) == ["a"]


def test_more_keys_than_columns_are_allowed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooManyColumns, match="limit is 5"):
        take(tmp_path, lines(*({f"k{n}": 1} for n in range(6))), limits=Limits(columns=5))


def test_columns_found_late_in_a_long_file_are_missing_before(tmp_path: Path) -> None:
    early = lines({"a": "x" * 1000}) * 10_000
    taken = take(tmp_path, early + lines({"late": 7, "a": "y"}))
    assert taken.ingested.row_count == 10_001
    assert taken.columns["late"].nulls == 10_000
    assert (taken.records[-1]["row"], taken.records[-1]["c1"]) == (10_001, "7")


def test_gzip_and_utf_16_of_it_are_read(tmp_path: Path) -> None:
    content = lines('{"Konto": "Müller", "Betrag": 5}')
    for packed in (gzip.compress(content.encode()), content.encode("utf-16"), content.replace("\n", "\r\n").encode()):
        assert take(tmp_path, packed).values("Konto") == ["Müller"]


def test_a_document_over_several_lines_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(TooManyRejects, match="one whole object on each line"):
        take(tmp_path, json.dumps({"a": 1, "b": [1, 2]}, indent=2))


values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.decimals(allow_nan=False, allow_infinity=False, places=3).map(float),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip),
)  # fmt: skip


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(st.dictionaries(st.sampled_from("abcd"), values, min_size=1), min_size=1, max_size=10))
def test_every_value_reads_back_as_json_writes_it(tmp_path: Path, records: list[dict[str, object]]) -> None:
    taken = take(tmp_path, lines(*records))
    for place, record in enumerate(records):
        for key, value in record.items():
            expected = value if value is None or isinstance(value, str) else json.dumps(value)
            assert taken.values(key)[place] == expected

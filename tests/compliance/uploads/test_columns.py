"""What is decided about a column from all its values."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.compliance.uploads.files import one_column, take


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2.5", ""], "number"),
        (["$1,000.00", "-5"], "number"),
        (["1", "0"], "number"),
        (["2024-01-01", "03.04.2024 10:00", " "], "time"),
        (["yes", "NO", "1"], "boolean"),
        (["true", "False"], "boolean"),
        (["", "  ", "\t"], "empty"),
        (["1", "2", "x"], "number"),
        (["1", "x"], "text"),
        (["1", "2024-01-01"], "text"),
        (["yes", "maybe"], "text"),
        (["12345678901234567890"], "text"),
        (["2023-02-30"], "text"),
    ],
)
def test_the_type_is_what_more_than_half_of_the_values_are(tmp_path: Path, values: list[str], kind: str) -> None:
    assert one_column(tmp_path, values).columns["v"].type == kind


@pytest.mark.parametrize("padded", [" a", "a ", "a\t", "\u00a0a", "a\u3000", "a\x1c"])
def test_a_column_with_blanks_around_a_value_says_so(tmp_path: Path, padded: str) -> None:
    assert one_column(tmp_path, ["b", padded, "c"]).columns["v"].padded
    assert not one_column(tmp_path, ["b", "a a", "", "c"]).columns["v"].padded


def test_a_number_inside_a_text_column_is_still_read(tmp_path: Path) -> None:
    taken = one_column(tmp_path, ["x", "5", "$7.50", "2024-01-01", "yes"])
    column = taken.columns["v"]
    assert (column.numbers, column.times, column.booleans) == (2, 1, 1)
    assert taken.values("v", "n") == [None, Decimal(5), Decimal("7.5"), None, None]
    assert taken.values("v", "b") == [None, None, None, None, True]


def test_typed_columns_are_present_only_if_something_reads(tmp_path: Path) -> None:
    taken = one_column(tmp_path, ["x", "2023-02-30", "5"])
    assert [taken.has("v", kind) for kind in "ntzb"] == [True, False, False, False]


@pytest.mark.parametrize("word", ["true", "YES", "y", "1", "T", "On"])
def test_words_for_true(tmp_path: Path, word: str) -> None:
    assert one_column(tmp_path, [word, "x"]).values("v", "b") == [True, None]


@pytest.mark.parametrize("word", ["false", "No", "n", "0", "F", "OFF"])
def test_words_for_false(tmp_path: Path, word: str) -> None:
    assert one_column(tmp_path, [word, "x"]).values("v", "b") == [False, None]


@pytest.mark.parametrize("text", ["truely", "1.0", "yess", "2"])
def test_other_words_are_no_booleans(tmp_path: Path, text: str) -> None:
    assert one_column(tmp_path, [text, "x"]).columns["v"].booleans == 0


def test_raw_text_stays_as_written_and_reads_trimmed(tmp_path: Path) -> None:
    taken = one_column(tmp_path, [" 5 ", "\u00a06\t", "7"])
    assert taken.values("v") == [" 5 ", "\u00a06\t", "7"]
    assert taken.values("v", "n") == [5, 6, 7]


def test_identifiers_keep_their_zeros(tmp_path: Path) -> None:
    assert one_column(tmp_path, ["00123"]).values("v") == ["00123"]


def test_blank_text_is_missing(tmp_path: Path) -> None:
    taken = one_column(tmp_path, ["", "  ", "\u00a0", "x"])
    assert taken.values("v") == [None, None, None, "x"]
    assert taken.columns["v"].nulls == 3


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [
        (["10", "9", "-1.50"], "-1.5", "10"),
        (["0", "1200"], "0", "1200"),
        (["b", "a", "Z"], "Z", "b"),
        (["2024-01-02", "2024-01-01 10:00"], "2024-01-01T10:00:00", "2024-01-02T00:00:00"),
        (["2024-01-02T00:00:00Z"], "2024-01-02T00:00:00Z", "2024-01-02T00:00:00Z"),
        (["no", "yes"], "false", "true"),
        ([""], None, None),
        (["x" * 300], "x" * 200, "x" * 200),
    ],
)
def test_smallest_and_largest_follow_the_type(
    tmp_path: Path, values: list[str], low: str | None, high: str | None
) -> None:
    column = one_column(tmp_path, values).columns["v"]
    assert (column.min, column.max) == (low, high)


def test_distinct_counts_texts(tmp_path: Path) -> None:
    assert one_column(tmp_path, ["a", "b", "a", "", "A"]).columns["v"].distinct == 3


def test_many_distinct_values_are_estimated_never_above_their_number(tmp_path: Path) -> None:
    rows = "".join(f"{i},x\n" for i in range(200_000))
    column = take(tmp_path, f"id,v\n{rows}").columns["id"]
    assert 180_000 <= column.distinct <= 200_000

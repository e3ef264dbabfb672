"""Records of a CSV file: what is one, what is set aside and why, and that both readers agree."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compliance.uploads.records import CsvRecords, Rejects
from tabular.decode import BLOCK, Block
from tabular.errors import TooManyRejects
from tabular.limits import Limits
from tests.compliance.uploads.files import Taken, take


def reasons(taken: Taken) -> list[tuple[int, int, str]]:
    return [(reject["line"], reject["row"], reject["reason"]) for reject in taken.rejects]


def test_rows_with_too_few_or_too_many_fields_are_set_aside_with_line_and_reason(tmp_path: Path) -> None:
    taken = take(tmp_path, "a,b\n1,2\n3\n4,5,6\n7,8\n")
    assert reasons(taken) == [
        (3, 2, "has 1 fields, the header has 2"),
        (4, 3, "has 3 fields, the header has 2"),
    ]
    assert [record["row"] for record in taken.records] == [1, 4]
    assert (taken.ingested.row_count, taken.ingested.rejected_rows) == (2, 2)
    assert any("2 rows" in warning for warning in taken.ingested.profile.warnings)


def test_blank_lines_are_no_records_but_count_as_lines(tmp_path: Path) -> None:
    taken = take(tmp_path, "a,b\n\n1,2\n   \n3\n\n4,5\n")
    assert [(record["row"], record["c0"]) for record in taken.records] == [(1, "1"), (3, "4")]
    assert [(reject["line"], reject["row"]) for reject in taken.rejects] == [(5, 2)]


def test_a_quoted_cell_keeps_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    taken = take(tmp_path, 'a,b\n"x, ""y""\r\nz",2\n3\n')
    assert taken.values("a") == ['x, "y"\r\nz']
    assert taken.rejects[0]["line"] == 4


def test_a_quote_never_closed_costs_one_record(tmp_path: Path) -> None:
    taken = take(tmp_path, 'a,b\n1,2\n3,"4\n' + "5,6\n" * 1000)
    assert reasons(taken) == [(3, 2, "opens a quote that is never closed")]
    assert taken.rejects[0]["text"] == '3,"4'
    assert taken.ingested.row_count == 1001


def test_a_quote_never_closed_costs_one_record_in_a_long_file_too(tmp_path: Path) -> None:
    taken = take(tmp_path, 'a,b\n3,"4\n' + ("5," + "6" * 500 + "\n") * (BLOCK // 100))
    assert (taken.ingested.row_count, taken.ingested.rejected_rows) == (BLOCK // 100, 1)
    assert taken.records[-1]["row"] == BLOCK // 100 + 1


def test_text_after_a_closing_quote_is_set_aside(tmp_path: Path) -> None:
    taken = take(tmp_path, 'a,b\n"x"y,2\n3,4\n')
    assert reasons(taken) == [(2, 1, "has text after a closing quote (the record spans 1 lines)")]
    assert taken.values("a") == ["3"]


def test_a_nul_byte_costs_its_record(tmp_path: Path) -> None:
    taken = take(tmp_path, "a,b\n1,x\0y\n3,4\n")
    assert reasons(taken) == [(2, 1, "holds a NUL byte")]


def test_a_cell_beyond_the_limit_costs_its_record(tmp_path: Path) -> None:
    taken = take(tmp_path, "a,b\n1," + "x" * 131_073 + "\n2," + "y" * 131_072 + "\n3,4\n")
    assert reasons(taken) == [(2, 1, "has a cell of more than 131,072 characters")]
    assert len(taken.rejects[0]["text"]) == 500
    assert taken.ingested.row_count == 2


def test_if_all_rows_are_set_aside_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooManyRejects, match="line 2: has 1 fields"):
        take(tmp_path, "a,b\n1\n2\n")


def test_a_file_of_mostly_broken_rows_is_given_up_early(tmp_path: Path) -> None:
    with pytest.raises(TooManyRejects, match="10,000"):
        take(tmp_path, "a,b\n1,2\n" + "x\n" * 10_000)


def test_quotes_that_reopen_forever_cost_bounded_work(tmp_path: Path) -> None:
    with pytest.raises(TooManyRejects):
        take(tmp_path, "a,b\n" + '"x","a\n' * 400_000)


def test_a_file_of_one_column_is_a_file(tmp_path: Path) -> None:
    taken = take(tmp_path, "account\nA\n\nB\n")
    assert [(record["row"], record["c0"]) for record in taken.records] == [(1, "A"), (2, "B")]


def test_records_keep_their_order_and_ordinals_across_blocks(tmp_path: Path) -> None:
    count = 3 * BLOCK // 100
    lines = [f"{i}," + "x" * 90 if i % 1000 else f'{i},"x\nx"' for i in range(1, count + 1)]
    taken = take(tmp_path, "a,b\n" + "\n".join(lines))
    assert [record["row"] for record in taken.records] == list(range(1, count + 1))
    assert taken.values("a") == [str(i) for i in range(1, count + 1)]


CELLS = st.text(st.sampled_from("ab ,;\"'\n\r\t.-1é\u00a0\u2028\x1c"), max_size=6)
TABLES = st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=12)


@settings(deadline=None, max_examples=60)
@given(table=TABLES, end=st.sampled_from(["\n", "\r\n", "\r"]), delimiter=st.sampled_from(",;\t|"))
def test_whatever_the_csv_module_writes_reads_back(table: list[list[str]], end: str, delimiter: str) -> None:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([["first", "second", "third"], *table])
    with TemporaryDirectory() as folder:
        taken = take(Path(folder), file.getvalue())
    expected = [[cell if cell.strip() else None for cell in row] for row in table]
    assert [[record["c0"], record["c1"], record["c2"]] for record in taken.records] == expected
    assert taken.rejects == []


ROWS = st.lists(st.lists(st.text(st.sampled_from("ab1 .é\t\u00a0"), max_size=4), min_size=1, max_size=4), max_size=8)


@settings(deadline=None)
@given(rows=ROWS, end=st.sampled_from(["\n", "\r\n"]), last=st.booleans())
def test_the_fast_reader_and_the_careful_one_agree(rows: list[list[str]], end: str, last: bool) -> None:
    text = end.join(",".join(row) for row in rows) + (end if last else "")
    block = Block(text.encode(), 1)

    def reader() -> CsvRecords:
        return CsvRecords(iter([]), ",", 2, Rejects(io.StringIO(), Limits()), Limits())

    careful, fast = reader(), reader()
    slow = careful._careful(block)
    quick = fast._fast(block)
    if quick is not None:
        assert quick.to_pylist() == slow.to_pylist()
        assert careful.rejects.count == 0
        assert fast.blanks.padded == careful.blanks.padded


def test_regular_blocks_take_the_fast_way() -> None:
    reader = CsvRecords(iter([]), ",", 2, Rejects(io.StringIO(), Limits()), Limits())
    assert reader._fast(Block(b"1,2\r\n\r\n3, 4\r\n", 1)) is not None

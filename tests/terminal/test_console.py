"""What is printed where: results and notes apart, and nothing in a pipe that only a terminal understands."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import pytest

from terminal.console import Console, table
from terminal.text import plain


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def err() -> io.StringIO:
    return io.StringIO()


def test_the_result_and_what_is_said_beside_it_go_apart(out: io.StringIO, err: io.StringIO) -> None:
    console = Console(out, err)
    console.note("beside")
    console.show({"a": 1}, "result")
    assert (out.getvalue(), err.getvalue()) == ("result\n", "beside\n")


def test_machines_get_one_line_of_json_and_no_part_for_people(out: io.StringIO, err: io.StringIO) -> None:
    Console(out, err, as_json=True).show({"score": Decimal("90.50"), "name": "Ü\x1b"}, "Score 90.5")
    assert json.loads(out.getvalue()) == {"score": "90.50", "name": "Ü\x1b"}
    assert out.getvalue().isascii()
    assert out.getvalue().count("\n") == 1


def test_a_table_is_set_in_columns_with_numbers_flush_right(out: io.StringIO, err: io.StringIO) -> None:
    rows = [["A", "1,000", "x y"], ["LONG_NAME", 7, ""]]
    Console(out, err).show({}, table(["Rule", "Count", "Note"], rows, numbers=["Count"]))
    assert out.getvalue().splitlines() == [
        "Rule       Count  Note",
        "A          1,000  x y",
        "LONG_NAME      7",
    ]  # fmt: skip


def test_a_pipe_gets_no_codes_whatever_the_environment_wishes(
    out: io.StringIO, err: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "CLICOLOR_FORCE"):
        monkeypatch.setenv(name, "1")
    console = Console(out, err)
    with console.bars() as bars:
        bars.draw("Scanning", 0.5, "5 of 10")
        console.note("a note")
    console.show({}, table(["Head"], [["cell"]]))
    assert (out.getvalue(), err.getvalue()) == ("Head\ncell\n", "a note\n")


def test_a_terminal_gets_a_bar_that_is_gone_in_the_end(out: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    err = Terminal()
    console = Console(out, err)
    with console.bars() as bars:
        bars.draw("Scanning", 0.5, "5 of 10")
        console.note("a note")
    assert "Scanning" in err.getvalue()
    assert "50%" in err.getvalue()
    assert "a note\n" in err.getvalue()
    assert err.getvalue().endswith("\x1b[2K")  # the line is wiped
    assert out.getvalue() == ""


def test_no_line_is_wrapped_or_cut_in_a_pipe(out: io.StringIO, err: io.StringIO) -> None:
    long = " ".join(["word"] * 4000)
    Console(out, err).show({}, long, table(["A", "B"], [[long, long]]))
    assert [len(line) for line in out.getvalue().splitlines()] == [19_999, 20_002, 40_000]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("a\r\nb\x9b2J", "a\\r\\nb\\x9b2J"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("name\udcff", "name\\udcff"),
        ("[red]Ünïcödé :smile: 日本[/red]", "[red]Ünïcödé :smile: 日本[/red]"),
    ],
)
def test_what_a_file_or_a_partner_wrote_moves_no_terminal(
    out: io.StringIO, err: io.StringIO, text: str, shown: str
) -> None:
    assert plain(text) == shown
    console = Console(out, err)
    console.note(text)
    console.show({}, text, table([text], [[text]]))
    assert err.getvalue() == f"{shown}\n"
    assert out.getvalue() == f"{shown}\n" * 3

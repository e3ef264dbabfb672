"""Delimiter and column names: what the beginning of a CSV file says about the rest."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tabular.errors import EmptyFile, NoHeader

DELIMITERS = (",", ";", "\t", "|")
# Only where none of those splits the header, and (nearly) all records agree: they stand inside values, too.
RARE_DELIMITERS = (":", "^", "~", "!", "#", "*", "@", "&")
_SAMPLE_CHARS = 2**16
_SAMPLE_RECORDS = 200
Names = tuple[tuple[str, ...], tuple[str, ...]]
"""Unique names of columns, and warnings."""


@dataclass(frozen=True, slots=True)
class Header:
    """Names in file order, unique; `chars` and `lines` say how much text the header took."""

    delimiter: str
    names: tuple[str, ...]
    chars: int
    lines: int
    warnings: tuple[str, ...]


def split_lines(text: str) -> list[str]:
    """Lines with their ends, split at CRLF, LF and CR only (str.splitlines knows eight more)."""
    return io.StringIO(text, newline="").readlines()


def read_header(text: str, names_of: Callable[[list[str]], Names]) -> Header:
    """The header of a file that begins with `text`; `names_of` its cells may refuse. Raises EmptyFile, NoHeader."""
    lines = split_lines(text)
    if not text.strip():
        raise EmptyFile("The file holds only blank lines. Send a line of column names and the records below.")
    delimiter = sniff_delimiter(text)
    reader = csv.reader(iter(lines), delimiter=delimiter)
    try:
        cells = next(fields for fields in reader if not is_blank(fields))
    except csv.Error as error:
        raise NoHeader(f"The first line cannot be read as column names ({error}). Check its quotes.") from None
    names, warnings = names_of(cells)
    taken = reader.line_num
    return Header(delimiter, names, sum(map(len, lines[:taken])), taken, warnings)


def is_blank(fields: list[str]) -> bool:
    """Whether a line the csv module read holds nothing: such lines are no records."""
    return not fields or (len(fields) == 1 and not fields[0].strip())


def sniff_delimiter(text: str) -> str:
    """The delimiter under which most records have as many fields as the header; ties: more fields."""
    usual = max(DELIMITERS, key=lambda delimiter: _agreement(text, delimiter))
    if _agreement(text, usual) > (0, 0):
        return usual
    rare = max(RARE_DELIMITERS, key=lambda delimiter: _agreement(text, delimiter))
    agreeing, _ = _agreement(text, rare)
    return rare if agreeing >= 0.9 * sum(1 for _ in _widths(text, rare)) and agreeing > 1 else usual


def _agreement(text: str, delimiter: str) -> tuple[int, int]:
    """(records as wide as the header, its width); (0, 0) if it does not split the header."""
    widths = list(_widths(text, delimiter))
    if not widths or widths[0] < 2:
        return 0, 0
    return sum(width == widths[0] for width in widths), widths[0]


def _widths(text: str, delimiter: str) -> Iterator[int]:
    lines = split_lines(text[:_SAMPLE_CHARS])
    if len(text) > _SAMPLE_CHARS and len(lines) > 1:
        lines.pop()  # cut in the middle
    try:
        for fields in csv.reader(lines[:_SAMPLE_RECORDS], delimiter=delimiter):
            if not is_blank(fields):
                yield len(fields)
    except csv.Error:
        return


def unique_names(cells: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names trimmed, numbered where blank or repeated, and a warning for each of those."""
    names: list[str] = []
    warnings: list[str] = []
    given = {cell.strip() for cell in cells}
    seen: set[str] = set()
    for number, cell in enumerate(cells, 1):
        name = cell.strip()
        if not name:
            name = f"column_{number}"
            warnings.append(f'Column {number} has no name; it is called "{name}".')
        if name in seen:
            base, repeat = name, 1
            while (name := f"{base}.{repeat}") in seen or name in given:
                repeat += 1
            warnings.append(f'The name "{base[:100]}" is repeated; column {number} is called "{name[:104]}".')
        seen.add(name)
        names.append(name)
    return tuple(names), tuple(warnings)

"""Column names of records: what a header may be."""

from __future__ import annotations

import re

from compliance.uploads.readings import NUMBER_COMMA, NUMBER_POINT, TIME
from tabular import header
from tabular.errors import NoHeader, TooManyColumns
from tabular.header import Header, unique_names
from tabular.limits import Limits

_VALUE = re.compile(f"{NUMBER_POINT}|{NUMBER_COMMA}|{TIME}")


def read_header(text: str, limits: Limits) -> Header:
    """The header of a file that begins with `text`. Raises EmptyFile, NoHeader, TooManyColumns."""
    return header.read_header(text, lambda cells: column_names(cells, limits))


def column_names(cells: list[str], limits: Limits) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Unique names for the cells of a header, and warnings. Raises TooManyColumns, NoHeader."""
    refuse_too_many(len(cells), limits)
    if any(ord(char) < 32 and not char.isspace() for cell in cells for char in cell):
        raise NoHeader("A column name holds a control character. Export the file again as plain text.")
    _refuse_values([cell.strip() for cell in cells])
    return unique_names(cells)


def refuse_too_many(columns: int, limits: Limits) -> None:
    """Raises TooManyColumns."""
    if columns > limits.columns:
        raise TooManyColumns(
            f"The header has {columns:,} columns, the limit is {limits.columns:,}. Leave out what no rule uses."
        )


def _refuse_values(cells: list[str]) -> None:
    filled = [cell for cell in cells if cell]
    if not filled:
        raise NoHeader("The first line names no column. Put a line of column names above the records.")
    values = [cell for cell in filled if _VALUE.fullmatch(cell)]
    if 2 * len(values) >= len(filled):
        raise NoHeader(
            f"The first line holds values ({', '.join(values[:3])[:100]}), not column names. "
            "Put a line of column names above the records."
        )

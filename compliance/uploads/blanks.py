"""Blank values become null, and columns with blanks around their values are remembered."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from compliance.uploads.readings import BLANKS

_RARE = (b"\x0b", b"\x0c", b"\x1c", b"\x1d", b"\x1e", b"\x1f")


class Blanks:
    """Cleans the tables of one file; `padded` holds the columns (c0..) whose values need trimming."""

    def __init__(self) -> None:
        self.padded: set[str] = set()

    def clean(self, table: pa.Table) -> pa.Table:
        """The table with values of blanks alone as null; column 0 is `row` and stays as it is."""
        for place in range(1, table.num_columns):
            name, values = table.field(place).name, table.column(place)
            trimmed = pc.utf8_trim(values, characters=BLANKS)
            if name not in self.padded and pc.any(pc.not_equal(trimmed, values)).as_py():
                self.padded.add(name)
            values = pc.if_else(pc.equal(trimmed, ""), None, values)
            table = table.set_column(place, table.field(place), values)
        return table


def may_be_padded(data: bytes, delimiter: bytes) -> bool:
    """Whether any value of CSV text without quotes could begin or end with a blank; errs towards yes."""
    tabs = b"\t" in data and delimiter != b"\t"
    if tabs or not data.isascii() or any(blank in data for blank in _RARE):
        return True
    if b" " not in data:
        return False
    edges = (delimiter + b" ", b" " + delimiter, b"\n ", b" \n", b" \r")
    return data.startswith(b" ") or data.endswith(b" ") or any(edge in data for edge in edges)

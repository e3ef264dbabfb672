"""The records of CSV text as the csv module reads them, one after the other, each with its line."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from tabular.decode import Block
from tabular.header import split_lines
from tabular.limits import Limits

_REREAD_CHARS = 64 * 2**20


class CsvRow(NamedTuple):
    """`line` is the first of the record, from 1. `fields` None: it cannot be read, and `fault` says why."""

    line: int
    fields: list[str] | None
    fault: str = ""


class _RecordTooLong(Exception):
    """One record spans more text than the limit."""


class _Lines(Iterator[str]):
    """Feeds physical lines to csv.reader, across blocks, and remembers those of the current record."""

    def __init__(self, blocks: Iterator[Block], record_chars: int) -> None:
        self.blocks = blocks
        self.pending: deque[str] = deque()
        self.taken: list[str] = []
        self.chars = 0
        self.record_chars = record_chars
        self.nul = False

    def load(self, block: Block) -> None:
        self.nul = b"\0" in block.data
        self.pending.extend(split_lines(block.data.decode()))

    def __next__(self) -> str:
        if not self.pending:
            self.load(next(self.blocks))
        if self.taken and self.chars > self.record_chars:
            raise _RecordTooLong
        line = self.pending.popleft()
        self.taken.append(line)
        self.chars += len(line)
        return line

    def start_record(self) -> None:
        self.taken.clear()
        self.chars = 0

    def give_back(self) -> None:
        """All lines of the current record but the first will be read again."""
        self.pending.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


class CsvRows:
    """Reads blocks of whole lines; what a lost quote swallowed is read again."""

    def __init__(self, blocks: Iterator[Block], delimiter: str, limits: Limits) -> None:
        self._limits = limits
        self._line = 1
        self._reread = 0
        self._lines = _Lines(blocks, limits.record_chars)
        # The cell limit is the csv module's own: process-wide, and by default the number in Limits.
        self._reader = csv.reader(self._lines, delimiter=delimiter, strict=True)

    def of(self, block: Block) -> Iterator[CsvRow]:
        """The rows that begin in a block; the last may go on in the next ones, which are taken from `blocks`."""
        lines = self._lines
        lines.load(block)
        self._line = block.first_line
        while lines.pending:
            lines.start_record()
            line = self._line
            fields, fault = self._next()
            self._line += len(lines.taken)
            yield CsvRow(line, fields, fault)

    def text(self) -> str:
        """The record last given, as it stands in the file."""
        return "".join(self._lines.taken)

    @property
    def may_hold_nul(self) -> bool:
        return self._lines.nul

    def _next(self) -> tuple[list[str] | None, str]:
        try:
            return next(self._reader), ""
        except (csv.Error, _RecordTooLong) as error:
            return None, self._broken(error)

    def _broken(self, error: Exception) -> str:
        """The reason for a record the csv module cannot read; what a lost quote swallowed is read again."""
        if "expected after" in str(error):
            return f"has text after a closing quote (the record spans {len(self._lines.taken):,} lines)"
        if len(self._lines.taken) == 1 and "field larger" in str(error):
            return f"has a cell of more than {self._limits.cell_chars:,} characters"
        swallowed = sum(map(len, self._lines.taken[1:]))
        if self._reread + swallowed <= _REREAD_CHARS:
            self._reread += swallowed
            self._lines.give_back()
        return "opens a quote that is never closed"

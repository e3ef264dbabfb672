"""The records of a file that could not be read, each with its line and the reason."""

from __future__ import annotations

import json
from typing import TextIO

from tabular.errors import TooManyRejects
from tabular.limits import Limits

TEXT_CHARS = 500


class Rejects:
    """Writes one JSON line for each record set aside, and gives up on files that are mostly that.

    `hint` says what to do about a file of which nothing, or too little, can be read.
    """

    def __init__(self, file: TextIO, limits: Limits, hint: str = "Check delimiter and quotes of the export.") -> None:
        self.file = file
        self.limits = limits
        self.hint = hint
        self.count = 0
        self.first = ""

    def add(self, line: int, row: int, reason: str, text: str) -> None:
        entry = {"line": line, "row": row, "reason": reason, "text": text.rstrip("\r\n")[:TEXT_CHARS]}
        self.file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self.count += 1
        self.first = self.first or f"line {line:,}: {reason}"

    def refuse_if_most(self, accepted: int) -> None:
        """Raises TooManyRejects once very many, and more than were accepted, are set aside."""
        if self.count >= self.limits.rejects_before_refusal and self.count > accepted:
            raise TooManyRejects(
                f"{self.count:,} rows could not be read, only {accepted:,} could. The first: {self.first}. {self.hint}"
            )

    def refuse_if_all(self) -> None:
        """Raises TooManyRejects: nothing was accepted, and something was set aside."""
        if self.count:
            raise TooManyRejects(f"None of the {self.count:,} rows could be read. The first: {self.first}. {self.hint}")

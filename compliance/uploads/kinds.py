"""What a received file is. Its bytes decide, never its name."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from tabular.archive import ZIP

PARQUET = b"PAR1"


class FileKind(StrEnum):
    """The kinds of files that are read; text may be packed with gzip."""

    CSV = "csv"
    JSON_LINES = "json_lines"
    XLSX = "xlsx"
    PARQUET = "parquet"


def packed_kind(path: Path) -> FileKind | None:
    """XLSX or Parquet by the first bytes; None for whatever has to be looked at as text."""
    with path.open("rb") as file:
        head = file.read(4)
    return {ZIP: FileKind.XLSX, PARQUET: FileKind.PARQUET}.get(head)

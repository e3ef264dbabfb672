"""What the first pass over a file leaves: the text of every field in plain Parquet files, and facts about it."""

from __future__ import annotations

from collections.abc import Callable, Set
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from compliance.uploads.kinds import FileKind
from compliance.uploads.readings import literal


@dataclass(frozen=True, slots=True)
class Watch:
    """Somebody who follows an ingest: `advance` is told the share done (0..1) and may raise to stop it,
    `opened` gets each database that is opened, to interrupt it from another thread.
    """

    advance: Callable[[float], None] = lambda _: None
    opened: Callable[[duckdb.DuckDBPyConnection], None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Raw:
    """What the first pass found. `padded`: stored names (c0..) of columns with blanks around values; `exact`: of
    columns whose values the file itself holds as numbers, so that no decimal mark is in doubt.
    """

    kind: FileKind
    names: tuple[str, ...]
    accepted: int
    rejected: int
    files: tuple[Path, ...]
    warnings: tuple[str, ...] = ()
    padded: Set[str] = frozenset()
    exact: Set[str] = frozenset()
    encoding: str = ""
    delimiter: str = ""
    sheet: str | None = None

    def view(self) -> str:
        """SQL for a relation with `row` and c0.. of the file, in row order."""
        files = ", ".join(literal(str(path)) for path in self.files)
        return f"read_parquet([{files}], union_by_name = true)"


@dataclass
class RawFiles:
    """Writes Arrow tables (row, c0..) one after another, each while the next is read; a wider one begins a new file."""

    folder: Path
    paths: list[Path] = field(default_factory=list)
    _writer: pq.ParquetWriter | None = None
    _side: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _writing: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._side.shutdown()
        if self._writer is not None:
            self._writer.close()
        if kind is None:
            self._await()

    def write(self, table: pa.Table) -> None:
        """Raises what went wrong with the table before."""
        self._await()
        self._writing = self._side.submit(self._write, table)

    def _await(self) -> None:
        if self._writing is not None:
            self._writing.result()

    def _write(self, table: pa.Table) -> None:
        if self._writer is None or self._writer.schema != table.schema:
            if self._writer is not None:
                self._writer.close()
            self.paths.append(self.folder / f"raw-{len(self.paths)}.parquet")
            # As plain as can be: the file is read a few times by the second pass and thrown away.
            self._writer = pq.ParquetWriter(
                self.paths[-1], table.schema, use_dictionary=False, write_statistics=False, compression="none"
            )  # fmt: skip
        self._writer.write_table(table)

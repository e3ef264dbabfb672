"""A DuckDB of one scan: locked down before it sees data, and interruptible from another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import duckdb
from sqlglot import exp

from compliance.engine import dialects, sql
from compliance.engine.plan import Plan
from compliance.engine.session import Interrupted, StatementFault
from compliance.engine.sources import table_of
from tabular.space import is_full

T = TypeVar("T")
NAME, VERSION = "duckdb", duckdb.__version__
_NUDGE = 0.05
"""Seconds between two interrupts: one that falls between two statements would be lost."""


@dataclass(frozen=True)
class EngineSettings:
    """Bounds of a run: CPU threads, memory and spill space as DuckDB writes sizes ("2GB")."""

    threads: int = 2
    memory_limit: str = "2GB"
    temp_limit: str = "20GB"


def connect(scratch: Path, settings: EngineSettings) -> duckdb.DuckDBPyConnection:
    """A DuckDB in memory that spills into `scratch`, within the bounds of `settings`, without extensions."""
    return duckdb.connect(
        config={
            "threads": settings.threads,
            "memory_limit": settings.memory_limit,
            "temp_directory": str(scratch / "spill"),
            "max_temp_directory_size": settings.temp_limit,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
        }
    )


class Session:
    """An open engine, see compliance.engine.session; and what the files of a result are written with."""

    name, version = NAME, VERSION

    def __init__(self, records: Path, scratch: Path, settings: EngineSettings, context: Sequence[Path] = ()) -> None:
        self._scratch = scratch
        self._stop, self._over = threading.Event(), threading.Event()
        self._connection = connect(scratch, settings)
        self._lock_down([records, *context], scratch)
        for number, path in enumerate([records, *context]):
            self.view(path, table_of(number))

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._connection.close()

    def open(self) -> None:
        """All is here already."""

    def interrupt(self) -> None:
        if not self._stop.is_set():
            self._stop.set()
            threading.Thread(target=self._press, name="engine-interrupt", daemon=True).start()

    def view(self, path: Path, name: str) -> None:
        """Give a Parquet file, an input or one in the scratch folder, a name."""
        self._connection.read_parquet(str(path)).create_view(name)

    def create(self, name: str, query: exp.Select) -> None:
        """CREATE OR REPLACE TEMP TABLE name AS query."""
        temporary = exp.Properties(expressions=[exp.TemporaryProperty()])
        self._run(exp.Create(this=sql.table(name), kind="TABLE", replace=True, expression=query, properties=temporary))

    def create_empty(self, name: str, columns: dict[str, str]) -> None:
        """CREATE OR REPLACE TEMP TABLE name with these columns {name: type} and no rows."""
        nothing = [sql.named(sql.null(kind), column) for column, kind in columns.items()]
        empty = exp.Select(expressions=nothing, where=exp.Where(this=exp.Boolean(this=False)))
        self.create(name, empty)

    def insert(self, name: str, query: exp.Select) -> None:
        """INSERT INTO name query; all of it or nothing."""
        self._run(exp.Insert(this=sql.table(name), expression=query))

    def insert_rows(self, name: str, rows: Sequence[tuple[object, ...]]) -> None:
        """INSERT literal rows, all as wide as the first."""
        names = [exp.Placeholder() for _ in rows[0]]
        values = exp.Values(expressions=[exp.Tuple(expressions=names)])
        text = dialects.render(exp.Insert(this=sql.table(name), expression=values), "duckdb")
        self._guarded(lambda: self._connection.executemany(text, rows))

    def rows(self, query: exp.Select) -> list[tuple[Any, ...]]:
        """All rows of a small result."""
        cursor = self._run(query)
        return self._guarded(cursor.fetchall)

    @contextmanager
    def gathered(self, plan: Plan) -> Iterator[Session]:
        """Itself: all is here."""
        yield self

    def column(self, query: exp.Select) -> Iterator[str]:
        """The texts of a result of one column, streamed."""
        cursor = self._run(query)
        while rows := self._guarded(lambda: cursor.fetchmany(50_000)):
            for (text,) in rows:
                yield text

    def write(self, query: exp.Select, path: Path) -> None:
        """COPY query TO a Parquet file, in the query's order."""
        parquet = exp.CopyParameter(this=exp.var("format"), expression=exp.var("parquet"))
        copy = exp.Copy(
            this=exp.Subquery(this=query),
            kind=False,
            credentials=exp.Credentials(),
            files=[sql.text(str(path))],
            params=[parquet],
        )
        self._run(copy)

    def _lock_down(self, inputs: Sequence[Path], scratch: Path) -> None:
        """The order matters: what may be touched, then nothing else, then no more changes."""
        self._connection.execute("SET allowed_paths = $1", [[str(path) for path in inputs]])
        self._connection.execute("SET allowed_directories = $1", [[str(scratch)]])
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")

    def _run(self, tree: sql.Tree) -> duckdb.DuckDBPyConnection:
        text = dialects.render(tree, "duckdb")
        return self._guarded(lambda: self._connection.execute(text))

    def _guarded(self, call: Callable[[], T]) -> T:
        self._check()
        try:
            return call()
        except duckdb.InterruptException as stopped:
            raise Interrupted from stopped
        except duckdb.OutOfMemoryException as full:
            raise StatementFault("the rule needs more memory or spill space than the engine may use") from full
        except duckdb.Error as fault:
            if is_full(fault):
                raise  # which is no fault of a rule
            raise StatementFault(str(fault).splitlines()[0].replace(str(self._scratch), "scratch")[:300]) from fault

    def _check(self) -> None:
        if self._stop.is_set():
            raise Interrupted

    def _press(self) -> None:
        while not self._over.wait(_NUDGE):
            self._connection.interrupt()

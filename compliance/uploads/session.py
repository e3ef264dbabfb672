"""A DuckDB that can reach one scratch folder and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from compliance.uploads.readings import MACROS, literal
from tabular.limits import Limits


@contextmanager
def locked_down(scratch: Path, limits: Limits, *, readable: Sequence[Path] = ()) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with the reading macros; it reads and writes files below `scratch`, and may read the
    files `readable`, and nothing else."""
    connection = duckdb.connect(
        config={
            "threads": limits.threads,
            "memory_limit": limits.memory,
            "temp_directory": str(scratch / "spill"),
            "max_temp_directory_size": limits.temporary,
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
            "python_enable_replacements": False,
        }
    )
    try:
        connection.execute(MACROS)
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET allowed_paths = $1", [[str(path) for path in readable]])
        connection.execute(f"SET allowed_directories = [{literal(f'{scratch}/')}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()

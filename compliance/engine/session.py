"""What a run needs of an engine, and the two ways in which one ends early."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sqlglot import exp

if TYPE_CHECKING:
    from compliance.engine.duck import Session as DuckSession
    from compliance.engine.plan import Plan


class Interrupted(Exception):
    """The run was interrupted from another thread; nothing it wrote counts."""


class StatementFault(Exception):
    """The engine refused a statement or gave it up; says why in one line, without the machine's paths."""


class EngineAway(Exception):
    """The engine cannot be reached, or has lost the run; says why in one line."""


class Session(Protocol):
    """An open engine with the records of a plan's sources as tables. Statements raise StatementFault.

    `interrupt()` is safe from any thread, at any time, and more than once.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def open(self) -> None:
        """Reaches the engine and names the records, after `interrupt` can be called and before anything else is."""

    def interrupt(self) -> None:
        """Makes the run raise Interrupted soon, inside a statement too."""

    def view(self, path: Path, name: str) -> None:
        """Gives a small Parquet file of texts in the scratch folder a name."""

    def create(self, name: str, query: exp.Select) -> None:
        """Makes or replaces the table `name`."""

    def create_empty(self, name: str, columns: dict[str, str]) -> None:
        """Makes or replaces the table `name` with these columns {name: type} and no rows."""

    def insert(self, name: str, query: exp.Select) -> None:
        """Adds the rows of `query` to the table `name`; all of them or none."""

    def rows(self, query: exp.Select) -> list[tuple[Any, ...]]:
        """All rows of a small result."""

    def column(self, query: exp.Select) -> Iterator[str]:
        """The texts of a result of one column, streamed."""

    def gathered(self, plan: Plan) -> AbstractContextManager[DuckSession]:
        """A DuckDB that has the table `evidence`, and of every source at least the records that prove something."""

"""What a command prints: its result on standard output, all else on standard error.

A terminal gets colours and a bar that moves. A pipe or a file gets neither, and no line is wrapped or cut there.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TextIO

from django.core.serializers.json import DjangoJSONEncoder
from rich.console import Console as Rich
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from terminal.text import plain

UNBOUNDED = 1_000_000  # characters of a line where nobody looks


class Console:
    """`as_json`: the result is one JSON document, and people read on standard error only."""

    def __init__(self, out: TextIO, err: TextIO, *, as_json: bool = False, colours: bool = True) -> None:
        self.as_json = as_json
        self.answered = False
        self._out = out
        self._people, self._aside = _rich(out, colours), _rich(err, colours)

    def note(self, text: str) -> None:
        """A line beside the result."""
        self._aside.print(plain(text))

    def show(self, document: object, *parts: str | Table) -> None:
        """The result: `document` for machines, `parts` for people. A document is written once in a run."""
        self.answered = True
        self._out.write(json.dumps(document, cls=DjangoJSONEncoder) + "\n" if self.as_json else self._drawn(parts))
        self._out.flush()  # here, so that a reader who has left is noticed here

    @contextmanager
    def bars(self) -> Iterator[Bars]:
        """Bars that are drawn while inside, and wiped away after; where nobody looks there are none."""
        columns = (
            TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(),
            TextColumn("{task.fields[words]}", markup=False), TimeElapsedColumn(),
        )  # fmt: skip
        with Progress(*columns, console=self._aside, transient=True, disable=not self._aside.is_interactive) as drawn:
            yield Bars(drawn)

    def _drawn(self, parts: Iterable[str | Table]) -> str:
        with self._people.capture() as drawn:
            for part in parts:
                self._people.print(plain(part) if isinstance(part, str) else part)
        return "".join(f"{line.rstrip()}\n" for line in drawn.get().splitlines())


class Bars:
    """The bars of one wait, each known by its name."""

    def __init__(self, drawn: Progress) -> None:
        self._drawn = drawn
        self._known: dict[str, TaskID] = {}

    def draw(self, name: str, share: float | None, words: str = "") -> None:
        """Set the bar `name` to `share` (0 to 1, None: nobody knows), with `words` beside it."""
        if name not in self._known:
            self._known[name] = self._drawn.add_task(plain(name), total=None, words="")
        total, done = (None, 0.0) if share is None else (1.0, share)
        self._drawn.update(self._known[name], total=total, completed=done, words=plain(words))


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Collection[str] = ()) -> Table:
    """A table without lines; the columns named in `numbers` are set flush right, and only the last one is wrapped."""
    made = Table(box=None, pad_edge=False)
    for place, head in enumerate(heads, 1):
        side: Literal["left", "right"] = "right" if head in numbers else "left"
        made.add_column(plain(head), justify=side, overflow="fold", no_wrap=place < len(heads))
    for row in rows:
        made.add_row(*(plain(str(cell)) for cell in row))
    return made


def _rich(stream: TextIO, colours: bool) -> Rich:
    """Whether it is a terminal is the stream's word alone: no variable brings colours into a pipe."""
    terminal = stream.isatty()
    looked_at: Any = {} if terminal else {"force_interactive": False, "width": UNBOUNDED}
    return Rich(
        file=stream, force_terminal=terminal, no_color=None if colours else True, markup=False, emoji=False,
        highlight=False, **looked_at,
    )  # fmt: skip

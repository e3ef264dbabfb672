"""manage.py as operators run it: a process of its own, with its output in pipes or on a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.processes import PROJECT


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What --json printed: one document and nothing else."""
        return json.loads(self.out)


def command(*words: object) -> list[str]:
    return [sys.executable, str(PROJECT / "manage.py"), *map(str, words)]


def manage(environment: Mapping[str, str], *words: object) -> Ran:
    """Run a command to its end, with pipes."""
    ran = subprocess.run(
        command(*words), env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=600
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


@contextmanager
def started(environment: Mapping[str, str], log: Path, *words: object) -> Iterator[subprocess.Popen[bytes]]:
    """A command that goes on, and is stopped in the end; all it prints is in the file `log`."""
    with log.open("wb") as output:
        process = subprocess.Popen(command(*words), env={**os.environ, **environment}, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def manage_on_a_terminal(environment: Mapping[str, str], *words: object) -> str:
    """All that a terminal was sent until the command ended well."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command(*words), env={**os.environ, "TERM": "xterm", "COLUMNS": "100", **environment},
        stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while chunk := _read(ours):
        shown += chunk
    os.close(ours)
    assert process.wait() == 0, shown.decode()
    return shown.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other end is closed
        return b""

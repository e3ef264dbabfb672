"""Environments of those we are measured beside: made when a benchmark runs, never part of what Scanward needs.

`benchmarks/peers/NAME.txt` is what `uv pip compile` makes of NAME.in, with hashes:
`cd benchmarks/peers; for each in *.in; do uv pip compile $each --universal --generate-hashes --no-header
--no-emit-index-url --python-version 3.11 -o ${each%.in}.txt; done`
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
REQUIREMENTS = PROJECT / "benchmarks" / "peers"
UV = Path(sys.executable).with_name("uv")


def environment(name: str, folder: Path) -> Path:
    """The Python of a new environment in `folder` that holds what NAME.txt pins."""
    made = folder / name
    for command in (
        ["venv", "--python", sys.executable, made],
        ["pip", "sync", "--require-hashes", "--python", made, REQUIREMENTS / f"{name}.txt"],
    ):
        subprocess.run([UV, "--quiet", *command], check=True)
    return made / "bin" / "python"


def version(name: str) -> str:
    """`name` and the version of it that is pinned: of the first package that NAME.in asks for."""
    package = re.split(r"[\[\s]", (REQUIREMENTS / f"{name}.in").read_text(), maxsplit=1)[0]
    pinned = re.search(rf"^{re.escape(package)}==(\S+)", (REQUIREMENTS / f"{name}.txt").read_text(), re.MULTILINE)
    assert pinned, f"{package} is not in {name}.txt"
    return f"{package} {pinned[1]}"

"""Runs what a page tells its reader to run, and holds what is printed against what the page shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from config.processes import PROJECT
from tests.docs.pages import Block, blocks, name

USABLE = bool(shutil.which("curl") and shutil.which("bash"))
SECONDS = 600
_END = "\x1e"
"""Printed after each block, to tell their output apart."""
_LEAVE_NOTHING = "trap 'kill $(jobs -p) 2> /dev/null || :' EXIT\n"


def run_page(page: Path, folder: Path, environment: Mapping[str, str]) -> None:
    """Run the blocks of `page` marked `run`, in one bash in `folder`. Fails on the first that does, and on the first
    that prints something else than the block marked `output` below it."""
    written = blocks(page)
    commands = [block for block in written if "run" in block.marks]
    script = _LEAVE_NOTHING + "".join(f"{block.code}\nprintf '{_END}'\n" for block in commands)
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    printed = ran.stdout.split(_END)
    assert ran.returncode == 0, f"{name(page)}, after {len(printed) - 1} blocks:\n{printed[-1]}\n{ran.stderr}"
    promised = _promised(written)
    for block, text in zip(commands, printed, strict=False):
        if (expected := promised.get(id(block))) is not None:
            assert re.fullmatch(_pattern(expected), text.strip(), re.DOTALL), _differs(page, block, expected, text)


def links(folder: Path, *names: str) -> None:
    """What the commands of a page find in the checkout, in a folder that they may write into."""
    for each in names:
        (folder / each).symlink_to(PROJECT / each)


def _promised(written: list[Block]) -> dict[int, str]:
    """{id of a block: what the page says that it prints}"""
    found = {}
    for block, after in pairwise(written):
        if "output" in after.marks:
            assert "run" in block.marks, f"shows the output of a block that is not run:\n{after.code}"
            found[id(block)] = after.code
    return found


def _pattern(expected: str) -> str:
    return re.escape(expected.strip()).replace(re.escape("..."), ".*?")


def _differs(page: Path, block: Block, expected: str, printed: str) -> str:
    return f"{name(page)}:\n{block.code}\nprinted\n{printed}\nand the page shows\n{expected}"

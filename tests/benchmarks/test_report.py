"""The page of benchmarks, and how memory is read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.memory import peak
from benchmarks.report import with_section

MIB = 2**20


def test_a_section_is_replaced_and_the_others_stay() -> None:
    page = with_section(with_section("# Benchmarks\n", "One", "one", "old"), "Two", "two", "second")
    page = with_section(page, "One", "one", "new | 1 \\ 2")
    assert [line for line in page.splitlines() if not line.startswith("Measured by")] == [
        "# Benchmarks", "", "## One", "new | 1 \\ 2", "", "## Two", "second",
    ]  # fmt: skip


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_peak_memory_counts_what_a_child_held_and_gave_back() -> None:
    held = f"b = bytearray({200 * MIB}); del b; print('ready', flush=True); input()"
    before = peak(os.getpid())
    with subprocess.Popen(
        [sys.executable, "-c", held], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        grown = peak(os.getpid()) - before
        alone = peak(child.pid)
        child.stdin.write("\n")
        child.stdin.close()
    assert 200 * MIB <= alone <= grown + MIB

"""Scratch folders: gone with their owner, also with one that was killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from web import storing as files

HOLDER = """
import os, sys, tempfile
tempfile.tempdir = sys.argv[1]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
from web import storing as files
with files.scratch() as folder:
    (folder / "spill").mkdir()
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def holder(folder: Path) -> tuple[subprocess.Popen[str], Path]:
    """Another process inside scratch(), and its folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_the_folder_of_a_killed_process_is_removed_and_that_of_a_living_one_is_not(temporary: Path) -> None:
    (killed, abandoned), (living, kept) = holder(temporary), holder(temporary)
    with killed, living, files.scratch() as own:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert (abandoned / "spill").is_dir()
        assert files.sweep_scratch() == 1
        assert (abandoned.exists(), kept.exists(), own.exists()) == (False, True, True)
        living.communicate("")
    assert list(temporary.iterdir()) == []


def test_folders_of_others_are_left_alone(temporary: Path) -> None:
    (temporary / "scanward-other").mkdir()
    (temporary / "scanward-scratch-file").write_text("x")
    files.sweep_scratch()
    assert (temporary / "scanward-other").exists()


def test_a_process_sweeps_when_it_first_needs_a_folder_and_then_now_and_again(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_swept_at", -files.SWEEP_EVERY)
    (temporary / "scanward-scratch-old").mkdir()
    with files.scratch():
        assert not (temporary / "scanward-scratch-old").exists()
    (temporary / "scanward-scratch-newer").mkdir()
    with files.scratch():
        assert (temporary / "scanward-scratch-newer").exists()


def test_a_folder_is_gone_when_its_work_fails(temporary: Path) -> None:
    def fail() -> None:
        with files.scratch() as folder:
            (folder / "half").write_text("half")
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        fail()
    assert list(temporary.iterdir()) == []

"""Files in Django's storage, and local folders to work on them."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage

SWEEP_EVERY = 600.0
"""Seconds between two looks of one process for abandoned scratch folders."""
_PREFIX = "scanward-scratch-"
_swept_at = -SWEEP_EVERY


def remove_all_but(folder: str, *kept: str) -> None:
    """Delete the files of a folder of the storage except those named."""
    remove(*(name for name in names_in(folder) if name not in kept))


def remove_folder(folder: str) -> None:
    """Delete a folder of the storage with all that is in it."""
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    for each in folders:
        remove_folder(f"{folder}/{each}")
    remove(*(f"{folder}/{name}" for name in names), folder)


def names_in(folder: str) -> list[str]:
    """The storage names of the files of a folder."""
    try:
        return [f"{folder}/{file}" for file in default_storage.listdir(folder)[1]]
    except FileNotFoundError:
        return []


def store(name: str, path: Path) -> str:
    """Copy a local file into the storage; returns the name it got there."""
    with path.open("rb") as content:
        return default_storage.save(name, File(content))


def remove(*names: str) -> None:
    for name in filter(None, names):
        default_storage.delete(name)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards, whatever happens: also to this process, see sweep_scratch."""
    sweep_scratch(every=SWEEP_EVERY)
    folder, lock = _locked_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def sweep_scratch(*, every: float = 0) -> int:
    """Remove the scratch folders of processes of this machine that are gone; returns how many.

    A living owner holds a lock on its folder, and the kernel gives up those of the dead. Does nothing when this
    process has swept within the last `every` seconds.
    """
    global _swept_at
    if every and time.monotonic() - _swept_at < every:
        return 0
    _swept_at = time.monotonic()
    return sum(_removed_if_abandoned(folder) for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"))


def _locked_folder() -> tuple[Path, int]:
    """A new folder, and the lock on it. A sweeper may come between the two: then the next one."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        with suppress(OSError):
            lock = os.open(folder, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)


def _removed_if_abandoned(folder: Path) -> bool:
    try:
        lock = os.open(folder, os.O_RDONLY)
    except OSError:  # just gone, or another user's
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        shutil.rmtree(folder, ignore_errors=True)
        return True
    finally:
        os.close(lock)


def fetch(name: str, scratch_folder: Path) -> Path:
    """The stored file as a local path: the file itself in local storage, else a copy in `scratch_folder`."""
    try:
        return Path(default_storage.path(name))
    except NotImplementedError:
        target = scratch_folder / Path(name).name
        with default_storage.open(name) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)
        return target

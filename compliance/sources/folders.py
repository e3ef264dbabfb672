"""The newest file of a folder or of an object-store prefix, never outside what the operator has opened."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, BinaryIO

import fsspec

from compliance.sources.pulling import Bounds, Pulled, PullFailed
from compliance.sources.shapes import Files

CHUNK = 1024 * 1024
_UNFINISHED = (".tmp", ".part", ".crdownload")


def pull(source: Files, target: Path, bounds: Bounds) -> Pulled:
    """The newest file that fits (by time of change, then by name). PullFailed says why there is none."""
    folder, _, pattern = source.path.rpartition("/")
    root = _root_of(source.path, bounds)
    if root is None:
        raise PullFailed("SOURCE_REFUSED", "The path lies in no folder that the operator has opened (SOURCE_ROOTS).")
    newest = _newest_object if source.path.startswith("s3://") else _newest_file
    try:
        with newest(folder or "/", pattern, root, bounds) as (name, size, file), target.open("wb") as copy:
            if size > bounds.most:
                raise bounds.too_large()
            bounds.copy(iter(lambda: file.read(CHUNK), b""), copy)
    except OSError as fault:
        raise PullFailed("SOURCE_UNAVAILABLE", f"The files could not be read ({type(fault).__name__}).") from fault
    return Pulled(target, name)


def _root_of(path: str, bounds: Bounds) -> str | None:
    """The root that holds the path; {group} in a root stands for the group whose source it is."""
    for root in (root.replace("{group}", bounds.group).rstrip("/") for root in bounds.roots):
        if path.startswith(root + "/"):
            return root
    return None


@contextmanager
def _newest_file(folder: str, pattern: str, root: str, bounds: Bounds) -> Iterator[tuple[str, int, BinaryIO]]:
    inside = Path(root).resolve()
    found = [entry for entry in os.scandir(folder) if _fits(entry.name, pattern)]
    for entry in sorted(found, key=lambda entry: (entry.stat().st_mtime_ns, entry.name), reverse=True):
        path = Path(entry.path).resolve()
        if path.is_relative_to(inside) and path.is_file():
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                yield entry.name, os.fstat(descriptor).st_size, file
                return
    raise _nothing(pattern)


@contextmanager
def _newest_object(folder: str, pattern: str, root: str, bounds: Bounds) -> Iterator[tuple[str, int, BinaryIO]]:
    store, found = _listed(folder, bounds)
    fitting = [each for each in found if each["type"] == "file" and _fits(_name(each), pattern)]
    newest = max(fitting, key=lambda each: (each["LastModified"], each["name"]), default=None)
    if newest is None:
        raise _nothing(pattern)
    with store.open(newest["name"], "rb") as file:
        yield _name(newest), int(newest["size"]), file


def _listed(folder: str, bounds: Bounds) -> tuple[Any, list[Any]]:
    """The object store and what lies in one of its folders; PullFailed without the libraries or keys for it."""
    try:
        from botocore.exceptions import BotoCoreError

        store: Any = fsspec.filesystem(
            "s3", use_listings_cache=False, skip_instance_cache=True, endpoint_url=bounds.s3_endpoint or None
        )
    except ImportError as fault:
        message = "This installation reads no object store: its operator has not installed the extra object-store."
        raise PullFailed("SOURCE_UNAVAILABLE", message) from fault
    try:
        return store, store.ls(folder.removeprefix("s3://"), detail=True, refresh=True)
    except FileNotFoundError:
        return store, []
    except BotoCoreError as fault:  # no keys, no such endpoint
        raise PullFailed("SOURCE_UNAVAILABLE", f"The object store failed ({type(fault).__name__}).") from fault


def _name(found: Any) -> str:
    return posixpath.basename(str(found["name"]))


def _fits(name: str, pattern: str) -> bool:
    """Hidden files and those still being written are left alone."""
    return not name.startswith(".") and not name.lower().endswith(_UNFINISHED) and fnmatchcase(name, pattern)


def _nothing(pattern: str) -> PullFailed:
    return PullFailed("SOURCE_EMPTY", f"No file fits {pattern}.")

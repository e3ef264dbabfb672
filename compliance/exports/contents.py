"""What the files of a bundle must agree in: the chain of its score history, its digest, its violations. Pure."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import Any

import duckdb

from compliance.chain import linked


def faults_of_history(history: dict[str, Any], manifest: dict[str, Any]) -> str | None:
    """What is wrong with a score history; None when each step follows from the one before."""
    before, steps = manifest["result_digest"], history["steps"]
    if history["scan_id"] != manifest["scan_id"] or history["from"] != before:
        return "the score history is of another scan"
    for number, step in enumerate(steps, 1):
        content = {name: value for name, value in step.items() if name != "hash"}
        if content["sequence"] != number or content["scan"] != manifest["scan_id"]:
            return f"step {number} of the score history is missing or of another scan"
        before = linked(before, **content)
        if before != step["hash"]:
            return f"step {number} of the score history does not follow from the one before: it was changed"
    said = manifest["score_history"]
    if not steps or (len(steps), before, steps[-1]["score"]) != (said["steps"], said["head"], said["score"]):
        return "the score history ends elsewhere than the manifest says: steps were cut off or added"
    return None


def digest_of(findings: Path, scratch: Path) -> str:
    """The result digest, again: SHA-256 over every finding's key and a line feed, keys ascending."""
    digest = hashlib.sha256()
    settings: dict[str, Any] = {
        "threads": 1, "memory_limit": "512MB", "temp_directory": str(scratch / "spill"),
        "autoload_known_extensions": False, "autoinstall_known_extensions": False,
    }  # fmt: skip
    try:
        with duckdb.connect(config=settings) as connection:
            keys = connection.execute("SELECT key FROM read_parquet($1) ORDER BY key", [str(findings)])
            while batch := keys.fetchmany(10_000):
                digest.update("".join(f"{key}\n" for (key,) in batch).encode())
    except duckdb.Error as fault:
        raise ValueError(f"the findings cannot be read: {str(fault).splitlines()[0][:200]}") from fault
    return digest.hexdigest()


def rows_of_csv(path: Path) -> int:
    """Records below the header. ValueError when it is no CSV."""
    # An account may be longer than the reader's own limit, which is one for the whole process: uploads count on it.
    usual = csv.field_size_limit(2**31 - 1)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return sum(1 for _ in csv.reader(file, strict=True)) - 1
    except csv.Error as fault:
        raise ValueError(f"violations.csv is no CSV: {fault}") from fault
    finally:
        csv.field_size_limit(usual)

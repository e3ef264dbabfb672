"""Files as somebody might send them, taken in and read back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from compliance.columns import Column
from compliance.engine import dialects, sql
from compliance.uploads.ingest import Ingested, ingest
from tabular.limits import Limits


@dataclass(frozen=True)
class Taken:
    """One ingested file and what it left behind."""

    ingested: Ingested
    records: list[dict[str, Any]]
    rejects: list[dict[str, Any]]

    @property
    def columns(self) -> dict[str, Column]:
        return {column.name: column for column in self.ingested.profile.columns}

    def values(self, name: str, kind: str = "") -> list[Any]:
        """A column's texts, or with kind n, t, b, z its typed readings."""
        return [record[self.columns[name].stored + (kind and f"_{kind}")] for record in self.records]

    def has(self, name: str, kind: str) -> bool:
        return f"{self.columns[name].stored}_{kind}" in self.records[0]


def take(folder: Path, content: str | bytes, *, limits: Limits | None = None) -> Taken:
    source = folder / "received"
    source.write_bytes(content.encode() if isinstance(content, str) else content)
    target, rejects = folder / "records.parquet", folder / "rejects.jsonl"
    ingested = ingest(source, target=target, rejects=rejects, limits=limits)
    lines = rejects.read_text(encoding="utf-8").split("\n")[:-1]
    return Taken(ingested, read(target, ingested.profile.columns), [json.loads(line) for line in lines])


def read(records: Path, columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Every record with all that is stored, and the text of each column also where its number gives it back."""
    texts = [sql.named(sql.text_of(each), each.stored) for each in columns if each.places is not None]
    selected = "".join(f", {dialects.render(each, 'duckdb')}" for each in texts)
    with duckdb.connect() as db:
        found = db.read_parquet(str(records)).project(f"*{selected}")
        return found.to_arrow_table().to_pylist()


def one_column(folder: Path, values: list[str], name: str = "v") -> Taken:
    """A file with an id beside the column of interest, every value quoted."""
    rows = "".join('id{},"{}"\n'.format(i, value.replace('"', '""')) for i, value in enumerate(values))
    return take(folder, f"id,{name}\n{rows}")

"""Every finding of one violation with the records that prove it, from the scan's findings file."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from compliance import files
from compliance.engine import dialects, sql
from compliance.engine.sources import SPAN, locate
from compliance.models import Upload, Violation
from compliance.scales import EPOCH

FINDING = ("finding", "key", "value", "first_at", "last_at", "amount", "upload_id", "row")
"""Columns of a table of findings before those of the records."""
BATCH = 1_000  # lines of a table read at once
_FOUND = (
    "SELECT row_number() OVER (ORDER BY first_us NULLS LAST, key, rows) AS finding, key, value, first_us, last_us, "
    "amount, rows FROM read_parquet($findings) WHERE rule_id = $rule_id AND account = $account"
)


@dataclass(frozen=True)
class Finding:
    """One finding. `rows`: all its records, as engine.sources numbers them; `number`: its place by time, from 1."""

    number: int
    key: str
    value: Decimal | None
    first_at: datetime | None
    last_at: datetime | None
    amount: Decimal | None
    rows: list[int]


@dataclass(frozen=True)
class Record:
    """A record that proves something: its row in its upload, and its texts by header."""

    upload_id: str
    row: int
    values: dict[str, str | None]


class Evidence:
    """The findings of one violation, by time. To be opened by `opened`; reads in bounded memory."""

    def __init__(self, violation: Violation, scratch: Path) -> None:
        scan = violation.scan
        self._named = {
            "findings": str(files.fetch(scan.findings, scratch)),
            "rule_id": violation.rule_id,
            "account": violation.account,
        }
        known = Upload.objects.in_bulk([scan.upload_id, *scan.context_uploads])
        self._uploads = [known[uuid.UUID(str(pk))] for pk in (scan.upload_id, *scan.context_uploads)]
        self._scratch, self._fetched = scratch, dict[int, tuple[str, str]]()  # path of the records, query
        self._connection = duckdb.connect(
            config={
                "threads": 1,
                "memory_limit": "512MB",
                "temp_directory": str(scratch / "spill"),
                "autoload_known_extensions": False,
                "autoinstall_known_extensions": False,
                "python_enable_replacements": False,
            }  # fmt: skip
        )

    @cached_property
    def headers(self) -> list[str]:
        """Of the columns whose content is there: those of the scanned upload, then what context uploads add."""
        kept = [upload for upload in self._uploads if upload.records]
        return list(dict.fromkeys(column.name for upload in kept for column in upload.facts().columns))

    def close(self) -> None:
        self._connection.close()

    @property
    def input_deleted(self) -> bool:
        """Once the content of the scanned upload is deleted, its rows have numbers only."""
        return not self._uploads[0].records

    def page(self, *, after: int, limit: int) -> list[Finding]:
        """The `limit` findings that come after number `after`."""
        query = f"SELECT * FROM ({_FOUND}) WHERE finding > $after ORDER BY finding LIMIT $limit"  # noqa: S608
        found = self._connection.execute(query, {**self._named, "after": after, "limit": limit}).fetchall()
        return [
            Finding(number, key, value, _instant(first), _instant(last), amount, rows)
            for number, key, value, first, last, amount, rows in found
        ]

    def values(self, rows: Iterable[int]) -> dict[int, Record]:
        """{row as findings have it: its record} of the named rows; those of deleted uploads are left out."""
        wanted: dict[int, list[int]] = {}
        for row in rows:
            number, own = locate(row)
            wanted.setdefault(number, []).append(own)
        return {row: record for number, own in wanted.items() for row, record in self._of_source(number, own)}

    def table(self) -> Iterator[list[Any]]:
        """One line a record of every finding: FINDING, then its texts by `headers`; in order of findings, then rows."""
        proofs = f"SELECT finding, key, value, first_us, last_us, amount, unnest(rows) AS row FROM ({_FOUND})"  # noqa: S608
        query = f"SELECT * FROM ({proofs}) ORDER BY finding, row"  # noqa: S608  our own words
        cursor = self._connection.cursor().execute(query, self._named)
        while batch := cursor.fetchmany(BATCH):
            records = self.values({row for *_, row in batch})
            for number, key, value, first, last, amount, row in batch:
                record = records.get(row)
                texts = [record.values.get(name) for name in self.headers] if record else [None] * len(self.headers)
                upload_id, own = self.place(row)
                yield [number, key, value, _instant(first), _instant(last), amount, upload_id, own, *texts]

    def place(self, row: int) -> tuple[str, int]:
        """(id of the upload, row in it) of a row as findings have it."""
        number, own = locate(row)
        return str(self._uploads[number].pk), own

    def _of_source(self, number: int, rows: list[int]) -> Iterator[tuple[int, Record]]:
        upload = self._uploads[number]
        if not upload.records:
            return
        if number not in self._fetched:
            folder = self._scratch / str(number)
            folder.mkdir()
            chosen = "".join(f", {dialects.render(sql.text_of(column), 'duckdb')}" for column in upload.facts().columns)
            query = f"SELECT row{chosen} FROM read_parquet($records) WHERE row IN (SELECT unnest($rows))"  # noqa: S608
            self._fetched[number] = str(files.fetch(upload.records, folder)), query
        path, query = self._fetched[number]
        found = self._connection.execute(query, {"records": path, "rows": rows}).fetchall()
        columns = upload.facts().columns
        for row, *texts in found:
            values = dict(zip([column.name for column in columns], texts, strict=True))
            yield number * SPAN + row, Record(str(upload.pk), row, values)


@contextmanager
def opened(violation: Violation) -> Iterator[Evidence]:
    """The evidence of a violation whose scan has a findings file."""
    with files.scratch() as scratch:
        evidence = Evidence(violation, scratch)
        try:
            yield evidence
        finally:
            evidence.close()


def _instant(microseconds: int | None) -> datetime | None:
    try:
        return None if microseconds is None else EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return None

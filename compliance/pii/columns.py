"""Looks through the records of an upload column by column, at a bounded number of distinct values of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from compliance.columns import Column
from compliance.pii.banking import cards, ibans
from compliance.pii.contacts import emails, phones
from compliance.pii.found import Found
from compliance.pii.names import names
from compliance.pii.national import national_ids

VALUES_OF_A_COLUMN = 1_000
VALUES_OF_AN_UPLOAD = 50_000
"""Bounds the time: some 30,000 phone numbers, the slowest, are read a second."""
PARTS = 16
"""Places of the file that values are taken from, evenly spread."""
CHARACTERS = 1_000
"""How much of a long text is looked at."""

_DETECTORS = (emails, phones, ibans, cards, national_ids, names)


@dataclass(frozen=True, slots=True)
class ColumnReport:
    """What was found among `looked_at` distinct values of a column, the most frequent kind first."""

    name: str
    looked_at: int
    found: tuple[Found, ...]


def check_records(records: Path, columns: Sequence[Column]) -> Iterator[ColumnReport]:
    """A report a column of the stored records; the same records always give the same."""
    most = max(1, min(VALUES_OF_A_COLUMN, VALUES_OF_AN_UPLOAD // max(1, len(columns))))
    with pq.ParquetFile(records) as file:
        for column in columns:
            values = sample(file, column, most)
            yield ColumnReport(column.name, len(values), check_values(column.name, values))


def check_values(header: str, values: Sequence[str]) -> tuple[Found, ...]:
    """What the distinct values of a column are, by themselves and by what its header says."""
    found = [each for detect in _DETECTORS if (each := detect(header, values)) is not None]
    return tuple(sorted(found, key=lambda each: (-each.share, each.kind)))


def sample(file: pq.ParquetFile, column: Column, most: int) -> list[str]:
    """At most `most` distinct values that are not blank, from places evenly spread over the file."""
    groups = _spread(range(file.num_row_groups), PARTS)
    values: dict[str, None] = {}
    for number, group in enumerate(groups, start=1):
        distinct = pc.unique(file.read_row_group(group, columns=[column.origin]).column(0)).drop_null()
        if column.places is not None:
            distinct = distinct.cast(pa.decimal128(18, column.places)).cast(pa.string())
        wanted = most * number // len(groups) - len(values)
        for index in _spread(range(len(distinct)), max(wanted, 0)):
            text = str(distinct[index].as_py())[:CHARACTERS]
            if text.strip():
                values[text] = None
    return list(values)


def _spread(of: range, most: int) -> list[int]:
    """At most `most` of the numbers, evenly spread."""
    return list(of) if len(of) <= most else [of[len(of) * place // most] for place in range(most)]

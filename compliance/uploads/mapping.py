"""Which column each field of the rules is read from: checked, shown on sample rows, and judged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Mapping as Mapping_
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from compliance.columns import Column, ColumnType, Zoned
from compliance.uploads.fields import ALIASES, FIELDS, NUMBERS, TEXTS, TIMES
from compliance.uploads.shown import time_text

LOOKED_AT = 100  # comparing names costs up to a millisecond for each
_CLOSE = 0.8  # of 1, which is the same but for its case
Normal = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a mapping: where in the request, and what to write instead."""

    path: str
    message: str


class MappingRefused(ValueError):
    """A mapping that cannot be used; `problems` names every fault found."""

    code = "INVALID_MAPPING"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Mapping:
    """{field: column}, canonical field names, columns of one upload."""

    columns: dict[str, Column]

    def to_dict(self) -> dict[str, str]:
        """{field: column name}, as it is stored and shown."""
        return {field: column.name for field, column in self.columns.items()}


@dataclass(frozen=True, slots=True)
class Quality:
    """How many of an upload's records have a usable value for a field, read as `kind`: share is 0..1."""

    field: str
    column: str
    kind: ColumnType
    share: float
    warning: str | None


def check_mapping(mapping_config: object, columns: Sequence[Column]) -> Mapping:
    """The mapping, names trimmed and aliases resolved. Raises MappingRefused with all its problems."""
    if not isinstance(mapping_config, dict):
        raise MappingRefused([Problem("mapping_config", "must be an object {field: column name}.")])
    by_name = {column.name: column for column in columns}
    problems: list[Problem] = []
    found: dict[str, Column] = {}
    for key, value in mapping_config.items():
        path = f"mapping_config.{key}"
        field = str(key).strip()
        field = ALIASES.get(field, field)
        if not field:
            problems.append(Problem(path, "the field has no name."))
        elif not isinstance(value, str):
            problems.append(Problem(path, f"must be a column name in quotes, not {_json_kind(value)}."))
        elif (column := by_name.get(value.strip())) is None:
            problems.append(Problem(path, _unknown(value.strip(), columns)))
        elif found.get(field, column) != column:
            problems.append(Problem(path, f'the field "{field}" is mapped twice, also to "{found[field].name}".'))
        else:
            found[field] = column
    if problems:
        raise MappingRefused(problems)
    return Mapping(found)


def misspelt(fields: Collection[str], read: Iterable[str] = ()) -> list[str]:
    """A warning for each mapped field that is neither known nor one of those that rules `read`, and close to one of
    these that is not mapped. Any field may be mapped, so it is taken all the same. Looks at the first LOOKED_AT.
    """
    mapped, known = set(fields), {*FIELDS, *read}
    unknown = [field for field in fields if field not in known][:LOOKED_AT]
    lacking = {field.casefold(): field for field in sorted(known - mapped)}
    return [
        f'{field[:100]}: no field of this name is known; did you mean "{lacking[close[0]]}"?'
        for field in unknown
        if (close := get_close_matches(field[:100].casefold(), lacking, 1, _CLOSE))
    ]


def columns_read_as(columns: Sequence[Column], overrides: object) -> tuple[Column, ...]:
    """The columns with each that `overrides` names read as it says: {column: {"decimal_mark", "day_first"}}.

    Raises MappingRefused with all its problems; only an ambiguous column can be read otherwise than it was decided.
    """
    if not isinstance(overrides, Mapping_):
        raise MappingRefused([Problem("overrides", "must be an object {column name: {decimal_mark, day_first}}.")])
    by_name = {column.name: column for column in columns}
    problems: list[Problem] = []
    for key, choice in overrides.items():
        path, column = f"overrides.{key}", by_name.get(str(key).strip())
        if column is None:
            problems.append(Problem(path, _unknown(str(key).strip(), columns)))
            continue
        wrong = _bad_choice(path, choice)
        if wrong:
            problems += wrong
        elif (read := column.read_as(**choice)) is None:
            problems.append(Problem(path, _not_otherwise(column)))
        else:
            by_name[column.name] = read
    if problems:
        raise MappingRefused(problems)
    return tuple(by_name[column.name] for column in columns)


def _bad_choice(path: str, choice: object) -> list[Problem]:
    if not isinstance(choice, Mapping_) or not choice:
        return [Problem(path, 'must be an object with decimal_mark ("." or ","), day_first (true or false), or both.')]
    problems = [
        Problem(f"{path}.{str(key)[:100]}", "is unknown; known: decimal_mark, day_first.")
        for key in choice
        if key not in ("decimal_mark", "day_first")
    ]
    if "decimal_mark" in choice and choice["decimal_mark"] not in (".", ","):
        problems.append(Problem(f"{path}.decimal_mark", 'must be "." or ",".'))
    if "day_first" in choice and not isinstance(choice["day_first"], bool):
        problems.append(Problem(f"{path}.day_first", "must be true or false."))
    return problems


def _not_otherwise(column: Column) -> str:
    read = [f'numbers with "{column.decimal_mark}"'] if column.decimal_mark else []
    if column.day_first is not None:
        read.append(f"dates with the {'day' if column.day_first else 'month'} first")
    return f"its values read in one way only ({' and '.join(read)}); remove this."


def value_quality(mapping: Mapping, columns: Sequence[Column], *, row_count: int) -> list[Quality]:
    """For each mapped field the share of the `row_count` records it can be read from, and why."""
    current = {column.name: column for column in columns}
    return [_quality(field, current[column.name], row_count) for field, column in mapping.columns.items()]


def normalised_sample(mapping: Mapping, records: Path, *, rows: int = 3) -> list[dict[str, Normal]]:
    """The first records as rules will see them: {field: value}, numbers as numbers, instants as ISO 8601.

    Reads `records` (records.parquet). Missing and unreadable values are None; a missing account is row:<n>.
    """
    stored = pq.ParquetFile(records)
    present = set(stored.schema_arrow.names)
    wanted = {"row"} | {
        name
        for column in mapping.columns.values()
        for name in (column.stored, *(f"{column.stored}_{kind}" for kind in "ntbz"))
        if name in present
    }
    batch = next(stored.iter_batches(batch_size=rows, columns=sorted(wanted)), None)
    return [
        {field: _normal(field, column, record) for field, column in mapping.columns.items()}
        for record in (batch.to_pylist() if batch else [])
    ]


def _json_kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case list():
            return "a list"
    return "an object"


def _unknown(name: str, columns: Sequence[Column]) -> str:
    same = [column.name for column in columns if column.name.casefold() == name.casefold()]
    if same:
        return f'there is no column "{name[:100]}"; names are compared exactly: did you mean "{same[0]}"?'
    known = ", ".join(f'"{column.name[:60]}"' for column in columns[:20])
    more = f" and {len(columns) - 20:,} more" if len(columns) > 20 else ""
    return f'there is no column "{name[:100]}"; the upload has {known}{more}.'


def _quality(field: str, column: Column, row_count: int) -> Quality:
    filled = row_count - column.nulls
    kind, readable = ColumnType.TEXT, filled
    if field in NUMBERS:
        kind, readable = ColumnType.NUMBER, column.numbers
    elif field in TIMES:
        kind, readable = ColumnType.TIME, column.times
    share = round(readable / row_count, 4) if row_count else 1.0
    if readable == row_count:
        return Quality(field, column.name, kind, share, None)
    reasons = []
    if column.nulls:
        reasons.append(f"{column.nulls:,} are empty")
    if filled > readable:
        reasons.append(f"{filled - readable:,} do not read as a {kind}")
    what = f'{field} (column "{column.name}"): of {row_count:,} records {" and ".join(reasons)}'
    so = (
        "such records are accounts of their own, which cannot be followed from scan to scan"
        if field == "account"
        else "rules that need it do not evaluate those"
    )
    return Quality(field, column.name, kind, share, f"{what}; {so}.")


def _normal(field: str, column: Column, record: dict[str, Any]) -> Normal:
    text = _text(column, record)
    if field in TEXTS:
        if field == "account":
            return text.strip() if text else f"row:{record['row']}"
        return text.strip().upper() if field == "type" and text else text
    if field in NUMBERS or (field not in TIMES and column.type is ColumnType.NUMBER):
        return _number(record.get(f"{column.stored}_n"), whole=field == "step")
    if field in TIMES or column.type is ColumnType.TIME:
        micros: int | None = record.get(f"{column.stored}_t")
        zoned = column.zoned is Zoned.ALL or bool(record.get(f"{column.stored}_z"))
        return None if micros is None else time_text(micros, zoned=zoned)
    if column.type is ColumnType.BOOLEAN:
        flag: bool | None = record.get(f"{column.stored}_b")
        return flag
    return text


def _text(column: Column, record: dict[str, Any]) -> str | None:
    kept: str | Decimal | None = record.get(column.origin)
    return f"{kept:.{column.places}f}" if isinstance(kept, Decimal) else kept


def _number(value: Decimal | None, *, whole: bool) -> int | float | None:
    if value is None:
        return None
    if value == value.to_integral_value():
        return int(value)
    return None if whole else float(value)

"""JSON lines become Arrow tables: one object a line, its keys the columns in the order they are first seen.

Numbers keep the digits they are written with. What is no object of unique keys is set aside with its line.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn

import pyarrow as pa

from compliance.uploads.blanks import Blanks
from compliance.uploads.header import refuse_too_many
from compliance.uploads.rejects import Rejects
from tabular.decode import Block
from tabular.errors import UnsupportedFormat
from tabular.header import split_lines, unique_names
from tabular.limits import Limits

HINT = "JSON lines hold one whole object on each line, without commas between them."
MAX_DEPTH = 64
MAX_KEY = 500
_OBJECT = re.compile(r'\s*\{\s*(?:"|\}|$)', re.MULTILINE)
_ARRAY = re.compile(r"\s*\[\s*[\[\{\]]")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class _Number(str):
    """The digits of a JSON number."""

    __slots__ = ()


class _Unreadable(Exception):
    """Why a line is no record."""


def is_json(text: str) -> bool:
    """Whether a file that begins with `text` means to be JSON lines."""
    return _OBJECT.match(text) is not None


def refuse_array(text: str) -> None:
    """Raises UnsupportedFormat for a JSON array: it can only be read as a whole."""
    if _ARRAY.match(text):
        raise UnsupportedFormat(f"This is a JSON array. {HINT} (jq -c '.[]' makes them of an array.)")


class JsonRecords:
    """The records of JSON lines, from blocks of whole lines.

    Iterating gives Arrow tables: `row` (1-based ordinal, rejected ones counted) and c0.. as text; each table is as
    wide as the keys known by then. `exact()` are the columns whose values are all JSON numbers.
    """

    def __init__(self, blocks: Iterator[Block], rejects: Rejects, limits: Limits) -> None:
        self.blocks = blocks
        self.rejects = rejects
        self.limits = limits
        self.accepted = 0
        self.blanks = Blanks()
        self._places: dict[str, int] = {}
        self._row = 0
        self._numbers: set[int] = set()
        self._others: set[int] = set()
        self._nested: set[int] = set()

    def __iter__(self) -> Iterator[pa.Table]:
        for block in self.blocks:
            table = self._table(block)
            self.accepted += table.num_rows
            self.rejects.refuse_if_most(self.accepted)
            yield table

    def names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Column names and warnings, once all is read."""
        names, warnings = unique_names(list(self._places))
        nested = ", ".join(f'"{names[place][:60]}"' for place in sorted(self._nested)[:20])
        about = [f"Objects and lists are kept as JSON text in: {nested}."] if nested else []
        return names, (*warnings, *about)

    def exact(self) -> frozenset[str]:
        return frozenset(f"c{place}" for place in self._numbers - self._others)

    def _table(self, block: Block) -> pa.Table:
        rows: list[int] = []
        records: list[list[str | None]] = []
        for line, text in enumerate(split_lines(block.data.decode()), block.first_line):
            if not text.strip():
                continue
            self._row += 1
            try:
                records.append(self._record(text))
                rows.append(self._row)
            except _Unreadable as why:
                self.rejects.add(line, self._row, str(why), text)
        width = len(self._places)
        whole = (record + [None] * (width - len(record)) for record in records)
        columns = zip(*whole, strict=True) if records else ([] for _ in range(width))
        arrays = [pa.array(rows, pa.int64()), *(pa.array(column, pa.string()) for column in columns)]
        return self.blanks.clean(pa.Table.from_arrays(arrays, names=["row", *(f"c{i}" for i in range(width))]))

    def _record(self, text: str) -> list[str | None]:
        found = _parsed(text, self.limits)
        written = {key: self._written(key, value) for key, value in found.items()}  # a key of a bad line is no column
        record: list[str | None] = [None] * len(self._places)
        for key, text_of in written.items():
            place = self._place(key)
            if place == len(record):
                record.append(text_of)
            else:
                record[place] = text_of
            self._note(place, found[key])
        return record

    def _place(self, key: str) -> int:
        """The column of a key; a new one stands after all others."""
        if key not in self._places:
            refuse_too_many(len(self._places) + 1, self.limits)
            self._places[key] = len(self._places)
        return self._places[key]

    def _note(self, place: int, value: Any) -> None:
        if isinstance(value, _Number):
            self._numbers.add(place)
        elif value is not None:
            self._others.add(place)
            if isinstance(value, dict | list):
                self._nested.add(place)

    def _written(self, key: str, value: Any) -> str | None:
        text = _text(value)
        if text is not None and len(text) > self.limits.cell_chars:
            raise _Unreadable(f'has a value of more than {self.limits.cell_chars:,} characters, "{key[:100]}"')
        if text is not None and "\0" in text:
            raise _Unreadable(f'holds a NUL character in "{key[:100]}"')
        return text


def _parsed(text: str, limits: Limits) -> dict[str, Any]:
    if len(text) > limits.record_chars:
        raise _Unreadable(f"is longer than {limits.record_chars:,} characters")
    if _SURROGATE.search(text):
        _refuse_half_pairs(text)
    try:
        found = json.loads(
            text, object_pairs_hook=_object, parse_int=_Number, parse_float=_Number, parse_constant=_constant
        )
    except json.JSONDecodeError as fault:
        raise _Unreadable(f"is not JSON: {fault.msg} at column {fault.colno:,}") from None
    except RecursionError:
        raise _Unreadable(f"is nested deeper than {MAX_DEPTH} levels") from None
    if not isinstance(found, dict):
        raise _Unreadable("is no JSON object")
    for key in found:
        if len(key) > MAX_KEY or any(ord(char) < 32 for char in key):
            raise _Unreadable(f"has a key longer than {MAX_KEY} characters, or with a control character in it")
    return found


def _refuse_half_pairs(text: str) -> None:
    try:
        json.dumps(json.loads(text), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise _Unreadable("holds half of a surrogate pair (\\ud800 to \\udfff)") from None
    except (ValueError, RecursionError):
        return  # said better by the reader itself


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise _Unreadable(f'has the key "{twice[:100]}" twice')
    return made


def _constant(name: str) -> NoReturn:
    raise _Unreadable(f"is not JSON: {name} is no JSON value")


def _text(value: Any) -> str | None:
    match value:
        case None:
            return None
        case True:
            return "true"
        case False:
            return "false"
        case str():
            return str(value)
    return _json(value, 1)


def _json(value: Any, depth: int) -> str:
    """Compact JSON with every number as it was written."""
    if depth > MAX_DEPTH:
        raise _Unreadable(f"is nested deeper than {MAX_DEPTH} levels")
    match value:
        case _Number():
            return str(value)
        case dict():
            items = (f"{json.dumps(key, ensure_ascii=False)}:{_json(item, depth + 1)}" for key, item in value.items())
            return "{" + ",".join(items) + "}"
        case list():
            return "[" + ",".join(_json(item, depth + 1) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)

"""Bodies, read strictly: one meaning for every JSON text, or a 400 that says where it is wrong."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework.parsers import BaseParser

from config import env
from web.errors import PayloadTooLarge, ValidationFailed

MAX_DEPTH = 64
_INTEGERS = range(-(2**63), 2**63)
# Strings are matched whole, an unclosed one to the end, so that brackets inside them do not count.
_BRACKET_OR_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)


class StrictJSONParser(BaseParser):
    """JSON in UTF-8 of at most env.JSON_MAX bytes, 64 levels deep.

    Refuses what readers disagree on: duplicate keys, NaN and Infinity, NUL characters, lone surrogates,
    integers beyond 64 bits, numbers beyond a double.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return read_json(_read(stream, env.JSON_MAX))


def read_json(body: bytes) -> Any:
    """The value of a JSON text. Raises ValidationFailed with line and column, or the path, of the fault."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as fault:
        _refuse(f"the body is not UTF-8: byte {fault.start} cannot be read", fault)
    _check_depth(text)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_float,
        )
    except json.JSONDecodeError as fault:
        _refuse(f"the body is not JSON: {fault.msg} at line {fault.lineno}, column {fault.colno}", fault)
    _check_strings(value)
    return value


def _read(stream: IO[Any], limit: int) -> bytes:
    """At most `limit` bytes, counted as they come: Content-Length is a claim, not a fact."""
    chunks, size = [], 0
    while chunk := stream.read(min(65_536, limit + 1 - size)):
        size += len(chunk)
        if size > limit:
            raise PayloadTooLarge(f"The JSON body is larger than {limit:,} bytes.")
        chunks.append(chunk)
    return b"".join(chunks)


def _check_depth(text: str) -> None:
    depth = 0
    for found in _BRACKET_OR_STRING.finditer(text):
        if found[0] in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                line = text.count("\n", 0, found.start()) + 1
                column = found.start() - text.rfind("\n", 0, found.start())
                _refuse(f"the body is nested deeper than {MAX_DEPTH} levels at line {line}, column {column}")
        elif found[0] in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        _refuse(f"the key {json.dumps(twice[:100])} stands twice in one object")
    return made


def _constant(name: str) -> NoReturn:
    _refuse(f"{name} is not JSON; send null or a number")


def _integer(digits: str) -> int:
    if len(digits) > 20 or (value := int(digits)) not in _INTEGERS:
        _refuse(f"the integer {digits[:24]}{'...' if len(digits) > 24 else ''} does not fit in 64 bits")
    return value


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        _refuse(f"the number {digits[:24]}{'...' if len(digits) > 24 else ''} is too large")
    return value


def _check_strings(root: Any) -> None:
    """Refuse text that PostgreSQL or UTF-8 cannot hold, naming its path."""
    pending: list[tuple[str, Any]] = [("", root)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, dict):
            for key, item in value.items():
                _check_text(f"{path} (a key)".strip(), key)
                pending.append((f"{path}.{key}" if path else key, item))
        elif isinstance(value, list):
            pending.extend((f"{path}[{index}]", item) for index, item in enumerate(value))
        elif isinstance(value, str):
            _check_text(path, value)


def _check_text(path: str, text: str) -> None:
    if "\0" in text:
        raise ValidationFailed.at(path, "holds a NUL character (\\u0000)")
    try:
        text.encode()
    except UnicodeEncodeError as fault:
        raise ValidationFailed.at(path, "holds half of a surrogate pair (\\ud800 to \\udfff)") from fault


def _refuse(what: str, fault: Exception | None = None) -> NoReturn:
    raise ValidationFailed.at("", what[0].upper() + what[1:] + ".") from fault

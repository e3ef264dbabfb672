"""The shape of JSON: which fields there are, and of which type."""

from __future__ import annotations

from typing import Any


def shape(value: Any, path: str = "") -> set[tuple[str, str]]:
    """{(path, type)}; null is of any type, and so left out."""
    if isinstance(value, dict):
        return {(path, "object")} | {each for name, part in value.items() for each in shape(part, f"{path}.{name}")}
    if isinstance(value, list):
        return {(path, "list")} | {each for part in value for each in shape(part, f"{path}[]")}
    kind = "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
    return set() if value is None else {(path, kind)}

"""The shapes a provider answers in, version 1: docs/providers.md in words, schema.json beside this file exactly."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

SCHEMA = Path(__file__).with_name("schema.json")


@cache
def _validator(shape: str) -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text())
    return Draft202012Validator({"$ref": f"#/$defs/{shape}", "$defs": schema["$defs"]})


def fault(shape: str, answer: Any) -> str:
    """Where an answer is not of that shape, without any of its content; empty when it is."""
    error = next(iter(_validator(shape).iter_errors(answer)), None)
    if error is None:
        return ""
    return f"{error.json_path}: fails {error.validator}"

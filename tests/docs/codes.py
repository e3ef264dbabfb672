"""The error codes of the program, found in its code: of answers by their classes, of jobs by where they are raised."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from config.processes import PROJECT
from web.errors import Refused

APPS = ("web", "accounts", "jobs", "prospecting", "scans", "compliance")
OF_JOBS = ("JobFault", "PullFailed", "_fail")
"""What gives a job its error, with the code as text; and so do `code=...` and `"error_code": ...`."""


@cache
def of_answers() -> dict[str, set[int]]:
    """{code: the HTTP statuses it is sent with}"""
    found: dict[str, set[int]] = defaultdict(set)
    for each in (Refused, *_below(Refused)):
        if each.__module__.partition(".")[0] in APPS:
            found[each.code].add(each.status)
    return dict(found)


@cache
def of_jobs() -> set[str]:
    """Codes that a job's `error` may name by itself; refusals of what it calls may come through besides."""
    sources = (path.read_text() for app in APPS for path in (PROJECT / app).rglob("*.py") if "demo" not in path.parts)
    return {code for source in sources for node in ast.walk(ast.parse(source)) for code in _named(node)}


def _below(kind: type[Refused]) -> Iterator[type[Refused]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def _named(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.ClassDef(bases=[ast.Name("JobFault")]):
            yield from (code for inner in ast.walk(node) if isinstance(inner, ast.Call) for code in _codes(inner.args))
        case ast.Call(func=ast.Name(name), args=args) if name in OF_JOBS:
            yield from _codes(args)
        case ast.keyword("code", value):
            yield from _codes([value])
        case ast.Dict(keys, values):
            pairs = zip(keys, values, strict=True)
            yield from _codes(
                [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "error_code"]
            )


def _codes(values: list[ast.expr]) -> Iterator[str]:
    for value in values:
        if isinstance(value, ast.Constant) and re.fullmatch(r"[A-Z]+(_[A-Z]+)+", str(value.value)):
            yield str(value.value)

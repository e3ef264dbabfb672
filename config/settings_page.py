"""The settings in docs/operations.md, made from config/env.py: `make docs` writes them anew, a test holds them to it.

# == Limits ==                              a part of the page
# Requests a minute, and starts.            one line of it, with every setting below that has no comment of its own
RATE_LIMIT: int = _env.int("RATE_LIMIT", 600)
RATE_LIMIT_STARTS: int = _env.int("RATE_LIMIT_STARTS", 60)
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
SOURCE = PROJECT / "config" / "env.py"
PAGE = PROJECT / "docs" / "operations.md"
HEADING = "## Settings"
MIB = 1024**2
_PART = re.compile(r"# == (.+) ==")


@dataclass
class Line:
    """What one comment says, and the settings it speaks of: (name, default as shown)."""

    about: str
    settings: list[tuple[str, str]] = field(default_factory=list)


def main() -> None:
    """Write the settings into the page, in place of what its section held below the sentence about them."""
    PAGE.write_text(renewed(PAGE.read_text(), tables(SOURCE.read_text())))


def renewed(page: str, made: str) -> str:
    """`page` with the sub-sections of its settings replaced by `made`."""
    before, heading, rest = page.partition(f"\n{HEADING}\n")
    section, next_heading, after = rest.partition("\n## ")
    told = section.partition("\n### ")[0].rstrip()
    return f"{before}{heading}{told}\n\n{made}{next_heading}{after}"


def tables(source: str) -> str:
    """Every setting of `source`: a heading and a table for each part."""
    parts = _parts(source)
    return "\n".join(f"### {name}\n\n{_table(lines)}" for name, lines in parts.items())


def _parts(source: str) -> dict[str, list[Line]]:
    """{part: its lines}. A part may be spread over the file. ValueError for a setting that nothing is said of."""
    parts: dict[str, list[Line]] = {}
    written, current, end = source.splitlines(), "", -1
    for node in ast.parse(source).body:
        if (call := _setting(node)) is None:
            continue
        comment = _above(written, node.lineno)
        if comment and (named := _PART.fullmatch(comment[0])):
            current, comment = named[1], comment[1:]
        trailing = written[(node.end_lineno or node.lineno) - 1].partition("  # ")[2]
        about = " ".join(line.removeprefix("#").strip() for line in comment) or trailing
        lines = parts.setdefault(current, [])
        if about:
            lines.append(Line(about))
        elif node.lineno != end + 1:
            raise ValueError(f"config/env.py says nothing of {ast.literal_eval(call.args[0])}")
        lines[-1].settings.append((ast.literal_eval(call.args[0]), _shown(call.args[1:])))
        end = node.end_lineno or node.lineno
    return parts


def _setting(node: ast.stmt) -> ast.Call | None:
    match node:
        case ast.AnnAssign(value=ast.Call(func=ast.Attribute(value=ast.Name("_env"))) as call):
            return call
    return None


def _above(written: list[str], line: int) -> list[str]:
    """The comment right above a line, counted from 1."""
    start = line - 1
    while written[start - 1].startswith("#"):
        start -= 1
    return written[start : line - 1]


def _shown(default: list[ast.expr]) -> str:
    """What follows the name: the default as one would write it into the environment."""
    if not default:
        return "` (required)"
    code = compile(ast.Expression(default[0]), str(SOURCE), "eval")
    value: Any = eval(code, {"Decimal": Decimal, "Path": Path})  # noqa: S307  our own file
    match value:
        case None | "" | []:
            return "` (none)"
        case bool():
            return f"={str(value).lower()}`"
        case list():
            return f"={','.join(value)}`"
        case int() if value >= MIB and value % MIB == 0:
            return f"={value}` ({value // MIB:,} MiB)"
    return f"={value}`"


def _table(lines: list[Line]) -> str:
    rows = "".join(f"| {_named(line)} | {_sentence(line.about)} |\n" for line in lines)
    return f"| setting and default | what it is |\n|---|---|\n{rows}"


def _named(line: Line) -> str:
    return ", ".join(f"`{name}{default}" for name, default in line.settings)


def _sentence(text: str) -> str:
    text = text[0].upper() + text[1:]
    return (text if text.endswith((".", "`")) else f"{text}.").replace("|", "\\|")


if __name__ == "__main__":
    main()

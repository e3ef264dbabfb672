"""The pages as tests read them: by the parser that serves them, so that both see the same blocks, links and tables.

What follows ``` of a block says what a test does with it:
    bash run       it is run, with the others of its page, in one shell and in their order
    bash server    a terminal of its own: left running while the others run (tests/docs/test_quickstart.py)
    console printed  commands with what each prints (tests/docs/test_cli.py)
    text output    what the block before it prints, `...` standing for anything (also `json output`)
Other blocks are only to be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from markdown_it.token import Token

from config.processes import PROJECT
from web.documentation import markup

PAGES = (PROJECT / "README.md", PROJECT / "CHANGELOG.md", *sorted((PROJECT / "docs").rglob("*.md")))


@dataclass(frozen=True)
class Block:
    language: str
    marks: tuple[str, ...]
    code: str


@dataclass(frozen=True)
class Table:
    """Cells as they are written, without the markup around code and emphasis."""

    headers: list[str]
    rows: list[list[Token]]


def name(page: Path) -> str:
    return page.relative_to(PROJECT).as_posix()


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [_block(token) for token in markup.parse(page.read_text()) if token.type == "fence"]


def is_run(page: Path) -> bool:
    return any("run" in block.marks for block in blocks(page))


def section(page: Path, title: str) -> str:
    """What stands on a page between the heading `## title` and the next of its level."""
    _, _, after = page.read_text().partition(f"\n## {title}\n")
    assert after, f"{name(page)} has no section {title!r}"
    return after.partition("\n## ")[0]


def sections(page: Path) -> dict[str, str]:
    """{title: text} of everything between headings of the second level."""
    parts = page.read_text().split("\n## ")[1:]
    return {title: text for title, _, text in (part.partition("\n") for part in parts)}


def table(tokens: list[Token]) -> Table:
    """The first table among the tokens, up to its end."""
    end = next(at for at, token in enumerate(tokens) if token.type == "table_close")
    rows: list[list[Token]] = []
    for token in tokens[:end]:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows:
            rows[-1].append(token)
    return Table([markup.text_of(cell) for cell in rows[0]], rows[1:])


def codes(cell: Token) -> list[str]:
    """The `code` of a cell."""
    return [child.content for child in cell.children or () if child.type == "code_inline"]


def _block(token: Token) -> Block:
    language, *marks = token.info.split() or [""]
    return Block(language, tuple(marks), token.content)

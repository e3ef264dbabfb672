"""Which pages there are, under which names, and how docs/README.md orders them."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.templatetags.static import static
from markdown_it.token import Token

from web.documentation import markup
from web.documentation.markup import Heading, Rendered

PROJECT = Path(__file__).resolve().parents[2]
INDEX = "docs/README.md"
CHANGES = "CHANGELOG.md"
OURS = "docs/STATUS.md"
"""For those who work on Scanward: in the repository, and not served."""
PICTURES = "docs/pictures"  # static files: config.settings
HOME = "/docs"
REFERENCE = "/docs/api"


@dataclass(frozen=True)
class Entry:
    """A page in the index: its name, its title there and a sentence about it."""

    name: str
    title: str
    about: str

    @property
    def address(self) -> str:
        return address_of(self.name)


@dataclass(frozen=True)
class Section:
    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Page:
    name: str
    rendered: Rendered

    @property
    def title(self) -> str:
        return next((heading.text for heading in self.rendered.headings if heading.level == 1), self.name)

    @property
    def contents(self) -> tuple[Heading, ...]:
        """What its table of contents shows."""
        return tuple(heading for heading in self.rendered.headings if heading.level in (2, 3))


def files() -> dict[str, str]:
    """{name: file} of every page: `rules` is docs/rules.md, `adr` docs/adr/README.md, `changes` CHANGELOG.md."""
    found = (path.relative_to(PROJECT).as_posix() for path in sorted((PROJECT / "docs").rglob("*.md")))
    pages = {name_of(file): file for file in found if file not in (INDEX, OURS)}
    return {**pages, "changes": CHANGES}


def name_of(file: str) -> str:
    return file.removeprefix("docs/").removesuffix(".md").removesuffix("/README")


def address_of(name: str) -> str:
    return f"{HOME}/{name}"


def page(name: str) -> Page | None:
    """The page of that name; None when there is none. Read anew only when its file has changed."""
    file = files().get(name)
    return Page(name, _rendered(file, (PROJECT / file).stat().st_mtime_ns)) if file else None


def meant(name: str) -> str | None:
    """The address that was meant by a name with a slash or `.md` at its end; None: there is no such page either."""
    plain = name_of(name.rstrip("/"))
    return HOME if plain in ("", "README") else address_of(plain) if plain != name and plain in files() else None


def home() -> Rendered:
    """What stands in the index above its first section."""
    lead = (PROJECT / INDEX).read_text().partition("\n## ")[0]
    return markup.render(lead, lambda link: served(INDEX, link))


def sections() -> tuple[Section, ...]:
    """The sections of the index, each with the pages its list names."""
    return _sections((PROJECT / INDEX).stat().st_mtime_ns)


def served(file: str, link: str) -> str:
    """Where a link that stands in `file` leads here. Links between pages are relative on disk."""
    target, _, anchor = link.partition("#")
    if not target or ":" in target or target.startswith("/"):
        return link
    path = posixpath.normpath(posixpath.join(posixpath.dirname(file), target))
    if posixpath.dirname(path) == PICTURES:
        return static(f"pictures/{posixpath.basename(path)}")
    address = HOME if path == INDEX else address_of(name) if (name := _names().get(path)) else link
    return f"{address}#{anchor}" if anchor else address


def _names() -> dict[str, str]:
    """{file: name}"""
    return {file: name for name, file in files().items()}


@lru_cache(256)
def _rendered(file: str, _changed: int) -> Rendered:
    return markup.render((PROJECT / file).read_text(), lambda link: served(file, link))


@lru_cache(1)
def _sections(_changed: int) -> tuple[Section, ...]:
    tokens = markup.parse((PROJECT / INDEX).read_text())
    found: list[tuple[str, list[Entry]]] = []
    for before, token in zip(tokens, tokens[1:], strict=False):
        if before.type == "heading_open" and before.tag == "h2":
            found.append((markup.text_of(token), []))
        elif token.type == "inline" and found and (entry := _entry(token)):
            found[-1][1].append(entry)
    return tuple(Section(title, tuple(entries)) for title, entries in found)


def _entry(inline: Token) -> Entry | None:
    """The page that a line of the index names: `[Title](file.md): a sentence about it`."""
    children = inline.children or []
    if not children or children[0].type != "link_open":
        return None
    end = next(at for at, child in enumerate(children) if child.type == "link_close")
    file = posixpath.normpath(posixpath.join("docs", str(children[0].attrGet("href"))))
    title = "".join(child.content for child in children[1:end])
    about = "".join(child.content or " " for child in children[end + 1 :]).removeprefix(":").strip()
    return Entry(_names()[file], title, about)

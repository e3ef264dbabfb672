"""Markdown as HTML: raw HTML stays text, headings get anchors, links lead where the caller says, tables scroll.

Nothing of it needs a script or an inline style, which the pages' Content-Security-Policy would refuse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

Rewrite = Callable[[str], str]
"""What a link or picture of the page leads to, from what stands in its Markdown."""


@dataclass(frozen=True)
class Heading:
    level: int  # 1 to 6
    anchor: str
    text: str


@dataclass(frozen=True)
class Rendered:
    html: SafeString
    headings: tuple[Heading, ...]


def render(text: str, rewrite: Rewrite = str) -> Rendered:
    tokens = parse(text)
    for token in _all(tokens):
        if token.type == "link_open":
            token.attrSet("href", rewrite(str(token.attrGet("href"))))
        if token.type == "image":
            token.attrSet("src", rewrite(str(token.attrGet("src"))))
        if token.type in ("td_open", "th_open") and "style" in token.attrs:  # GFM's alignment
            token.attrSet("class", str(token.attrs.pop("style")).removeprefix("text-align:"))
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    return Rendered(mark_safe(html), headings_of(tokens))  # noqa: S308  written by the renderer, raw HTML escaped


def parse(text: str) -> list[Token]:
    """The tokens of a page; its headings carry their anchors as ids."""
    tokens = _markdown.parse(text)
    taken: dict[str, int] = {}
    for opening, inline in zip(tokens, tokens[1:], strict=False):
        if opening.type == "heading_open":
            name = slug(text_of(inline))
            again = taken[name] = taken.get(name, -1) + 1
            opening.attrSet("id", f"{name}-{again}" if again else name)
    return tokens


def headings_of(tokens: Sequence[Token]) -> tuple[Heading, ...]:
    pairs = zip(tokens, tokens[1:], strict=False)
    return tuple(
        Heading(int(opening.tag[1:]), str(opening.attrGet("id")), text_of(inline))
        for opening, inline in pairs
        if opening.type == "heading_open"
    )


def links_of(tokens: Sequence[Token]) -> list[str]:
    """The address of every link and image."""
    names = {"link_open": "href", "image": "src"}
    return [str(token.attrGet(names[token.type])) for token in _all(tokens) if token.type in names]


def text_of(inline: Token) -> str:
    """The words of a line without its markup."""
    return "".join(child.content for child in inline.children or () if child.type in ("text", "code_inline"))


def slug(text: str) -> str:
    """The anchor of a heading, as code hosts make it: the same link works on disk and here."""
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", text.strip().lower()))


def _all(tokens: Sequence[Token]) -> list[Token]:
    return [each for token in tokens for each in (token, *(token.children or ()))]


def _coloured(code: str, language: str, marks: str) -> str:
    """`marks`: what follows the language; a block marked `output` is shown as what the one above it prints."""
    try:
        inner = highlight(code, get_lexer_by_name(language), _formatter)
    except ClassNotFound:
        inner = escape(code)
    kind = ' class="output"' if "output" in marks.split() else ""
    return f'<pre{kind} tabindex="0"><code>{inner}</code></pre>\n'  # reached by keyboard, so that it can be scrolled


def _table_open(_renderer: RendererHTML, _tokens: Sequence[Token], _at: int, _: OptionsDict, __: EnvType) -> str:
    return '<div class="scroll" tabindex="0"><table>\n'


def _table_close(_renderer: RendererHTML, _tokens: Sequence[Token], _at: int, _: OptionsDict, __: EnvType) -> str:
    return "</table></div>\n"


def _heading_close(_renderer: RendererHTML, tokens: Sequence[Token], at: int, _: OptionsDict, __: EnvType) -> str:
    anchor, words = tokens[at - 2].attrGet("id"), escape(text_of(tokens[at - 1]))
    return f' <a class="anchor" href="#{anchor}" aria-label="Link to “{words}”">#</a></{tokens[at].tag}>\n'


_formatter = HtmlFormatter(nowrap=True)
_markdown = MarkdownIt("commonmark", {"html": False, "highlight": _coloured}).enable("table")
_markdown.add_render_rule("table_open", _table_open)
_markdown.add_render_rule("table_close", _table_close)
_markdown.add_render_rule("heading_close", _heading_close)

"""Plain text out of whatever a stranger wrote."""

from __future__ import annotations

import html
import re
from urllib.parse import urljoin, urlsplit

MOST = 50_000  # characters of a piece of markup that are read; of the text, the caller's bound
MOST_OF_PAGE = 1_000_000
# What is in them is never shown, up to the first end of it.
_SILENT = "script|style|noscript|template|svg|iframe|object|applet|math|title|xmp|noembed|noframes"
_BLOCKS = (
    "address|article|aside|blockquote|br|button|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]"
    "|header|hr|label|legend|li|main|nav|ol|option|p|pre|section|select|summary|table|tbody|td|textarea|tfoot|th|thead"
    "|tr|ul"
)
# Comments, declarations, what is never shown, and every other tag with its attributes: as browsers read them, and each
# character once. Parsers that build a tree take minutes over a tag of 100,000 attributes or <div> in <div> in <div>.
_ATTRIBUTES = r"""(?:[\s/]++|=?[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\s>]*+))?+|=)*+(?:>|\Z)"""
_MARKUP = re.compile(
    rf"<!--.*?(?:-->|\Z)|<[!?][^>]*+(?:>|\Z)|<({_SILENT})(?=[\s/>]){_ATTRIBUTES}.*?(?:</\1(?=[\s/>])[^>]*+(?:>|\Z)|\Z)"
    rf"|</?(?:({_BLOCKS})(?=[\s/>])|[a-zA-Z][^\s/>]*+){_ATTRIBUTES}",
    re.IGNORECASE | re.DOTALL,
)
_LONG_NUMBER = re.compile(r"&#(?:\d{8,}|x[0-9a-f]{8,});?", re.IGNORECASE)  # of no character
_TAG = re.compile(r"<[a-zA-Z/!][^<>]{0,500}>")
_SPACES = re.compile(r"\s+")
# Control characters, which no text needs and the database does not take, and marks that turn text around.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
# An address as most are written, which is the same relative to any other.
_WHOLE = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::[0-9]{1,5})?/[A-Za-z0-9/._~+-]*")


def plain(markup: object, most: int) -> str:
    """The readable text of HTML, or of text that may hold some, in one line of at most `most` characters.

    Markup that was escaped once too often is read as markup. Anything that is no text is none.
    """
    if not isinstance(markup, str):
        return ""
    text = _read(markup)
    if _TAG.search(text):
        text = _read(text)
    return _SPACES.sub(" ", text).strip()[:most].strip()


def lines(markup: str) -> list[str]:
    """The readable text of a page, a line for each block."""
    flat = _text_of(_SPACES.sub(" ", markup[:MOST_OF_PAGE]), "\n")
    found = (_SPACES.sub(" ", line).strip() for line in flat.split("\n"))
    return [line for line in found if line]


def unescaped(text: str) -> str:
    """With characters in place of their names and numbers; a number that is no character's is none."""
    return html.unescape(_LONG_NUMBER.sub("", text))


def _read(markup: str) -> str:
    markup = markup[:MOST]
    if "<" in markup:
        return _text_of(markup, " ")
    return _CONTROLS.sub("", unescaped(markup) if "&" in markup else markup)


def _text_of(markup: str, block: str) -> str:
    """`block` stands where one begins or ends."""
    text = _MARKUP.sub(lambda tag: block if tag[2] else "", _CONTROLS.sub("", markup))
    return _CONTROLS.sub("", unescaped(text))


def web_address(text: object, base: str) -> str:
    """An http(s) address out of what stands where one should, relative to `base`; empty when it is none."""
    if not isinstance(text, str):
        return ""
    if _WHOLE.fullmatch(text) and len(text) <= 2000:
        return text  # as what follows would, which takes ten times as long
    written = _CONTROLS.sub("", text).strip()
    try:
        address = urljoin(base, written)
        parts = urlsplit(address)
    except ValueError:
        return ""
    good = written and parts.scheme in ("http", "https") and parts.hostname and len(address) <= 2000
    return address if good else ""

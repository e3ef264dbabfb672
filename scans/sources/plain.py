"""Plain text out of whatever a stranger wrote."""

from __future__ import annotations

import codecs
import html
import re
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

MOST = 50_000  # characters of a piece of markup that are read; of the text, the caller's bound
MOST_OF_PAGE = 1_000_000
DEPTH = 1000  # elements inside of each other; the parser's time grows with the square
_SILENT = ["script", "style", "noscript", "template", "svg", "iframe", "object"]
_BLOCKS = (
    "address|article|aside|blockquote|br|button|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]"
    "|header|hr|label|legend|li|main|nav|ol|option|p|pre|section|summary|table|tbody|td|tfoot|th|thead|title|tr|ul"
)
_BEFORE_BLOCK = re.compile(rf"<(?=/?(?:{_BLOCKS})[\s/>])", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!][^<>]{0,500}>")
_NESTING = re.compile(r"<(/?)(?!(?:p|li|dt|dd|t[rdh]|option|br|hr|img|input|meta|link|!)\b)[a-zA-Z]")
_SPACES = re.compile(r"\s+")
# Control characters, which no text needs and the database does not take, and marks that turn text around.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_CHARSET = re.compile(
    r"(iso-?8859-?\d{1,2}|windows-?\d{3,4}|cp\d{3,4}|koi8-[ru]|gbk|gb2312|gb18030|big5|shift_jis|sjis|euc-jp|euc-kr"
    r"|utf-?16(-?[lb]e)?|us-ascii|latin-?1|macintosh|iso-2022-jp|tis-620)",
    re.IGNORECASE,
)
_BOMS = [
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
]  # fmt: skip


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
    """The readable text of a page, a line for each block. ValueError when it is nested beyond reason."""
    markup = markup[:MOST_OF_PAGE]
    depth = 0
    for tag in _NESTING.finditer(markup):
        depth += -1 if tag[1] else 1
        if depth > DEPTH:
            raise ValueError("The page is nested too deeply.")
    flat = _BEFORE_BLOCK.sub("\n<", _SPACES.sub(" ", markup))
    found = (_SPACES.sub(" ", line).strip() for line in _text_of(flat).split("\n"))
    return [line for line in found if line]


def _read(markup: str) -> str:
    markup = markup[:MOST]
    if "<" in markup:
        markup = _text_of(_BEFORE_BLOCK.sub(" <", markup))
    elif "&" in markup:
        markup = html.unescape(markup)
    return _CONTROLS.sub("", markup)


def _text_of(markup: str) -> str:
    tree = LexborHTMLParser(_CONTROLS.sub("", markup))
    tree.strip_tags(_SILENT)
    return _CONTROLS.sub("", tree.body.text(deep=True) if tree.body else "")


def web_address(text: object, base: str) -> str:
    """An http(s) address out of what stands where one should, relative to `base`; empty when it is none."""
    if not isinstance(text, str):
        return ""
    written = _CONTROLS.sub("", text).strip()
    try:
        address = urljoin(base, written)
        parts = urlsplit(address)
    except ValueError:
        return ""
    good = written and parts.scheme in ("http", "https") and parts.hostname and len(address) <= 2000
    return address if good else ""


def decoded(body: bytes, *declared: str | None) -> str:
    """The text of a body. What is valid UTF-8 is UTF-8, whatever it is declared to be."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.decode(encoding, "replace").removeprefix("\ufeff")
    try:
        return body.decode()
    except UnicodeDecodeError:
        pass
    for name in declared:
        if name and _CHARSET.fullmatch(name.strip()):
            try:
                return body.decode(name.strip(), "replace")
            except LookupError:
                continue
    return body.decode("cp1252", "replace")


def charset_of(content_type: str) -> str | None:
    """The charset that a Content-Type names."""
    found = re.search(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", content_type, re.IGNORECASE)
    return found[1] if found else None

"""What bytes of the web say: one rule for every page and feed that we read."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_INSIDE = re.compile(
    rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})|<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})",
    re.IGNORECASE,
)
_DECLARED_WITHIN = 4096  # bytes
# What browsers know by these names; Python knows others, some of which are no encodings of text.
_KNOWN = re.compile(
    r"iso-?8859-?\d{1,2}|windows-?\d{3,4}|cp\d{3,4}|koi8-[ru]|gbk|gb2312|gb18030|big5|shift[_-]jis|sjis|euc-jp|euc-kr"
    r"|utf-?16(-?[lb]e)?|us-ascii|latin-?1|macintosh|iso-2022-jp|tis-620",
    re.IGNORECASE,
)
_LIKE_WINDOWS = ("iso8859-1", "ascii")  # browsers read Windows-1252 in what calls itself these
# Encodings whose bytes are valid UTF-8, too, and the byte that gives them away.
_DISGUISED = (("utf-16", b"\0"), ("iso2022", b"\x1b"))
_FEW = 200  # one wrong byte in so many characters does not make it another encoding; more do


def text_of(body: bytes, content_type: str = "") -> str:
    """By its mark; else, where it is valid UTF-8, that, whatever it is declared to be; else by what the server, then
    the text itself declares; else Windows-1252. Never raises.
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body.decode(encoding, "replace").removeprefix("\ufeff")
    declared = [codec for name in _declared(body, content_type) if (codec := _codec(name))]
    for codec in declared:
        if any(codec.startswith(name) and byte in body for name, byte in _DISGUISED):
            return body.decode(codec, "replace")
    try:
        return body.decode()
    except UnicodeDecodeError:
        pass
    for codec in declared:
        if not codec.startswith("utf-16"):
            return body.decode(codec, "replace")
    text = body.decode("utf-8", "replace")
    return text if text.count("\ufffd") * _FEW < len(text) else body.decode("cp1252", "replace")


def _declared(body: bytes, content_type: str) -> Iterator[str]:
    if found := _IN_HEADER.search(content_type):
        yield found[1]
    if inside := _INSIDE.search(body[:_DECLARED_WITHIN]):
        yield (inside[1] or inside[2]).decode("ascii", "replace")


def _codec(name: str) -> str:
    """Python's name of an encoding; empty for one that is none of the web's."""
    if not _KNOWN.fullmatch(name):
        return ""
    try:
        found = codecs.lookup(name).name
    except LookupError:
        return ""
    return "cp1252" if found in _LIKE_WINDOWS else found

"""Text as it is read by everything here: free of markup, in one Unicode form, of bounded length; and its sentences."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator

# What is read of one document. The rest of a longer one is neither searched nor counted, anywhere.
MOST_CHARACTERS = 100_000

_TAG = re.compile(r"<(?:!--|/?[A-Za-z])[^<>]*>")
_UNSEEN = "\u00ad\u200b\u2060\ufeff"  # soft hyphen and spaces without width: they part no words
_HALF = re.compile("[\ud800-\udfff]")
_ALONE = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)
_SYMBOLS = re.compile(r"(?<![^\W_])([A-Za-z])(\+\+|#)(?!\w)")
_NAMES = {"++": "plusplus", "#": "sharp"}
# A stop and what closes behind it, a stop of Chinese or Japanese, or an empty line. One set of characters stands first
# so that all others are skipped over: as three alternatives it takes almost three times as long.
_END = re.compile(r"[.!?…。！？\n](?:(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])|(?<=\n)\s*\n\s*)")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


def readable(text: str) -> str:
    """`text` without tags and entities, composed (NFC), at most MOST_CHARACTERS long; any string is welcome."""
    text = text[:MOST_CHARACTERS]
    if "<" in text:
        text = _TAG.sub(" ", text)
    if "&" in text:
        text = html.unescape(text)
        if "<" in text:  # entities that spelt tags
            text = _TAG.sub(" ", text)
    if text.isascii():
        return text
    for unseen in _UNSEEN:
        text = text.replace(unseen, "")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = _HALF.sub("\ufffd", text)
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def separated(text: str) -> str:
    """`text` for the analyser, which parts words at what is no letter or digit: scripts without spaces are parted into
    characters, so that a word of theirs is a phrase; C++, C# and F# become words of their own.
    """
    if "+" in text or "#" in text:
        text = _SYMBOLS.sub(lambda found: found[1] + _NAMES[found[2]], text)
    return text if text.isascii() else _ALONE.sub(r" \1 ", text.replace("İ", "I"))


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """From and to of each sentence. Cuts are where words part: the words of the parts are the words of the whole."""
    start = 0
    for end in _END.finditer(text):
        yield start, end.end()
        start = end.end()
    if start < len(text):
        yield start, len(text)


def plain(text: str) -> str:
    """On one line, without control characters."""
    if "  " in text or not text.isprintable():  # the only blank that is printable is the space
        text = _BLANK.sub(" ", text)
    return text.strip()

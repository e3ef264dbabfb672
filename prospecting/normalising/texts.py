"""Text as it is kept, and text as it is compared."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# Controls, marks of direction, joins without width, soft hyphens, halves of a pair: seen by nobody, and in the way of
# every comparison. Line ends are not among them.
_UNSEEN_RANGES = (
    (0x00, 0x08), (0x0E, 0x1B), (0x7F, 0x84), (0x86, 0x9F), (0xAD, 0xAD), (0x200B, 0x200B), (0x200E, 0x200F),
    (0x202A, 0x202E), (0x2060, 0x2064), (0x2066, 0x2069), (0xD800, 0xDFFF), (0xFEFF, 0xFEFF),
)  # fmt: skip
_UNSEEN = {code: None for first, last in _UNSEEN_RANGES for code in range(first, last + 1)}
_LINE_ENDS = re.compile(r"\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_SPELLED = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "oe",
        "å": "aa",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",
        "'": None,
        "’": None,
        "‘": None,
        "ʼ": None,
        "`": None,
        "´": None,
    }  # fmt: skip
)
_ACCENTS = dict.fromkeys(range(0x300, 0x370))
_ASCII_WORDS = re.compile(r"[a-z0-9]+")
_LAST_LATIN = "\u017f"  # up to it there is no mark that joins the letter before it


def tidy(text: str) -> str:
    """One line without unseen characters, composed (NFC), blanks collapsed."""
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFC", text.translate(_UNSEEN))
    return " ".join(text.split())


def tidy_lines(text: str) -> str:
    """The same for text of several lines; at most one empty line in a row."""
    lines = "\n".join(tidy(line) for line in _LINE_ENDS.split(text))
    return re.sub(r"\n{3,}", "\n\n", lines).strip("\n")


def fold(text: str) -> str:
    """Words for comparison, parted by one blank: no case, accents, punctuation or apostrophes; ü is ue."""
    if text.isascii():
        return " ".join(_ASCII_WORDS.findall(text.lower().translate(_SPELLED)))
    if max(text) <= _LAST_LATIN:
        return " ".join(text.translate(_latin()).split())
    return " ".join(_letters(text).split())


@cache
def _latin() -> dict[int, str]:
    """Letters that stand for themselves alone: whatever stands beside them, each becomes what it becomes alone."""
    return {code: _letters(chr(code)) for code in range(ord(_LAST_LATIN) + 1)}


def _letters(text: str) -> str:
    folded = _unaccented(text.translate(_UNSEEN))
    return "".join(character if unicodedata.category(character)[0] in "LMN" else " " for character in folded)


def _unaccented(text: str) -> str:
    """Until nothing changes: what is taken apart may hold capitals and umlauts of its own."""
    for _ in range(5):
        spelled = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(_SPELLED)
        plain = unicodedata.normalize("NFC", unicodedata.normalize("NFKD", spelled).translate(_ACCENTS))
        if plain == text:
            break
        text = plain
    return text

"""Cells that a spreadsheet would run, made harmless, and told from the text they were. Pure."""

from __future__ import annotations

import re
import unicodedata

_STARTS = frozenset("=+-@−")  # the last one is the minus sign U+2212
_SKIPPED = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})  # what stands before a formula without hiding it
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)?")
# A spreadsheet may split a file at another mark than ours: a formula behind one of these would start a cell there.
_INNER = re.compile(r"([;\t\r\n]\s*)(?=[=+\-@−＝＋－＠﹦﹢﹣﹫])")


def defused(text: str) -> str:
    """`text` with an apostrophe before whatever would start a formula; numbers stay as they are.

    Seen through leading blanks, control and invisible characters and full-width forms. NUL is left out.
    """
    text = text.replace("\0", "")
    if _NUMBER.fullmatch(text):
        return text
    lead = next((index for index, character in enumerate(text) if not _is_skipped(character)), len(text))
    body = _INNER.sub(r"\1'", text[lead:])
    runs = text.startswith(("\t", "\r", "\n")) or unicodedata.normalize("NFKC", body[:1])[:1] in _STARTS
    return ("'" if runs else "") + text[:lead] + body


def _is_skipped(character: str) -> bool:
    return unicodedata.category(character) in _SKIPPED


def undefused(text: str) -> str:
    """What `defused` was given, where it put its apostrophe before it; any other text as it is."""
    return text[1:] if text[:1] == "'" and defused(text[1:]) == text else text

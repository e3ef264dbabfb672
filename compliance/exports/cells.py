"""Cells that a spreadsheet would run, made harmless. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from compliance.written import plain, time

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


def csv_cell(value: object) -> str:
    """Any value of a row as text of a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal | int | float):
        return plain(value)
    if isinstance(value, datetime):
        return str(time(value))
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    return defused(str(value))

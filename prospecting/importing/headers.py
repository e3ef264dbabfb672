"""Which column is which field: by its name, and as the one who sends it says."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from functools import cache

from prospecting.importing.fields import FIELDS, SYNONYMS
from prospecting.normalising.texts import fold
from web.errors import ValidationFailed

LINE, REASON = "scanward_line", "scanward_reason"
"""The columns added to a list of failed rows; sent again, they are left alone."""
_FILLERS = ("contact", "lead", "prospect", "person", "customer", "kunden", "kontakt", "current", "primary", "linkedin")


def suggest(headers: Sequence[str]) -> dict[str, str]:
    """{header: field} for the headers that are known; each field once, the most telling header first."""
    known = sorted(
        (rank, place, header, field)
        for place, header in enumerate(headers)
        if (found := _known(header)) is not None
        for field, rank in [found]
    )
    chosen: dict[str, str] = {}
    for _, _, header, field in known:
        if field not in chosen.values():
            chosen[header] = field
    return {header: chosen[header] for header in headers if header in chosen}


def check(headers: Sequence[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """The mapping that holds: `wanted` ({header: field, or "" to leave it out}) before what is suggested.

    ValidationFailed names every fault.
    """
    faults = [
        (f"mapping.{header[:100]}", fault)
        for header, field in wanted.items()
        if (fault := _fault(header, field, headers, wanted))
    ]
    if faults:
        raise ValidationFailed("The mapping does not fit the file.", details=faults)
    taken = set(wanted.values())
    held = {header: field for header, field in suggest(headers).items() if header not in wanted and field not in taken}
    mapping = {header: field for header, field in {**held, **wanted}.items() if field}
    if not mapping:
        raise ValidationFailed.at("mapping", f"no column is a known field; say which is which, of {', '.join(FIELDS)}")
    return mapping


def _fault(header: str, field: str, headers: Sequence[str], wanted: Mapping[str, str]) -> str:
    if header not in headers:
        close = difflib.get_close_matches(header[:100], [name[:100] for name in headers[:1000]], n=1)
        return f"is no column of the file{f'; did you mean {close[0]}?' if close else ''}"
    if field and field not in FIELDS:
        close = difflib.get_close_matches(field[:100], FIELDS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(FIELDS)}"
        return f"{field[:100]} is not a known field; {hint}"
    if field and list(wanted.values()).count(field) > 1:
        return f"{field} is given to more than one column"
    return ""


@cache
def _known(header: str) -> tuple[str, int] | None:
    """(field, rank of the name among those of the field) of a header."""
    if header in (LINE, REASON):
        return None
    words = fold(re.sub(r"\(.*?\)|\[.*?\]", " ", header[:200])).split()
    table = _table()
    while words:
        if found := table.get("".join(words)):
            return found
        if words[0] not in _FILLERS:
            return None
        words = words[1:]
    return None


@cache
def _table() -> dict[str, tuple[str, int]]:
    table: dict[str, tuple[str, int]] = {}
    for field, names in SYNONYMS.items():
        for rank, name in enumerate(names.split(",")):
            table.setdefault(fold(name).replace(" ", ""), (field, rank))
    for field in FIELDS:
        table[field.lower()] = (field, -1)
    return table

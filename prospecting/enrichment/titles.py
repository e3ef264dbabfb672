"""Seniority and department of a job title, by our own tables of patterns (seniority_words.py, department_words.py).

A title is read without its accents, its marks of gender and the employer behind an "at". The first pattern of seniority
that is found counts, as they are ordered by what they outrank. For the department a phrase of several words beats a
single word, and of single words the first in the title counts.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from prospecting.enrichment.department_words import DEPARTMENTS, FUNCTIONS, PHRASES
from prospecting.enrichment.seniority_words import SENIORITIES, UNTITLED

MOST = 300  # characters; what follows is no title any more
_EMPLOYER = re.compile(r"\s+(?:at|@|bei|beim|chez)\s+.*$", re.IGNORECASE | re.DOTALL)
_FORMER = re.compile(r"(?:^|[,;|/&–—-])\s*(?:ex|former|formerly|ehem\w*|ancien(?:ne)?|antigu[oa])\b[\s.-][^,;|/&–—]*")
# (m/w/d), (H/F), Entwickler:in, Leiter*innen, directeur·rice, chargé(e)
_GENDER = re.compile(
    r"\(\s*(?:[mwfdhx]\s*/\s*)+[mwfdhx]\s*\)|\b[mwfdh]\s?/\s?[mwfdh](?:\s?/\s?[mwfdhx])?\b"
    r"|(?<=\w)[:*_/·](?:innen|in|r?ice|trice|euse|ere|ne|e|a)\b|\((?:e|ne|in|a|trice|rice|euse)\)",
    re.IGNORECASE,
)
_GAPS = re.compile(r"[^\w&+#/,;|-]+|_+")


@dataclass(frozen=True)
class Reading:
    """What a title says. Empty strings where it says nothing; `confidence` 0..1; the reasons quote the title."""

    seniority: str = ""
    seniority_confidence: float = 0.0
    seniority_reason: str = ""
    department: str = ""
    department_confidence: float = 0.0
    department_reason: str = ""


@lru_cache(maxsize=20_000)
def read_title(title: str) -> Reading:
    """Seniority and department of `title` in English, German, French or Spanish. Never raises."""
    text = folded(title)
    if not text:
        return Reading()
    department, department_confidence, department_reason = _department(text)
    seniority, seniority_confidence, seniority_reason = _seniority(text, bool(department))
    return Reading(
        seniority, seniority_confidence, seniority_reason, department, department_confidence, department_reason
    )


def folded(title: str) -> str:
    """Lower case, without accents, marks of gender, former positions and the employer."""
    text = _EMPLOYER.sub("", title[:MOST])
    text = _GENDER.sub(" ", text.casefold())
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = _FORMER.sub(" ", text)
    return _GAPS.sub(" ", text).strip()


def _seniority(text: str, has_department: bool) -> tuple[str, float, str]:
    for pattern, seniority, confidence in SENIORITIES:
        if found := pattern.search(text):
            return seniority, confidence, _says(found)
    if has_department or UNTITLED.search(text):
        return "individual_contributor", 0.5, "names no rank"
    return "", 0.0, ""


def _department(text: str) -> tuple[str, float, str]:
    for pattern, department in PHRASES:
        if found := pattern.search(text):
            return department, 0.9, _says(found)
    first: tuple[int, str, str] | None = None
    for pattern, department in DEPARTMENTS:
        if (found := pattern.search(text)) and (first is None or found.start() < first[0]):
            first = (found.start(), department, _says(found))
    if first is not None:
        return first[1], 0.8, first[2]
    for pattern, department in FUNCTIONS:
        if found := pattern.search(text):
            return department, 0.7, _says(found)
    return "", 0.0, ""


def _says(found: re.Match[str]) -> str:
    return f"title says {found.group().strip(' ,-/')!r}"

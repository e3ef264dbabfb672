"""Which known data set a header belongs to, and which column each field of the rules probably is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from compliance.columns import Column, ColumnType
from compliance.uploads.fields import NUMBERS, TIMES
from compliance.uploads.shapes import ABBREVIATIONS, IGNORED, SHAPES, SYNONYMS, Derived, Shape


@dataclass(frozen=True, slots=True)
class Suggestion:
    """{field: column name}, with a confidence (0..1) for each field and for the whole."""

    dataset: str | None
    mapping: dict[str, str]
    confidence: dict[str, float]
    overall: float


_FLOOR = 0.5
ALL_WORDS_KNOWN = 0.85
"""The confidence in a name made of nothing but words of one field: Kontonummer_Auftraggeber."""


def known_shape(names: Sequence[str]) -> Shape | None:
    """The known data set whose columns are all among these names (exact), if any."""
    return next((shape for shape in SHAPES if shape.header <= set(names)), None)


def derived_columns(names: Sequence[str]) -> tuple[Derived, ...]:
    """The columns to add to a file with this header, in order."""
    shape = known_shape(names)
    return tuple(derived for derived in shape.derived if derived.name not in names) if shape else ()


def suggest_mapping(columns: Sequence[Column]) -> Suggestion:
    """The known shape's mapping with confidence 1, else the best pairs by name and type."""
    if shape := known_shape([column.name for column in columns]):
        return Suggestion(shape.dataset, dict(shape.mapping), dict.fromkeys(shape.mapping, 1.0), 1.0)
    scored = sorted(
        ((_score(field, column), field, column.name) for field in SYNONYMS for column in columns),
        key=lambda entry: -entry[0],
    )
    mapping: dict[str, str] = {}
    confidence: dict[str, float] = {}
    for score, field, name in scored:
        if score >= _FLOOR and field not in mapping and name not in mapping.values():
            mapping[field], confidence[field] = name, score
    return Suggestion(None, mapping, confidence, _overall(confidence))


def normalised(name: str) -> str:
    """Lower-case words: `TransactionAmount`, `transaction_amount` and `Transaction Amount (EUR)` alike."""
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        name = name.replace(umlaut, letters).replace(umlaut.upper(), letters.title())
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"\(.*?\)|\[.*?\]", " ", plain)
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", plain)
    return " ".join(re.findall(r"[a-z0-9]+", plain.lower()))


@cache
def _words(name: str) -> tuple[str, ...]:
    """The words of a name with abbreviations spelled out, without units and fillers: `TXN_AMT (EUR)` and
    `transaction amount` alike."""
    spelled = (ABBREVIATIONS.get(word, word) for word in normalised(name).split())
    return tuple(word for word in spelled if word not in IGNORED)


@cache
def _vocabulary(field: str) -> frozenset[str]:
    return frozenset(word for synonym in SYNONYMS[field] for word in _words(synonym))


def _score(field: str, column: Column) -> float:
    words = _words(column.name)
    name = max(_name_score(words, _words(synonym), place) for place, synonym in enumerate(SYNONYMS[field]))
    if len(words) > 1 and _vocabulary(field).issuperset(words):
        name = max(name, ALL_WORDS_KNOWN)
    return round(name * _type_factor(field, column), 2)


def _name_score(words: tuple[str, ...], wanted: tuple[str, ...], place: int) -> float:
    """1 for the field's own name, a little less for its synonyms, less for names that hold one or share words."""
    if "".join(words) == "".join(wanted):
        return 1.0 - min(place, 20) * 0.005
    shared = len(set(words) & set(wanted))
    if shared and shared == len(set(wanted)):
        return 0.6 + 0.2 * shared / len(words)
    return 0.75 * 2 * shared / (len(words) + len(wanted)) if shared else 0.0


def _type_factor(field: str, column: Column) -> float:
    """Whether the values fit the field: a field that needs numbers cannot be a column without any."""
    if field in NUMBERS:
        return 1.0 if column.type is ColumnType.NUMBER else 0.6 if column.numbers else 0.0
    if field in TIMES:
        if column.type is ColumnType.TIME or (column.type is ColumnType.NUMBER and column.times == column.numbers):
            return 1.0
        return 0.6 if column.times else 0.0
    return 0.5 if column.type in (ColumnType.EMPTY, ColumnType.TIME, ColumnType.BOOLEAN) else 1.0


def _overall(confidence: dict[str, float]) -> float:
    """Mean over what a scan of transactions needs: account, amount, and a time."""
    time = max(confidence.get("timestamp", 0.0), confidence.get("step", 0.0))
    return round((confidence.get("account", 0.0) + confidence.get("amount", 0.0) + time) / 3, 2)

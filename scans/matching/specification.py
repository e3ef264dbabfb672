"""The items of a signal specification as they are kept, and every fault of those a partner wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from scans.matching.keywords import Expression, KeywordError, parse, phrases

SOURCES: Final = ("company_news", "job_opening", "job_change", "website_change", "post", "comment")
MOST_ITEMS: Final = 100
MOST_KEYWORDS: Final = 100  # of an item, and as many excluded
MOST_PHRASES: Final = 2_000  # of all items: what a document is held against has to end
HEAVIEST: Final = 100.0
MOST_DAYS: Final = 3650
TOP_SCORE: Final = 100

_FIELDS: Final = ("source", "keywords", "excludeKeywords", "minScore", "maxAgeDays")
_TERM_FIELDS: Final = ("term", "weight")


class Fault(NamedTuple):
    path: str  # specifications[0].keywords[2]
    message: str


@dataclass(frozen=True, slots=True)
class Term:
    text: str  # as it was written
    expression: Expression
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Item:
    """`keywords` empty: every document of its source."""

    source: str
    keywords: tuple[Term, ...]
    excluded: tuple[Term, ...] = ()
    min_score: int = 0
    max_age_days: int | None = None

    @property
    def terms(self) -> tuple[Term, ...]:
        return self.keywords + self.excluded


class Parsed(NamedTuple):
    """Either all items or at least one fault."""

    items: tuple[Item, ...]
    faults: tuple[Fault, ...]


def parse_items(raw: object, path: str = "specifications") -> Parsed:
    """Never raises: whatever JSON holds is either items or faults."""
    faults: list[Fault] = []
    if not isinstance(raw, list) or not raw:
        return Parsed((), (Fault(path, "Must be a list of at least one item"),))
    if len(raw) > MOST_ITEMS:
        return Parsed((), (Fault(path, f"Must hold at most {MOST_ITEMS} items, not {len(raw)}"),))
    items = [_item(each, f"{path}[{place}]", faults) for place, each in enumerate(raw)]
    kept = tuple(item for item in items if item is not None)
    count = sum(1 for item in kept for term in item.terms for _ in phrases(term.expression))
    if count > MOST_PHRASES:
        faults.append(Fault(path, f"Must hold at most {MOST_PHRASES} phrases in all, not {count}"))
    return Parsed((), tuple(faults)) if faults else Parsed(kept, ())


def _item(raw: object, path: str, faults: list[Fault]) -> Item | None:
    if not isinstance(raw, dict):
        faults.append(Fault(path, "Must be an object with source and keywords"))
        return None
    _refuse_unknown(raw, _FIELDS, path, faults)
    source = raw.get("source")
    if not isinstance(source, str) or source not in SOURCES:
        faults.append(Fault(f"{path}.source", f"Must be one of {', '.join(SOURCES)}"))
    if "keywords" not in raw:
        faults.append(Fault(f"{path}.keywords", "Required; an empty list asks for everything of the source"))
    return Item(
        source=str(source),
        keywords=_terms(raw.get("keywords", []), f"{path}.keywords", faults),
        excluded=_terms(raw.get("excludeKeywords", []), f"{path}.excludeKeywords", faults),
        min_score=_whole(raw.get("minScore"), f"{path}.minScore", 0, TOP_SCORE, faults) or 0,
        max_age_days=_whole(raw.get("maxAgeDays"), f"{path}.maxAgeDays", 1, MOST_DAYS, faults),
    )


def _terms(raw: object, path: str, faults: list[Fault]) -> tuple[Term, ...]:
    if not isinstance(raw, list):
        faults.append(Fault(path, "Must be a list"))
        return ()
    if len(raw) > MOST_KEYWORDS:
        faults.append(Fault(path, f"Must hold at most {MOST_KEYWORDS} keywords, not {len(raw)}"))
        return ()
    found: dict[Expression, str] = {}
    terms = []
    for place, each in enumerate(raw):
        here = f"{path}[{place}]"
        if (term := _term(each, here, faults)) is None:
            continue
        if term.expression in found:
            faults.append(Fault(here, f"Says the same as {found[term.expression]}; keep one of them"))
        found.setdefault(term.expression, here)
        terms.append(term)
    return tuple(terms)


def _term(raw: object, path: str, faults: list[Fault]) -> Term | None:
    weight = 1.0
    text: object = raw
    if isinstance(raw, dict):
        _refuse_unknown(raw, _TERM_FIELDS, path, faults)
        text, path_of_text = raw.get("term"), f"{path}.term"
        weight = _weight(raw.get("weight", 1.0), f"{path}.weight", faults)
    else:
        path_of_text = path
    if not isinstance(text, str):
        faults.append(Fault(path_of_text, "Must be a text, or an object with term and weight"))
        return None
    try:
        return Term(text, parse(text), weight)
    except KeywordError as error:
        faults.append(Fault(path_of_text, str(error)))
        return None


def _weight(raw: Any, path: str, faults: list[Fault]) -> float:
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 < raw <= HEAVIEST:
        faults.append(Fault(path, f"Must be a number above 0 and at most {HEAVIEST:g}"))
        return 1.0
    return float(raw)


def _whole(raw: Any, path: str, least: int, most: int, faults: list[Fault]) -> int | None:
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, int) or not least <= raw <= most:
        faults.append(Fault(path, f"Must be a whole number from {least} to {most}"))
        return None
    return raw


def _refuse_unknown(raw: dict[Any, Any], known: tuple[str, ...], path: str, faults: list[Fault]) -> None:
    unknown = sorted(set(map(str, raw)) - set(known))
    faults.extend(Fault(f"{path}.{name[:60]}", f"Unknown field; known are {', '.join(known)}") for name in unknown)

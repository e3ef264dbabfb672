"""The parts that rules are made of: numbers within limits, names of fields, windows, matches."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from compliance.engine.conditions import Branch, Leaf, Negation, canonical_condition
from compliance.engine.faults import show
from compliance.engine.fields import field_name
from compliance.engine.literals import (
    THRESHOLD_LIMIT,
    THRESHOLD_PLACES,
    clean_text,
    exact_number,
    json_number,
)
from compliance.engine.operators import ALIASES

MAX_HOURS = 876_000
MAX_QUIET_DAYS = 36_500
MAX_TIMES = 1_000_000
"""Size limit of times_mean, z_score and the bounds of a ratio."""


def _number(*, least: int | None = None, limit: int, places: int) -> BeforeValidator:
    return BeforeValidator(lambda raw: exact_number(raw, least=least, limit=limit, places=places))


def _above_zero(number: Decimal) -> Decimal:
    if number <= 0:
        raise ValueError("must be above 0")
    return number


def _listed_fields(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("names a field twice")
    return names


def not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("is blank; say what the rule finds")
    return text


def _known_operator(word: object) -> object:
    return str(ALIASES.get(word, word)) if isinstance(word, str) else word


def _matches(raw: object) -> object:
    """The pairs of match_on: a list of them, or the text "first.recipient = then.account", `and` between two."""
    if isinstance(raw, str):
        return tuple(_pair(part) for part in re.split(r"(?i)\s+and\s+", raw.strip()))
    return tuple(_pair(part) if isinstance(part, str) else part for part in raw) if isinstance(raw, list) else raw


def _pair(text: str) -> dict[str, str]:
    sides = [side.strip() for side in text.split("=")]
    named = dict(side.split(".", 1) for side in sides if "." in side)
    if len(sides) != 2 or set(named) != {"first", "then"}:
        raise ValueError(f"cannot be read: {show(text)}; write it as 'first.recipient = then.account'")
    return named


def text_part(most: int, least: int = 0) -> BeforeValidator:
    return BeforeValidator(lambda raw: clean_text(raw, most=most, least=least))


def misplaced(part: str, message: str) -> PydanticCustomError:
    """The fault of a part that only the whole shows."""
    return PydanticCustomError("misplaced", "{message}", {"part": part, "message": message})


def canonical_part(value: object) -> Any:
    """A part as JSON in its one spelling."""
    match value:
        case Leaf() | Branch() | Negation():
            return canonical_condition(value)
        case Decimal():
            return json_number(value)
        case tuple():
            return [canonical_part(item) for item in value]
        case Part():
            parts = {name: getattr(value, name) for name in type(value).model_fields}
            return {name: canonical_part(part) for name, part in parts.items() if part is not None}
    return value


_JSON_NUMBER = WithJsonSchema({"type": "number"})
Where: TypeAlias = Annotated[
    InstanceOf[Leaf] | InstanceOf[Branch] | InstanceOf[Negation],
    WithJsonSchema({"$comment": "Condition"}),
]
FieldName: TypeAlias = Annotated[str, BeforeValidator(field_name)]
FieldNames: TypeAlias = Annotated[
    tuple[FieldName, ...],
    BeforeValidator(lambda raw: tuple(raw) if isinstance(raw, list) else raw),
    Field(min_length=1, max_length=16),
    AfterValidator(_listed_fields),
]
Hours: TypeAlias = Annotated[Decimal, _number(limit=MAX_HOURS + 1, places=4), AfterValidator(_above_zero), _JSON_NUMBER]
Days: TypeAlias = Annotated[
    Decimal, _number(limit=MAX_QUIET_DAYS + 1, places=4), AfterValidator(_above_zero), _JSON_NUMBER
]
Threshold: TypeAlias = Annotated[Decimal, _number(limit=THRESHOLD_LIMIT, places=THRESHOLD_PLACES), _JSON_NUMBER]
Times: TypeAlias = Annotated[Decimal, _number(limit=MAX_TIMES + 1, places=4), _JSON_NUMBER]
AboveZero: TypeAlias = Annotated[Times, AfterValidator(_above_zero)]
Share: TypeAlias = Annotated[Decimal, _number(limit=2, places=THRESHOLD_PLACES, least=0), _JSON_NUMBER]
Order: TypeAlias = Annotated[Literal[">", ">=", "<", "<="], BeforeValidator(_known_operator)]
MinRecords: TypeAlias = Annotated[int, Field(ge=1, le=1_000_000_000)]
Short: TypeAlias = Annotated[str, text_part(200)]
Tags: TypeAlias = Annotated[
    tuple[Short, ...],
    BeforeValidator(lambda raw: tuple(raw) if isinstance(raw, list) else raw),
    Field(max_length=50),
]


class Part(BaseModel):
    """Strict, and without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Window(Part):
    """A span of time; `sliding` follows every record, `tumbling` cuts time into fixed buckets."""

    hours: Hours
    mode: Literal["sliding", "tumbling"] = "sliding"


class ChainWindow(Part):
    """Neighbours less than `hours` apart belong together."""

    hours: Hours


class Match(Part):
    """A field of the `first` record that must equal a field of the `then` record."""

    first: FieldName
    then: FieldName


Matches: TypeAlias = Annotated[tuple[Match, ...], BeforeValidator(_matches), Field(min_length=1, max_length=8)]


class Ratio(Part):
    """then.of lies between `min` and `max` times first.of, both included; one of them may be left out."""

    of: FieldName
    min: Times | None = None
    max: Times | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Ratio:
        if self.min is None and self.max is None:
            raise misplaced("min", 'needs min, max or both, such as {"of": "amount", "min": 0.9, "max": 1}')
        if self.min is not None and self.max is not None and self.min > self.max:
            raise misplaced("min", "is above max; swap them")
        return self

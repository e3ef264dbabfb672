"""Rules as the tool that this API comes from writes them, translated once, on save, into the kinds of ours.

A `type` says what is computed; every number is the one that is written. Nothing is guessed from words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from compliance.engine.faults import BadValue, Fault, Faults, join, nearest, show
from compliance.engine.literals import exact_number, json_number
from compliance.engine.models import KINDS

SPELLINGS = {
    "conditions": "where",
    "time_window": "window",
    "aggregation_field": "of",
    "aggregation_function": "function",
    "group_by_field": "group_by",
}
"""Their key -> the part of a rule with a `kind` that means the same."""
FUNCTIONS = {"average": "avg", "mean": "avg", "count_distinct": "distinct", "distinct_count": "distinct"}
_KEYS = ("type", "threshold", *SPELLINGS)
_HOURS_A_DAY = 24


def _leaf(operator: str, value: object) -> dict[str, Any]:
    return {"field": "amount", "operator": operator, "value": value}


BAND = {"AND": [_leaf(">=", 8000), _leaf("<", 10000)]}
"""Amounts just below the reporting line, where conditions say nothing else of the amount."""


@dataclass
class Foreign:
    """One rule on its way: what was written, what it becomes, and which of our paths stand for which of theirs."""

    written: Mapping[str, Any]
    path: str
    faults: Faults
    rule: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def number(self, key: str) -> int | float | None:
        """The number under `key`, or None after saying that it is missing or none."""
        try:
            if self.written.get(key) is None:
                raise BadValue(f"is required in a rule of type '{self.written['type']}'; write a number")
            return json_number(exact_number(self.written[key]))
        except BadValue as bad:
            self.faults.add(join(self.path, key), str(bad))
        return None

    def where(self, *before: dict[str, Any]) -> dict[str, Any] | None:
        """`before` and the written conditions, all of them; None without any."""
        condition, name = _condition(self.written.get("conditions"))
        if condition is None:
            return None if not before else before[0] if len(before) == 1 else {"AND": [*before]}
        inside = "where" if not before else f"where.AND[{len(before)}]"
        self.names[f"{inside}.AND" if name == "conditions[]" else inside] = name.removesuffix("[]")
        return condition if not before else {"AND": [*before, condition]}

    def window(self) -> None:
        if (hours := self.number("time_window")) is not None:
            self.rule["window"] = {"hours": hours}
            self.names["window.hours"] = "time_window"

    def unused(self, *keys: str) -> None:
        for key in keys:
            if self.written.get(key) is not None:
                self.faults.add(join(self.path, key), f"means nothing in a rule of type '{self.written['type']}'")


def translated(raw: Mapping[str, Any], path: str, faults: Faults) -> tuple[dict[str, Any], dict[str, str]] | None:
    """(the rule in our spelling, {path in it: path as written}); None after saying what cannot be translated."""
    kind = raw["type"]
    if not isinstance(kind, str) or kind not in TYPES:
        hint = f'write "kind": "{kind}"' if kind in KINDS else f"use one of {' '.join(TYPES)}{nearest(kind, TYPES)}"
        faults.add(join(path, "type"), f"unknown type {show(kind)}; {hint}, or a rule with a kind")
        return None
    taken = [ours for theirs, ours in SPELLINGS.items() if ours in raw and theirs in raw]
    for ours in ("kind", *taken):
        if ours in raw:
            faults.add(join(path, ours), "stands beside the spelling of a rule with a type; write one of the two")
            return None
    before = len(faults.found)
    one = Foreign(raw, path, faults, rule={key: value for key, value in raw.items() if key not in _KEYS})
    TYPES[kind](one)
    return (one.rule, one.names) if len(faults.found) == before else None


def rename(faults: Faults, start: int, path: str, names: Mapping[str, str]) -> None:
    """Gives the faults from `start` on the paths that their author wrote."""
    for place, fault in enumerate(faults.found[start:], start):
        for ours in sorted(names, key=len, reverse=True):
            inner = join(path, ours)
            if fault.path == inner or fault.path.startswith((f"{inner}.", f"{inner}[")):
                rest = fault.path[len(inner) :]
                faults.found[place] = Fault(join(path, names[ours]) + rest, fault.message)
                break


def _condition(written: Any) -> tuple[dict[str, Any] | None, str]:
    """The conditions as one, and what its path stands for: a list of them means all."""
    if isinstance(written, list | tuple):
        if len(written) == 1:
            return written[0], "conditions[0]"
        return ({"AND": list(written)}, "conditions[]") if written else (None, "")
    return (None, "") if written is None or written == {} else (written, "conditions")


def _names_amount(condition: Any) -> bool:
    match condition:
        case {"field": "amount"}:
            return True
        case dict():
            return any(_names_amount(part) for part in condition.values())
        case list():
            return any(_names_amount(part) for part in condition)
    return False


def _record(one: Foreign) -> None:
    """Each record that meets the conditions, and whose amount reaches the threshold where one is written."""
    one.unused("time_window", "aggregation_field", "aggregation_function", "group_by_field")
    before = []
    if one.written.get("threshold") is not None and (least := one.number("threshold")) is not None:
        before = [_leaf(str(one.rule.pop("operator", ">=")), least)]
        one.names["where.operator" if not one.written.get("conditions") else "where.AND[0].operator"] = "operator"
    where = one.where(*before)
    if where is None and not before:
        one.faults.add(join(one.path, "conditions"), "is required, or a threshold: which records are meant")
    one.rule |= {"kind": "record", "where": where}


def _aggregate(one: Foreign, *before: dict[str, Any], operator: str, windowed: bool = True, **parts: Any) -> None:
    """Groups whose value crosses the threshold within the time window."""
    threshold = one.number("threshold")
    if windowed or one.written.get("time_window") is not None:
        one.window()
    groups = one.written.get("group_by_field")
    if groups is not None:
        parts["group_by"] = groups if isinstance(groups, list) else [groups]
        one.names["group_by[0]" if not isinstance(groups, list) else "group_by"] = "group_by_field"
    if (where := one.where(*before)) is not None:
        parts["where"] = where
    one.rule = {"kind": "aggregate", "operator": operator, **parts, **one.rule, "threshold": threshold}


def _measured(one: Foreign, operator: str, *, windowed: bool, function: str | None = None) -> None:
    """The function and the field that are written; a count needs no field."""
    word = one.written.get("aggregation_function") or function
    of = one.written.get("aggregation_field")
    named = {"function": FUNCTIONS.get(word, word)} if isinstance(word, str) else {}
    if not named:
        one.faults.add(join(one.path, "aggregation_function"), "is required: count, sum, avg, min, max or distinct")
    one.names |= {"function": "aggregation_function", "of": "aggregation_field"}
    _aggregate(one, operator=operator, windowed=windowed, **named, **({} if of is None else {"of": of}))
    if of is None and named and named["function"] != "count":
        one.faults.add(join(one.path, "aggregation_field"), f"is required: the field that {word} is computed over")


def _counted(one: Foreign, *before: dict[str, Any]) -> None:
    one.unused("aggregation_field", "aggregation_function")
    _aggregate(one, *before, operator=">=", function="count")


def _below_the_line(one: Foreign) -> None:
    _counted(one, *([] if _names_amount(one.written.get("conditions")) else BAND["AND"]))


def _summed(one: Foreign, operator: str, *groups: str) -> None:
    """A single large record is neither aggregation nor velocity: at least two."""
    one.unused("aggregation_function")
    of = one.written.get("aggregation_field", "amount")
    one.names["of"] = "aggregation_field"
    parts: dict[str, Any] = {"group_by": list(groups)} if groups else {}
    _aggregate(one, operator=operator, function="sum", of=of, min_records=2, **parts)


def _dormancy(one: Foreign) -> None:
    """A record above the threshold after a quiet time window; small records do not end the quiet."""
    one.unused("aggregation_field", "aggregation_function", "group_by_field")
    above, hours = one.number("threshold"), one.number("time_window")
    if above is None or hours is None:
        return
    days = Decimal(str(hours)) / _HOURS_A_DAY
    one.names |= {"quiet_days": "time_window"}
    one.rule |= {"kind": "dormancy", "quiet_days": json_number(days), "quiet_where": _leaf(">", 100)}
    one.rule["where"] = one.where(_leaf(">", above))


TYPES: dict[str, Callable[[Foreign], None]] = {
    "single_transaction": _record,
    "ctr_aggregation": lambda one: _summed(one, ">=", "account", "recipient"),
    "structuring": _below_the_line,
    "sub_threshold_velocity": _below_the_line,
    "sar_velocity": lambda one: _summed(one, ">"),
    "velocity": lambda one: _measured(one, ">=", windowed=True, function="count"),
    "velocity_limit": lambda one: _measured(one, ">=", windowed=True, function="count"),
    "aggregation": lambda one: _measured(one, ">=", windowed=False),
    "round_amount": lambda one: _counted(one, _leaf("is_round", 1000)),
    "dormant_reactivation": _dormancy,
}

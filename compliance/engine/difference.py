"""What changed between two versions of a policy's rules, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from compliance.engine.faults import join


@dataclass(frozen=True)
class Change:
    """One field: its path (`where.AND[0].value`) and what stood there; None where nothing did."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class RuleDifference:
    """Rules as canonical JSON; `changed` holds `(rule before, rule after, changes)`. `reordered`: those in both stand
    in another order.
    """

    added: tuple[Mapping[str, Any], ...]
    removed: tuple[Mapping[str, Any], ...]
    changed: tuple[tuple[Mapping[str, Any], Mapping[str, Any], tuple[Change, ...]], ...]
    reordered: bool


def difference(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> RuleDifference:
    """Rules are matched by rule_id."""
    was, now = ({rule["rule_id"]: rule for rule in rules} for rules in (before, after))
    both = [rule_id for rule_id in now if rule_id in was]
    pairs = ((was[rule_id], now[rule_id], tuple(changes(was[rule_id], now[rule_id]))) for rule_id in both)
    return RuleDifference(
        added=tuple(rule for rule_id, rule in now.items() if rule_id not in was),
        removed=tuple(rule for rule_id, rule in was.items() if rule_id not in now),
        changed=tuple(pair for pair in pairs if pair[2]),
        reordered=both != [rule_id for rule_id in was if rule_id in now],
    )


def changes(before: Any, after: Any, path: str = "") -> Iterator[Change]:
    """Every place where two JSON values differ, the deepest that can be named."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys([*before, *after]):
            yield from changes(before.get(key), after.get(key), join(path, key))
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            was, now = (side[index] if index < len(side) else None for side in (before, after))
            yield from changes(was, now, join(path, index))
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield Change(path, before, after)

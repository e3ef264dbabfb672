"""What changed between two versions of a policy's rules, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from compliance.engine.describe import describe
from compliance.engine.difference import difference
from compliance.engine.rules import parse_rule

_SAID = {
    "severity": "severity", "kind": "kind", "category": "category", "policy_section": "law section", "name": "name"
}  # fmt: skip
_REWRITTEN = {"description": "description", "policy_excerpt": "excerpt of the law", "tags": "tags"}


def difference_in_words(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[str]:
    """A sentence for each rule that is not the same, in the order of `after`; rules as canonical JSON."""
    found = difference(before, after)
    told = [f"{rule['rule_id']} was added: {_words(rule)}" for rule in found.added]
    told += [f"{rule['rule_id']} was removed." for rule in found.removed]
    told += [f"{now['rule_id']}: {'; '.join(_changes(was, now))}." for was, now, _ in found.changed]
    if found.reordered:
        told.append("The rules stand in another order.")
    return told


def _changes(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    if was.get("is_active", True) != now.get("is_active", True):
        yield "switched on" if now.get("is_active", True) else "switched off"
    for name, word in _SAID.items():
        if was.get(name) != now.get(name):
            yield f"{word} {was.get(name) or 'none'} → {now.get(name) or 'none'}"
    for name, word in _REWRITTEN.items():
        if was.get(name) != now.get(name):
            yield f"{word} rewritten"
    before, after = _words(was), _words(now)
    if before != after:
        yield f'it now says "{after}", before "{before}"'
    elif _judged_by(was) != _judged_by(now):
        yield "what it compares with was changed"  # more literals than words spell out


def _words(rule: Mapping[str, Any]) -> str:
    return describe(parse_rule(dict(rule)))


def _judged_by(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rule.items() if name not in (*_SAID, *_REWRITTEN, "is_active")}

"""The rule language: `parse_rules` reads it, `canonical()` writes it back, `content_hash` names it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from compliance.engine.conditions import Branch, condition_fields, leaves
from compliance.engine.faults import Fault, Faults, RuleErrors, join, nearest, show
from compliance.engine.foreign import SPELLINGS, rename, translated
from compliance.engine.models import (
    KINDS,
    AggregateRule,
    BaselineRule,
    DormancyRule,
    DuplicateRule,
    RecordRule,
    Rule,
    RuleBase,
    SequenceRule,
    ShareRule,
)
from compliance.engine.operators import LISTS
from compliance.engine.parts import ChainWindow, Match, Ratio, Window
from compliance.engine.reading import listed, read_condition
from compliance.engine.schema import rule_json_schema

__all__ = [
    "AggregateRule",
    "BaselineRule",
    "DormancyRule",
    "DuplicateRule",
    "RecordRule",
    "Rule",
    "RuleErrors",
    "SequenceRule",
    "ShareRule",
    "Window",
    "content_hash",
    "fields_judged",
    "fields_used",
    "lists_used",
    "parse_rule",
    "parse_rules",
    "rule_json_schema",
]

MAX_RULES = 500
MAX_POLICY_LEAVES = 5_000
"""Comparisons in all rules of a policy together: what a database still plans in no time."""
_UNREAD = Branch("AND", ())
"""Stands for a condition that could not be read, so that the rest of the rule is still checked."""


def parse_rules(raw: object) -> tuple[Rule, ...]:
    """Reads a policy's rules; raises RuleErrors naming each fault as `rules[2].where.AND[0].operator`."""
    if not isinstance(raw, list | tuple):
        raise RuleErrors([Fault("rules", f"must be a list of rules, not {show(raw)}")])
    if len(raw) > MAX_RULES:
        raise RuleErrors([Fault("rules", f"holds {len(raw)} rules; a policy has at most {MAX_RULES}")])
    faults, rules, first_use = Faults(), list[Rule](), dict[str, int]()
    size = 0
    for index, item in enumerate(raw):
        path = join("rules", index)
        rule = _read_rule(item, path, faults)
        if rule is None:
            continue
        if (first := first_use.setdefault(rule.rule_id, index)) != index:
            faults.add(join(path, "rule_id"), f"{rule.rule_id!r} is taken by rules[{first}]; choose another")
        size += sum(1 for name in rule.CONDITIONS if (c := getattr(rule, name)) for _ in leaves(c))
        if size > MAX_POLICY_LEAVES:
            faults.add(path, f"the policy holds more than {MAX_POLICY_LEAVES} comparisons; split it")
            break
        rules.append(rule)
    faults.raise_if_any()
    return tuple(rules)


def parse_rule(raw: object, path: str = "") -> Rule:
    """Reads one rule; raises RuleErrors with paths that start at `path`."""
    faults = Faults()
    rule = _read_rule(raw, path, faults)
    faults.raise_if_any()
    if rule is None:
        raise AssertionError("a rule that could not be read has a fault")
    return rule


def content_hash(rules: Iterable[Rule]) -> str:
    """SHA-256 (hex) of the rules' canonical JSON, in their order."""
    text = json.dumps(
        [rule.canonical() for rule in rules],
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
    )
    return hashlib.sha256(text.encode()).hexdigest()


def fields_used(rule: Rule) -> frozenset[str]:
    """Every field the rule's text names; `dependencies` adds what its kind needs besides."""
    named = [condition_fields(getattr(rule, name)) for name in rule.CONDITIONS]
    match rule:
        case AggregateRule():
            named.append(frozenset({*rule.group_by, *([rule.of] if rule.of else [])}))
        case DuplicateRule():
            named.append(frozenset(rule.key))
        case SequenceRule():
            named += [frozenset({pair.first, pair.then}) for pair in rule.match_on]
            named.append(frozenset({rule.ratio.of} if rule.ratio else {}))
        case BaselineRule():
            named.append(frozenset({rule.of}))
        case ShareRule():
            named.append(frozenset(rule.group_by))
    return frozenset[str]().union(*named)


def fields_judged(rule: Rule) -> frozenset[str]:
    """The fields its conditions and its measure read; not those it only groups by."""
    grouped = isinstance(rule, AggregateRule | ShareRule)
    measured = {rule.of} if isinstance(rule, AggregateRule) and rule.of else set[str]()
    if not grouped:
        return fields_used(rule)
    return frozenset(measured).union(*(condition_fields(getattr(rule, name)) for name in rule.CONDITIONS))


def lists_used(rule: Rule) -> frozenset[str]:
    """The reference lists the rule's conditions name."""
    conditions = [condition for name in rule.CONDITIONS if (condition := getattr(rule, name)) is not None]
    found = (leaf.value for condition in conditions for leaf in leaves(condition) if leaf.operator in LISTS)
    return frozenset(str(name) for name in found)


def _read_rule(raw: object, path: str, faults: Faults) -> Rule | None:
    if not isinstance(raw, Mapping):
        faults.add(path, f"must be an object with rule_id, name, kind and severity, not {show(raw)}")
        return None
    names: dict[str, str] = {}
    if "type" in raw:
        if (foreign := translated(raw, path, faults)) is None:
            return None
        raw, names = foreign
    before = len(faults.found)
    rule = _read_canonical(raw, path, faults)
    rename(faults, before, path, names)
    return rule


def _read_canonical(raw: Mapping[Any, Any], path: str, faults: Faults) -> Rule | None:
    model = _model(raw.get("kind"), join(path, "kind"), faults)
    if model is None:
        return None
    before, rest = len(faults.found), dict(raw)
    for name in model.CONDITIONS:
        if rest.get(name) is None:
            rest.pop(name, None)  # null is as good as absent
        else:
            rest[name] = read_condition(rest[name], join(path, name), faults) or _UNREAD
    try:
        rule = model.model_validate(rest)
    except ValidationError as refused:
        for error in refused.errors(include_url=False):
            at = (error["ctx"]["part"],) if error["type"] == "misplaced" else ()
            faults.add(_path(path, (*error["loc"], *at)), _message(error, model))
        return None
    return rule if len(faults.found) == before else None


def _model(kind: object, path: str, faults: Faults) -> type[Rule] | None:
    if isinstance(kind, str) and kind in KINDS:
        return KINDS[kind]
    faults.add(path, f"unknown kind {show(kind)}; use one of {listed(KINDS)}{nearest(kind, KINDS)}")
    return None


def _path(path: str, location: Iterable[str | int]) -> str:
    for step in location:
        path = join(path, step if isinstance(step, int) else str(step)[:60])
    return path


def _message(error: ErrorDetails, model: type[RuleBase]) -> str:
    where, got, context = error["loc"], error["input"], error.get("ctx", {})
    match error["type"]:
        case "missing":
            return f"is required in a rule of kind '{_kind_of(model)}'" if len(where) == 1 else "is required"
        case "extra_forbidden":
            if len(where) == 1 and where[0] in SPELLINGS:
                return f"belongs to a rule with a type; in one with a kind write '{SPELLINGS[str(where[0])]}'"
            known = _known_keys(model, where)
            return f"unknown key; known are {listed(known)}{nearest(where[-1], known)}"
        case "literal_error":
            words = context["expected"].replace(" or ", ", ").replace("'", "").split(", ")
            return f"must be one of {listed(words)}, not {show(got)}{nearest(got, words)}"
        case "string_pattern_mismatch":
            return f"must be 1 to 100 characters of letters, digits, '.', '_' and '-', not {show(got)}"
        case "misplaced":
            return str(context["message"])
        case "value_error":
            return str(context["error"])
        case "is_instance_of":
            return "is required: the condition that records must meet"
    return f"{error['msg'].lower()}, not {show(got)}"


def _known_keys(model: type[RuleBase], where: tuple[str | int, ...]) -> list[str]:
    """The keys that the object at `where` of the rule may have."""
    if len(where) == 1:
        return list(model.model_fields)
    parts: dict[str, type[BaseModel]] = {"match_on": Match, "ratio": Ratio}
    of_window = ChainWindow if model is DuplicateRule else Window
    return list(parts.get(str(where[0]), of_window).model_fields)


def _kind_of(model: type[RuleBase]) -> str:
    return next(kind for kind, known in KINDS.items() if known is model)

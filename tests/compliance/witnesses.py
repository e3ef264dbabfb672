"""What a generated scan puts to the test: which words of the language, and which situations that are easy to get
wrong. A situation is witnessed where the oracle's findings would change if the rule or the data were a hair different.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.compliance.oracle_conditions import decide
from tests.compliance.oracle_ledger import Ledger, Upload
from tests.compliance.strategies import Case

Rule = dict[str, Any]
Result = dict[str, Any]

HAIR = Decimal("0.000000001")
STRICT = {">": ">=", ">=": ">", "<": "<=", "<=": "<"}


def words(case: Case) -> Iterator[str]:
    """The kinds, functions, operators, window modes and kinds of values in the rules of `case`."""
    for rule in case.rules:
        if not rule["is_active"]:
            continue
        yield f"kind {rule['kind']}"
        yield from _parameters(rule)
        for name in ("where", "quiet_where", "of_where", "first", "then"):
            if name in rule:
                yield from _leaves(rule[name])


def _parameters(rule: Rule) -> Iterator[str]:
    if rule["kind"] == "aggregate":
        yield f"function {rule['function']}"
        yield f"window {rule['window']['mode'] if 'window' in rule else 'none'}"
    if rule["kind"] == "duplicate":
        yield f"duplicate {'with' if 'window' in rule else 'without'} window"
        yield f"duplicate {'across accounts' if rule.get('across_accounts') else 'of an account'}"
    if rule["kind"] in ("aggregate", "share"):
        yield f"{rule['kind']} {rule['operator']}"
        yield f"{rule['kind']} by {'more than' if set(rule.get('group_by', [])) - {'account'} else 'the'} account"
    if rule["kind"] == "baseline":
        yield f"baseline {'times_mean' if 'times_mean' in rule else 'z_score'}"
    if rule["kind"] == "sequence":
        yield f"sequence {'with' if 'ratio' in rule else 'without'} ratio"


def _leaves(condition: dict[str, Any]) -> Iterator[str]:
    if branch := next((name for name in ("AND", "OR", "NOT") if name in condition), None):
        yield f"branch {branch}"
        for each in condition[branch] if branch != "NOT" else [condition["NOT"]]:
            yield from _leaves(each)
        return
    yield f"operator {condition['operator']}"
    yield f"value {_value_type(condition)}"
    if "expr" in condition:
        yield from (
            f"arithmetic {sign}" for sign in ("+", "-", "*", "/", "abs", "min", "max") if sign in condition["expr"]
        )
    if condition.get("ignore_case"):
        yield "value ignore_case"


def _value_type(condition: dict[str, Any]) -> str:
    if "list" in condition["operator"]:
        return "list"
    if "expr" in condition:
        return "expression"
    if condition.get("value_type") == "field":
        return "field"
    value = condition.get("value")
    names = {type(None): "none", bool: "boolean", int: "number", float: "number", str: "text", list: "several"}
    return names[type(value)]


def situations(case: Case, judged: Result) -> Iterator[str]:
    """What in `case` is easy to get wrong, seen from its verdict `judged`."""
    yield from _states(case, judged)
    if any(_has_unknown_under_not(rule, case) for rule in case.rules if rule["kind"] == "record"):
        yield "unknown under NOT"
    for rule in case.rules:
        if rule["is_active"] and judged["rules"][rule["rule_id"]]["state"] == "completed":
            for name, other in variants(rule):
                if _seen(replace(case, rules=[other])) != _rows(judged["rules"][rule["rule_id"]]):
                    yield name


def _states(case: Case, judged: Result) -> Iterator[str]:
    for rule in case.rules:
        if not rule["is_active"]:
            yield "inactive"
            continue
        result = judged["rules"][rule["rule_id"]]
        yield f"{rule['kind']} {result['state']}"
        if result["findings"]:
            yield f"{rule['kind']} found"
        if result["short_history"]:
            yield f"{rule['kind']} short history"
        if any(each["context"] for each in result["findings"]):
            yield f"{rule['kind']} proved by context"
        if any(
            len({str(case.rows[row - 1]) for row in each["rows"]}) < len(each["rows"]) for each in result["findings"]
        ):
            yield "equal rows in one finding"
        if any(each["account"].startswith("row:") for each in result["findings"]):
            yield "finding without account"
        if case.context and rule["kind"] in ("dormancy", "baseline") and result["findings"]:
            yield f"{rule['kind']} with context"


def variants(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """`rule` a hair different, and what it means that its findings then differ."""
    kind = rule["kind"]
    if rule.get("window"):
        longer = _longer(rule["window"], "hours")
        yield f"{kind} exactly a window apart", rule | {"window": longer}
    for name in ("quiet_days", "within_hours", "history_days"):
        if name in rule:
            yield f"{kind} exactly {name}", _longer(rule, name)
    if kind in ("aggregate", "share"):
        yield f"{kind} exactly on the threshold", rule | {"operator": STRICT[rule["operator"]]}
        least = rule.get("min_records", 1 if kind == "aggregate" else 10)
        yield f"{kind} exactly min_records", rule | {"min_records": least + 1}
    if kind == "baseline":
        yield "baseline exactly min_history", rule | {"min_history": rule["min_history"] + 1}
        for name in ("times_mean", "z_score"):
            if name in rule:
                yield f"baseline exactly {name}", rule | {name: Decimal(str(rule[name])) - HAIR}
    for name, step in (("min", HAIR), ("max", -HAIR)):
        if kind == "sequence" and name in rule.get("ratio", {}):
            ratio = rule["ratio"] | {name: Decimal(str(rule["ratio"][name])) + step}
            yield f"sequence exactly the {name} ratio", rule | {"ratio": ratio}


def _longer(part: dict[str, Any], name: str) -> dict[str, Any]:
    """`part` with its length in hours or days at least a microsecond longer."""
    return part | {name: Decimal(str(part[name])) + HAIR}


def _seen(case: Case) -> list[Any]:
    (result,) = case.judged()["rules"].values()
    return _rows(result)


def _rows(result: Result) -> list[Any]:
    return sorted((each["rows"], each["context"]) for each in result["findings"])


def _has_unknown_under_not(rule: Rule, case: Case) -> bool:
    uploads = [Upload(case.headers, case.rows)]
    ledger = Ledger(uploads, case.mapping, Decimal(case.hours_per_step), ZoneInfo(case.time_zone), case.lists)
    return any(
        decide(inside, ledger, index, case.created_at_us) is None
        for inside in _negated(rule["where"])
        for index in ledger.scanned
    )


def _negated(condition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "NOT" in condition:
        yield condition["NOT"]
        yield from _negated(condition["NOT"])
    for each in [*condition.get("AND", []), *condition.get("OR", [])]:
        yield from _negated(each)


def witnessed(cases: Iterator[Case]) -> Counter[str]:
    """In how many of `cases` each word and each situation occurs."""
    seen: Counter[str] = Counter()
    for case in cases:
        judged = case.judged()
        seen.update({*words(case), *situations(case, judged)})
        seen["rules judged"] += len(judged["rules"])
    return seen

"""Policies by chance: all kinds, functions and windows, thresholds on the edge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from tests.compliance.conditions import BROAD, DUE, NOTE, Condition, broad, condition

Rule = dict[str, Any]


def _with(rule: Rule, **optional: Any) -> Rule:
    """`rule` and those of `optional` that are not None, as canonical JSON leaves absent parameters out."""
    return rule | {name: value for name, value in optional.items() if value is not None}


def record_rule(chance: Random) -> Rule:
    return {"kind": "record", "where": condition(chance)}


def aggregate_rule(chance: Random) -> Rule:
    pick = chance.choice
    function = pick(["count", "count", "sum", "sum", "avg", "min", "max", "distinct"])
    counted: dict[str, list[Any]] = {"count": [None, None, "amount"], "distinct": ["recipient", "amount", NOTE]}
    counts, sums = [1, 2, 2, 3, 3, 4], [0, 9000, 10000, 18000, 25000.5, 33.3333, 4500.123456, -0.3334]
    hours = pick([None, 0.5, 1, 6, 6, 24, 24, 24, 48])
    return _with(
        {"kind": "aggregate", "function": function},
        operator=pick([">=", ">=", ">", ">", "<", "<="]),
        threshold=pick(counts if function in counted else sums),
        of=pick(counted.get(function, ["amount", "amount", "amount", "limit", "oldbalanceOrg"])),
        group_by=pick([None, None, None, None, ["account"], ["recipient"], ["account", "kind"], ["limit", DUE]]),
        window=None if hours is None else {"hours": hours, "mode": pick(["sliding", "sliding", "tumbling"])},
        min_records=pick([None, None, 1, 2, 3]),
        where=broad(chance),
    )


def dormancy_rule(chance: Random) -> Rule:
    quiet = {"field": "amount", "operator": ">", "value": 100}
    return _with(
        {"kind": "dormancy", "quiet_days": chance.choice([0.25, 0.25, 0.5, 1, 1, 2, 90])},
        where=broad(chance),
        quiet_where=chance.choice([None, None, quiet, quiet, condition(chance)]),
    )


def duplicate_rule(chance: Random) -> Rule:
    keys = [["amount"], ["account", "amount"], ["recipient"], ["amount", "type"], [NOTE], ["limit", "recipient"]]
    hours = chance.choice([None, None, 0.5, 1, 6, 6, 24, 24])
    return _with(
        {"kind": "duplicate", "key": chance.choice([*keys, ["timestamp", "kind"]])},
        window=None if hours is None else {"hours": hours},
        across_accounts=chance.choice([None, False, True]),
        where=broad(chance),
    )


def sequence_rule(chance: Random) -> Rule:
    pick = chance.choice
    ends: list[Condition] = [*BROAD, {"field": "amount", "operator": ">", "value": 0}, {"NOT": BROAD[1]}]
    passed_on, same = {"first": "recipient", "then": "account"}, {"first": "account", "then": "account"}
    pairs = [*[[passed_on]] * 4, *[[same]] * 4, [same, {"first": "type", "then": "kind"}], *([pair] for pair in PAIRS)]
    ratios: list[Any] = [None, None, {"min": 0.9, "max": 1.1}, {"min": 1, "max": 1}, {"min": 0.5, "max": 2}]
    ratio = pick([*ratios, {"min": 0.5, "max": 1.1}, {"min": -1, "max": 1}])
    return _with(
        {"kind": "sequence", "within_hours": pick([1, 6, 12, 24, 24, 48, 48, 72]), "match_on": pick(pairs)},
        first=pick([*ends, *ends, condition(chance)]),
        then=pick([*ends, *ends, condition(chance)]),
        ratio=None
        if ratio is None
        else {"of": pick(["amount", "amount", "amount", "amount", "limit", "oldbalanceOrg"]), **ratio},
        where=pick([None, broad(chance)]),
    )


PAIRS = [
    {"first": "recipient", "then": "recipient"},
    {"first": "amount", "then": "amount"},
    {"first": "limit", "then": "oldbalanceOrg"},
    {"first": "type", "then": "transaction_type"},
    {"first": DUE, "then": DUE},
    {"first": NOTE, "then": "recipient"},
    {"first": "type", "then": "recipient"},
    {"first": "limit", "then": NOTE},
]


def baseline_rule(chance: Random) -> Rule:
    pick = chance.choice
    limit = pick([("times_mean", [1, 1, 1.1, 1.5, 2, 2, 3]), ("z_score", [0.5, 1, 1, 1, 1.5, 2])])
    return _with(
        {"kind": "baseline", "of": pick(["amount", "amount", "amount", "limit", "oldbalanceOrg"])},
        history_days=pick([0.25, 0.5, 1, 1, 2, 2, 7, 30]),
        min_history=pick([1, 1, 1, 2, 2, 2, 3, 5]),
        where=broad(chance),
        **{limit[0]: pick(limit[1])},
    )


def share_rule(chance: Random) -> Rule:
    pick = chance.choice
    return _with(
        {"kind": "share", "where": pick([*BROAD, *BROAD, condition(chance)])},
        operator=pick([">=", ">=", ">", ">", "<", "<="]),
        threshold=pick([0, 0.25, 0.333333, 0.5, 0.5, 0.5, 0.6, 0.666667, 0.75, 0.8, 1]),
        of_where=broad(chance),
        group_by=pick([None, None, None, ["account"], ["recipient"], ["account", "kind"], ["limit"]]),
        min_records=pick([None, 1, 1, 2, 2, 3, 4]),
    )


RULES: dict[str, Callable[[Random], Rule]] = {
    "record": record_rule,
    "aggregate": aggregate_rule,
    "dormancy": dormancy_rule,
    "duplicate": duplicate_rule,
    "sequence": sequence_rule,
    "baseline": baseline_rule,
    "share": share_rule,
}
KINDS = tuple(RULES)


def policy(chance: Random, kinds: Sequence[str] = KINDS, largest: int = 16) -> list[Rule]:
    """Two to `largest` rules of `kinds`, ids R1, R2, ..., in canonical form; now and then one is inactive. Many are
    record rules, which cost an engine little; kinds with many parameters come twice as often as the others."""
    often = {"record": len(kinds), "aggregate": 2, "sequence": 2, "baseline": 2}
    weights = [often.get(kind, 1) for kind in kinds]
    return [
        {
            "rule_id": f"R{number}",
            "name": f"Rule {number}",
            "severity": chance.choice(["CRITICAL", "HIGH", "MEDIUM", "LOW"]),
            "is_active": chance.random() < 0.9,
            **RULES[chance.choices(kinds, weights)[0]](chance),
        }
        for number in range(1, chance.randint(2, largest) + 1)
    ]

"""Rules of the tool this API comes from: translated with the numbers that are written, or refused."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from compliance.engine.rules import RuleErrors, parse_rule, rule_json_schema
from tests.compliance.engine.scanning import leaf

BASE = {"rule_id": "R", "name": "a rule", "severity": "HIGH"}
TYPE = leaf("type", "equals", "WIRE")
CANONICAL = {"field": "type", "operator": "==", "value": "WIRE"}
BAND = [leaf("amount", ">=", 8000), leaf("amount", "<", 10000)]


def foreign(type_: str, **parts: Any) -> dict[str, Any]:
    return {**BASE, "type": type_, **parts}


def canonical(kind: str, **parts: Any) -> dict[str, Any]:
    """What stands in the canonical form beside what every rule has."""
    raw = foreign(kind, **parts)
    Draft202012Validator(rule_json_schema()).validate(raw)
    rule = parse_rule(raw).canonical()
    assert parse_rule(rule).canonical() == rule
    plain = {"policy_excerpt", "policy_section", "description", "category", "tags", "is_active", *BASE}
    return {name: value for name, value in rule.items() if name not in plain}


def aggregate(function: str, threshold: float, hours: float | None, operator: str = ">=", **parts: Any) -> Any:
    window = {} if hours is None else {"window": {"hours": hours, "mode": "sliding"}}
    about = {"group_by": ["account"], "min_records": 1, **parts}
    return {
        "kind": "aggregate", "function": function, "operator": operator, "threshold": threshold, **window, **about,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (("single_transaction", {"conditions": [TYPE]}), {"kind": "record", "where": CANONICAL}),
        (("single_transaction", {"threshold": 5}), {"kind": "record", "where": leaf("amount", ">=", 5)}),
        (
            ("single_transaction", {"conditions": {"OR": [TYPE]}, "threshold": 5, "operator": "gt"}),
            {"kind": "record", "where": {"AND": [leaf("amount", ">", 5), {"OR": [CANONICAL]}]}},
        ),
        (
            ("ctr_aggregation", {"threshold": 10000, "time_window": 24}),
            aggregate("sum", 10000, 24, of="amount", group_by=["account", "recipient"], min_records=2),
        ),
        (
            ("structuring", {"threshold": 3, "time_window": 24, "conditions": []}),
            aggregate("count", 3, 24, where={"AND": BAND}),
        ),
        (
            ("sub_threshold_velocity", {"threshold": 5, "time_window": 24, "conditions": [leaf("amount", ">", 1)]}),
            aggregate("count", 5, 24, where=leaf("amount", ">", 1)),
        ),
        (
            ("sar_velocity", {"threshold": 25000, "time_window": 24}),
            aggregate("sum", 25000, 24, ">", of="amount", min_records=2),
        ),
        (("velocity", {"threshold": 9, "time_window": 1}), aggregate("count", 9, 1)),
        (
            ("velocity_limit", {"threshold": 9, "time_window": 1, "operator": ">", "group_by_field": "country"}),
            aggregate("count", 9, 1, ">", group_by=["country"]),
        ),
        (
            ("aggregation", {"threshold": 9, "aggregation_function": "average", "aggregation_field": "amount"}),
            aggregate("avg", 9, None, of="amount"),
        ),
        (
            ("round_amount", {"threshold": 3, "time_window": 720, "conditions": [TYPE]}),
            aggregate("count", 3, 720, where={"AND": [leaf("amount", "is_round", 1000), CANONICAL]}),
        ),
        (
            ("dormant_reactivation", {"threshold": 5000, "time_window": 2160}),
            {
                "kind": "dormancy", "quiet_days": 90, "where": leaf("amount", ">", 5000),
                "quiet_where": leaf("amount", ">", 100),
            },
        ),
    ],
    ids=lambda part: part[0] if isinstance(part, tuple) else "",
)  # fmt: skip
def test_a_type_becomes_a_kind_with_the_written_numbers(written: Any, expected: dict[str, Any]) -> None:
    kind, parts = written
    assert canonical(kind, **parts) == expected


@pytest.mark.parametrize(
    ("written", "path"),
    [
        (foreign("sum"), "type"),
        (foreign("record"), "type"),
        (foreign("velocity", kind="record"), "kind"),
        (foreign("single_transaction", where=TYPE, conditions=[TYPE]), "where"),
        (foreign("single_transaction"), "conditions"),
        (foreign("single_transaction", conditions=[TYPE], time_window=1), "time_window"),
        (foreign("single_transaction", conditions=[TYPE, leaf("a", "like", 1)]), "conditions[1].operator"),
        (foreign("single_transaction", conditions=[leaf("a", "like", 1)]), "conditions[0].operator"),
        (foreign("single_transaction", conditions=leaf("a", "like", 1), threshold=1), "conditions.operator"),
        (foreign("round_amount", threshold=3, time_window=24, conditions=[leaf("a", "x")]), "conditions[0].operator"),
        (foreign("structuring", time_window=24), "threshold"),
        (foreign("structuring", threshold="3", time_window=24), "threshold"),
        (foreign("structuring", threshold=3), "time_window"),
        (foreign("structuring", threshold=3, time_window=0), "time_window"),
        (foreign("aggregation", threshold=3), "aggregation_function"),
        (foreign("aggregation", threshold=3, aggregation_function="sum"), "aggregation_field"),
        (foreign("aggregation", threshold=3, aggregation_function="x", aggregation_field="a"), "aggregation_function"),
        (foreign("velocity", threshold=3, time_window=1, group_by_field=5), "group_by_field"),
        (foreign("velocity", threshold=3, time_window=1, unknown=5), "unknown"),
        ({**BASE, "kind": "record", "conditions": [TYPE], "where": TYPE}, "conditions"),
    ],
)  # fmt: skip
def test_what_cannot_be_translated_is_refused_where_it_was_written(written: dict[str, Any], path: str) -> None:
    with pytest.raises(RuleErrors) as refused:
        parse_rule(written)
    assert path in [fault.path for fault in refused.value.faults]

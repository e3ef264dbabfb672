"""What a plan is made of: stages, a closed list of nodes, and SQL that is the same as yesterday's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp

from compliance.columns import Column, ColumnType, Zoned
from compliance.engine import dialects, findings, sql
from compliance.engine.listtables import list_query
from compliance.engine.plan import Plan, compile_plan
from compliance.engine.rules import parse_rules
from compliance.engine.sources import ContextUpload
from compliance.packs import load_pack
from tests.compliance.engine.scanning import leaf, rule

GOLDEN = Path(__file__).parent / "golden"
DAY = {"hours": 24}
TUMBLING = {"hours": 24, "mode": "tumbling"}
COUNT = {"function": "count", "operator": ">=", "threshold": 3}
AVERAGE = {"function": "avg", "of": "amount", "operator": "<", "threshold": 0.5}
DISTINCT = {"function": "distinct", "of": "country", "operator": ">", "threshold": 2}
EVERYTHING = {
    "AND": [
        leaf("type", "in", ["A", "b"]),
        leaf("account", "==", "x", ignore_case=True),
        leaf("country", "contains", "x%"),
        leaf("country", "starts_with", "x"),
        leaf("country", "ends_with", "x"),
        leaf("country", "matches", "^x"),
        {"OR": [leaf("amount", "is_round", 1000), leaf("flag", "==", True), leaf("country", "exists")]},
        {"NOT": leaf("amount", "between", [1, 2])},
        leaf("timestamp", "older_than_days", 30),
        leaf("timestamp", ">=", "2024-01-01"),
        leaf("amount", "<", "step", value_type="field"),
        {"expr": "max(abs(-amount), min(step, 2)) - 1", "operator": "<=", "value": 5},
    ]
}
LISTS = ("watched", "countries")
RULES: dict[str, dict[str, Any]] = {  # fmt: skip
    "record": rule(where=EVERYTHING),
    "sliding": rule("aggregate", **COUNT, window=DAY, where=leaf("amount", ">", 5)),
    "sliding_avg": rule("aggregate", **AVERAGE, window=DAY, group_by=["account", "country"]),
    "sliding_distinct": rule("aggregate", **DISTINCT, window=DAY),
    "tumbling": rule("aggregate", **DISTINCT, window=TUMBLING),
    "whole": rule("aggregate", **AVERAGE),
    "dormancy": rule("dormancy", quiet_days=90, quiet_where=leaf("amount", ">", 100)),
    "products": rule(
        where={
            "AND": [
                {"expr": "amount * step / abs(step - 3) + min(amount / 7, 2)", "operator": ">=", "value": 0.5},
                {"expr": "amount * amount * step", "operator": "is_round", "value": 1000},
                {"expr": "amount / 3", "operator": ">", "value": "step", "value_type": "field"},
            ]
        }
    ),
    "lists": rule(
        where={
            "OR": [
                leaf("type", "in_list", "watched"),
                leaf("account", "not_in_list", "watched", ignore_case=True),
                leaf("country", "in_list", "countries"),
                leaf("country", "in_list", "nowhere"),
            ]
        }
    ),
    "sequence": rule(
        "sequence",
        first=leaf("type", "==", "CASH_IN"),
        then=leaf("amount", ">", 5),
        within_hours=24,
        match_on="first.country = then.account and first.step = then.amount",
    ),
    "sequence_ratio": rule(
        "sequence",
        first=leaf("type", "==", "CASH_IN"),
        then=leaf("amount", ">", 5),
        within_hours=24,
        match_on=[{"first": "account", "then": "account"}],
        ratio={"of": "amount", "min": 0.9, "max": 1},
    ),
    "baseline": rule("baseline", of="amount", history_days=30, min_history=5, times_mean=3),
    "baseline_z": rule("baseline", of="step", history_days=30, min_history=5, z_score=2.5),
    "share": rule(
        "share",
        where=leaf("amount", "is_round", 1000),
        of_where=leaf("type", "==", "WIRE"),
        operator=">=",
        threshold=0.5,
        group_by=["country"],
    ),
    "duplicate": rule("duplicate", key=["amount"], window={"hours": 1}, across_accounts=True),
}


def column(name: str, index: int, kind: ColumnType, **counts: Any) -> Column:
    return Column(name, f"c{index}", kind, nulls=1, distinct=9, min=None, max=None, **counts)


COLUMNS = (
    column("account", 0, ColumnType.TEXT),
    column("amount", 1, ColumnType.NUMBER, numbers=9),
    column("timestamp", 2, ColumnType.TIME, times=9, zoned=Zoned.MIXED),
    column("country", 3, ColumnType.TEXT),
    column("type", 4, ColumnType.TEXT),
    column("flag", 5, ColumnType.BOOLEAN, booleans=9),
    column("step", 6, ColumnType.NUMBER, numbers=9),
)
UNSTAMPED = tuple(each for each in COLUMNS if each.name != "timestamp")
DIALECTS = ("duckdb", "spark")
GOLDEN_NAMES = (*RULES, "steps", "findings", "context", "patterns")
CONTEXT = [ContextUpload("4f2a", tuple(each for each in COLUMNS if each.name != "step"))]


def plan(*rules: dict[str, Any], zone: str = "UTC", columns: Sequence[Column] = COLUMNS, **options: Any) -> Plan:
    return compile_plan(
        parse_rules(list(rules)),
        columns=columns,
        mapping={},
        hours_per_step=Decimal(1),
        time_zone=zone,
        created_at_us=1_700_000_000_000_000,
        lists=LISTS,
        **options,
    )


def trees(compiled: Plan) -> Iterator[exp.Expression]:
    yield compiled.facts
    yield compiled.tallies
    yield compiled.span
    yield from (list_query("values0", table) for table in compiled.list_tables)
    yield from (values for _, values in compiled.patterns)
    for stage in compiled.stages:
        yield from (table for _, table in stage.tables)
        yield from stage.queries
        yield from [stage.unjudged] if stage.unjudged else []
    yield findings.hashes_query(compiled)
    yield findings.proofs_query()
    yield findings.single_findings_query()
    yield findings.grouped_findings_query()


def golden_sql(name: str, dialect: str) -> str:
    """The statements of one rule of RULES, of `steps` (time from steps), of `findings`, of `context` uploads or of
    `patterns` without RE2, one a line, with control characters escaped."""
    match name:
        case "findings":
            chosen = list(trees(plan(RULES["record"])))[-4:]
        case "context":
            compiled = plan(RULES["sequence"], context=CONTEXT)
            chosen = [compiled.facts, compiled.tallies, *compiled.stages[0].queries, findings.hashes_query(compiled)]
        case "patterns":
            compiled = plan(RULES["record"], context=CONTEXT, re2=False)
            chosen = [*(values for _, values in compiled.patterns), compiled.facts]
        case "steps":
            chosen = [plan(RULES["sliding"], columns=UNSTAMPED).facts]
        case _:
            compiled = plan(RULES[name])
            stage = compiled.stages[0]
            lists = [list_query("values0", table) for table in compiled.list_tables]
            unjudged = [stage.unjudged] if stage.unjudged else []
            chosen = [*lists, compiled.facts, *(table for _, table in stage.tables), *stage.queries, *unjudged]
    lines = [dialects.render(tree, dialect).encode("unicode_escape").decode() for tree in chosen]
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("kind", sorted(RULES))
def test_to_write_a_tree_leaves_it_as_it_was(kind: str, dialect: str) -> None:
    for tree in trees(plan(RULES[kind])):
        before = tree.copy()
        dialects.render(tree, dialect)
        assert tree == before


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", GOLDEN_NAMES)
def test_the_sql_is_as_it_was(name: str, dialect: str) -> None:
    assert golden_sql(name, dialect) == (GOLDEN / f"{name}.{dialect}.sql").read_text(encoding="utf-8")


def test_plans_use_the_closed_list_of_nodes_and_each_of_them() -> None:
    rules = [each | {"rule_id": name} for name, each in RULES.items()]
    plans = [plan(*rules, zone="Europe/Berlin"), plan(*rules, columns=UNSTAMPED), plan(*rules, context=CONTEXT)]
    used = {type(node) for each in plans for tree in trees(each) for node in tree.walk()}
    assert used == sql.NODES


def test_other_words_for_spark_use_a_closed_list_of_nodes_and_each_of_them() -> None:
    rules = [each | {"rule_id": name} for name, each in RULES.items()]
    said = [dialects.for_spark(tree) for tree in trees(plan(*rules, re2=False))]
    assert {type(node) for tree in said for node in tree.walk()} - sql.NODES == dialects.ADDED


def test_no_node_stands_in_two_places() -> None:
    rules = [each | {"rule_id": name} for name, each in RULES.items()]
    for tree in trees(plan(*rules, zone="Europe/Berlin", context=CONTEXT)):
        nodes = [id(node) for node in tree.walk()]
        assert len(nodes) == len(set(nodes))


def test_a_boundary_comes_at_least_every_four_rules() -> None:
    stages = plan(*[rule(rule_id=f"R{n}", where=leaf("amount", ">", n)) for n in range(10)]).stages
    assert [len(stage.rules) for stage in stages] == [4, 4, 2]


def test_the_aml_pack_has_more_than_three_boundaries_inside() -> None:
    compiled = compile_plan(
        load_pack("aml").rules,
        columns=COLUMNS,
        mapping={},
        hours_per_step=Decimal(1),
        time_zone="UTC",
        created_at_us=0,
    )
    assert len(compiled.stages) - 1 >= 3


def test_inactive_rules_are_left_out() -> None:
    two = [rule(rule_id="A", where=leaf("a", "exists"), is_active=False), rule(where=leaf("a", "exists"))]
    assert [each.rule_id for each in plan(*two).rules] == ["R"]


def test_windows_hold_no_distinct_and_no_filter() -> None:
    rules = [each | {"rule_id": name} for name, each in RULES.items()]
    for tree in trees(plan(*rules)):
        for window in tree.find_all(exp.Window):
            assert not isinstance(window.this, exp.Filter)
            assert window.this.find(exp.Distinct) is None


@pytest.mark.parametrize(
    ("hours", "zone", "words"),
    [
        (Decimal(0), "UTC", "hours_per_step must be above 0"),
        (Decimal("0.0000000001"), "UTC", "whole microseconds"),
        (Decimal(1), "Mars/Olympus", "unknown time zone 'Mars/Olympus'"),
        (Decimal(1), "../etc", "unknown time zone"),
    ],
)
def test_bad_scales_and_zones_are_refused(hours: Decimal, zone: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        compile_plan((), columns=(), mapping={}, hours_per_step=hours, time_zone=zone, created_at_us=0)


if __name__ == "__main__":  # python -m tests.compliance.engine.test_plan, then read the difference
    for golden_name in GOLDEN_NAMES:
        for golden_dialect in DIALECTS:
            file = GOLDEN / f"{golden_name}.{golden_dialect}.sql"
            file.write_text(golden_sql(golden_name, golden_dialect), encoding="utf-8")

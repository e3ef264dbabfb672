"""Reading rules: one spelling out, every fault named by its path."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from compliance.engine.conditions import condition_fields
from compliance.engine.rules import (
    RuleErrors,
    content_hash,
    fields_used,
    parse_rule,
    parse_rules,
    rule_json_schema,
)
from compliance.packs import load_pack
from tests.compliance.engine.scanning import leaf, rule

COUNT = {"function": "count", "operator": ">=", "threshold": 3}


def faults(raw: object) -> dict[str, str]:
    with pytest.raises(RuleErrors) as refused:
        parse_rules(raw)
    return {error["path"]: error["message"] for error in refused.value.errors}


def fault(raw: dict[str, Any]) -> tuple[str, str]:
    ((path, message),) = faults([raw]).items()
    return path.removeprefix("rules[0]").lstrip("."), message


def test_a_fault_deep_in_a_condition_is_named_by_its_path() -> None:
    bad = {"AND": [leaf("amount", "above", 1)]}
    found = faults([rule(rule_id="A", where=leaf("a", "exists")), rule(where=bad)])
    message = found["rules[1].where.AND[0].operator"]
    assert message.startswith("unknown operator 'above'; use one of == != > >= < <= in not_in between")


def test_every_fault_is_named_at_once() -> None:
    bad = rule("aggregate", severity="High", function="summ", threshold="10", window={"hours": 0, "mod": 1})
    assert set(faults([bad])) == {
        "rules[0].severity",
        "rules[0].function",
        "rules[0].operator",
        "rules[0].threshold",
        "rules[0].window.hours",
        "rules[0].window.mod",
    }


def test_unknown_words_come_with_the_nearest_known_one() -> None:
    assert "did you mean 'greater_than'?" in fault(rule(where=leaf("a", "greater_then", 1)))[1]
    assert "did you mean 'HIGH'?" in fault(rule(severity="high", where=leaf("a", "exists")))[1]
    assert "did you mean 'where'?" in fault(rule(where=leaf("a", "exists"), wher=1))[1]
    assert "did you mean 'aggregate'?" in fault(rule("agregate"))[1]
    assert "did you mean 'value'?" in faults([rule(where=leaf("a", "==", 1, valu=1))])["rules[0].where"]


@pytest.mark.parametrize(
    ("condition", "path", "words"),
    [
        (leaf("a", ">", "soon"), "where.value", "reads as a number or an ISO 8601 time"),
        (leaf("a", ">", True), "where.value", "use == or !="),
        (leaf("a", "=="), "where.value", "needs a value"),
        (leaf("a", "exists", 1), "where.value", "takes no value"),
        (leaf("a", "in", []), "where.value", "at least one literal"),
        (leaf("a", "in", [1, None]), "where.value", "item 1 must be text, a number"),
        (leaf("a", "between", [2, 1]), "where.value", "write [1, 2]"),
        (leaf("a", "between", [1, "2"]), "where.value", "two numbers or two times"),
        (leaf("a", "between", ["1", "2024-01-01"]), "where.value", "two numbers or two times"),
        (leaf("a", "contains", ""), "where.value", "1 to 10000 characters"),
        (leaf("a", "contains", 5), "where.value", "must be text"),
        (leaf("a", "is_round", 0), "where.value", "above 0"),
        (leaf("a", "older_than_days", -1), "where.value", "at least 0"),
        (leaf("a", "matches", "(?=a)"), "where.value", "is no RE2 pattern"),
        (leaf("a", "==", 0.00001), "where.value", "more than 4 decimals"),
        (leaf("a", "in", ["x"], value_type="field"), "where.value", "compares with literals"),
        (leaf("a", "==", 1, value_type="column"), "where.value", "value_type is 'literal' or 'field'"),
        (leaf("a", ">", 1, ignore_case=True), "where.ignore_case", "text only"),
        (leaf("a", "matches", "x", ignore_case=True), "where.ignore_case", "(?i)"),
        ({"operator": "==", "value": 1}, "where.field", "names one field"),
        ({"expr": "a", "field": "a", "operator": "==", "value": 1}, "where.field", "or else one expr"),
        ({"expr": "eval(a)", "operator": "==", "value": 1}, "where.expr", "unknown function 'eval'"),
        ({"expr": "a +", "operator": "==", "value": 1}, "where.expr", "ends too early"),
        ({"expr": "a b", "operator": "==", "value": 1}, "where.expr", "where + - * / or the end"),
        ({"expr": "1 + 1", "operator": "==", "value": 1}, "where.expr", "names no field"),
        ({"expr": "a; drop", "operator": "==", "value": 1}, "where.expr", "cannot be read from character 2"),
        ({"expr": "a", "operator": "contains", "value": "1"}, "where.operator", "cannot follow an expr"),
        ({"expr": "a", "operator": "==", "value": "1"}, "where.value", "compared with numbers"),
        ({"AND": []}, "where.AND", "at least one condition"),
        ({"AND": [leaf("a", "exists")], "OR": []}, "where", "AND stands alone"),
        (leaf(" ", "exists"), "where.field", "blank"),
        ("amount > 5", "where", "must be an object with field, operator and value"),
    ],
)
def test_what_a_condition_must_not_say(condition: Any, path: str, words: str) -> None:
    where, message = fault(rule(where=condition))
    assert where == path
    assert words in message


@pytest.mark.parametrize(
    ("raw", "path", "words"),
    [
        (rule(), "where", "is required"),
        (rule(rule_id="a b", where=leaf("a", "exists")), "rule_id", "letters, digits"),
        (rule(rule_id="a" * 101, where=leaf("a", "exists")), "rule_id", "1 to 100 characters"),
        (rule("aggregate", **COUNT | {"function": "sum"}), "of", "needs 'of'"),
        (rule("aggregate", **COUNT, group_by=[]), "group_by", "at least 1"),
        (rule("aggregate", **COUNT, group_by=["sender_id", "account"]), "group_by", "twice"),
        (rule("aggregate", **COUNT | {"threshold": 0.0000001}), "threshold", "more than 6 decimals"),
        (
            rule("aggregate", **COUNT, window={"hours": 24, "mode": "hopping"}),
            "window.mode",
            "sliding tumbling",
        ),
        (rule("dormancy", quiet_days=-3), "quiet_days", "above 0"),
        (rule("duplicate", key=["a"], window={"hours": 1, "mode": "sliding"}), "window.mode", "unknown key"),
        (rule("duplicate"), "key", "is required in a rule of kind 'duplicate'"),
        (rule(where=leaf("a", "exists"), is_active="yes"), "is_active", "boolean"),
    ],
)
def test_what_a_rule_must_not_say(raw: dict[str, Any], path: str, words: str) -> None:
    where, message = fault(raw)
    assert where == path
    assert words in message


def test_a_rule_id_is_used_once_in_a_policy() -> None:
    two = [rule(where=leaf("a", "exists")), rule(where=leaf("b", "exists"))]
    assert faults(two) == {"rules[1].rule_id": "'R' is taken by rules[0]; choose another"}


def test_a_single_rule_has_paths_from_where_it_stands() -> None:
    with pytest.raises(RuleErrors) as refused:
        parse_rule(rule(where={"NOT": 5}), "body")
    assert refused.value.errors[0]["path"] == "body.where.NOT"


def test_other_spellings_have_one_canonical_form() -> None:
    one = parse_rule(rule(where={"AND": [leaf("sender_id", "equals", "A"), leaf("transaction_type", "includes", "x")]}))
    two = parse_rule(rule(where={"AND": [leaf("account", "==", "A"), leaf("type", "contains", "x")]}))
    assert one == two
    assert content_hash([one]) == content_hash([two])


def test_equal_numbers_have_one_canonical_form() -> None:
    hashes = {content_hash([parse_rule(rule(where=leaf("a", ">", value)))]) for value in (10, 10.0, 1e1)}
    assert len(hashes) == 1


def test_a_different_threshold_is_a_different_hash() -> None:
    one, two = (parse_rule(rule("aggregate", **COUNT | {"threshold": n})) for n in (3, 4))
    assert content_hash([one]) != content_hash([two])


def test_canonical_json_reads_back_as_the_same_rule() -> None:
    for each in load_pack("aml").rules:
        assert parse_rule(json.loads(json.dumps(each.canonical()))) == each


def test_expressions_have_one_spelling() -> None:
    one = parse_rule(rule(where={"expr": " abs( a-(b  - c) )", "operator": ">", "value": 1}))
    assert one.canonical()["where"]["expr"] == "abs(a - (b - c))"
    assert parse_rule(one.canonical()) == one


def test_fields_used_sees_conditions_expressions_keys_and_groups() -> None:
    expression = {"expr": "max(a, b) - c", "operator": ">", "value": 1}
    where = {"NOT": {"OR": [expression, leaf("d", "==", "e", value_type="field")]}}
    parts = {**COUNT, "function": "sum", "of": "f", "group_by": ["g"], "where": where}
    assert fields_used(parse_rule(rule("aggregate", **parts))) == frozenset("abcdefg")


def test_the_schema_accepts_the_pack_and_refuses_an_unknown_operator() -> None:
    schema = rule_json_schema()
    Draft202012Validator.check_schema(schema)
    judge = Draft202012Validator(schema)
    for each in load_pack("aml").rules:
        judge.validate(each.canonical())
    assert not judge.is_valid(rule(where=leaf("a", "above", 1)))
    assert judge.is_valid(rule(where={"NOT": leaf("a", "gt", 1)}))


def nested(depth: int) -> dict[str, Any]:
    condition = leaf("a", "exists")
    for _ in range(depth):
        condition = {"NOT": condition}
    return condition


def test_thirty_two_levels_are_read_and_a_thousand_refused() -> None:
    assert condition_fields(parse_rule(rule(where=nested(31))).where) == {"a"}
    assert "more than 32 deep" in fault(rule(where=nested(32)))[1]
    assert "more than 32 deep" in fault(rule(where=nested(900)))[1]


@pytest.mark.parametrize(
    "value",
    [10**5000, -(10**400), float("nan"), float("inf"), "a\x00b", "\ud800", "x" * 5_000_000, {}, [[]], None],
    ids=[
        "huge",
        "huge negative",
        "nan",
        "infinity",
        "nul",
        "surrogate",
        "megabytes",
        "object",
        "list",
        "null",
    ],
)
def test_hostile_literals_are_refused(value: object) -> None:
    path, message = fault(rule(where=leaf("a", "==", value)))
    assert path == "where.value"
    assert len(message) < 200


def test_hostile_shapes_are_refused() -> None:
    assert "at most 500" in faults([rule(where=leaf("a", "exists"))] * 501)["rules"]
    assert "at most 10000" in fault(rule(where=leaf("a", "in", list(range(100_000)))))[1]
    assert "more than 1000 comparisons" in fault(rule(where={"OR": [leaf("a", "exists")] * 100_000}))[1]
    assert (
        "nested more than 32 deep"
        in fault(rule(where={"expr": "(" * 90 + "a" + ")" * 90, "operator": ">", "value": 1}))[1]
    )
    assert "1 to 1000 characters" in fault(rule(where={"expr": "a+" * 10**6, "operator": ">", "value": 1}))[1]
    assert "1 to 1000 characters" in fault(rule(where=leaf("a", "matches", "a" * 10**6)))[1]
    assert "1 to 500 characters" in fault(rule(where=leaf("a" * 10**6, "exists")))[1]
    assert faults({"rules": []}) == {"rules": "must be a list of rules, not an object"}
    assert faults([None, 5, "x"]).keys() == {"rules[0]", "rules[1]", "rules[2]"}


def test_a_policy_has_a_limit_on_comparisons_in_all() -> None:
    many = [rule(rule_id=f"R{n}", where={"OR": [leaf("a", "==", 1)] * 999}) for n in range(6)]
    assert "more than 5000 comparisons" in faults(many)["rules[5]"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["field", "expr", "operator", "value", "AND", "NOT", "value_type", "ignore_case", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(kind=st.sampled_from(["record", "aggregate", "dormancy", "duplicate"]), where=ANYTHING, other=ANYTHING)
def test_any_json_is_read_or_refused_and_nothing_else(kind: str, where: object, other: object) -> None:
    raw = rule(kind, where=where, key=other, threshold=other, window=other, quiet_days=other, of=other)
    with suppress(RuleErrors):  # anything else that is raised fails the test
        read = parse_rule(raw)
        assert parse_rule(read.canonical()) == read


@pytest.mark.parametrize("threshold", [10**29 + 1, -(10**29) - 7, 123456789012345678901234567890 // 10])
def test_a_long_whole_threshold_keeps_every_digit(threshold: int) -> None:
    rule = {
        "rule_id": "R", "name": "R", "kind": "aggregate", "severity": "LOW", "function": "count", "operator": ">=",
        "threshold": threshold,
    }  # fmt: skip
    assert parse_rule(rule).canonical()["threshold"] == threshold

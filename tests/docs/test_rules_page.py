"""The examples of docs/rules.md are rules."""

from __future__ import annotations

import json
import re

import pytest
from jsonschema import Draft202012Validator

from compliance.engine.foreign import TYPES
from compliance.engine.operators import Operator
from compliance.engine.rules import KINDS, parse_rule, rule_json_schema
from config.processes import PROJECT

PAGE = (PROJECT / "docs" / "rules.md").read_text()
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
RULES = [example for example in EXAMPLES if "rule_id" in example]


@pytest.mark.parametrize("example", RULES, ids=[rule["rule_id"] for rule in RULES])
def test_an_example_is_accepted_as_it_stands(example: dict[str, object]) -> None:
    assert parse_rule(example).rule_id == example["rule_id"]


def test_every_kind_has_an_example() -> None:
    assert {rule["kind"] for rule in RULES if "kind" in rule} == set(KINDS)


def test_every_foreign_type_is_explained() -> None:
    assert [kind for kind in TYPES if f"`{kind}`" not in PAGE] == []


@pytest.mark.parametrize("example", RULES, ids=[rule["rule_id"] for rule in RULES])
def test_an_example_is_valid_by_the_schema(example: dict[str, object]) -> None:
    Draft202012Validator(rule_json_schema()).validate(example)


def test_every_operator_is_explained() -> None:
    assert [operator for operator in Operator if f"`{operator}`" not in PAGE] == []

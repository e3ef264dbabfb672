"""The JSON Schema of rules agrees with the parser."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from compliance.engine.foreign import TYPES
from compliance.engine.models import KINDS
from compliance.engine.operators import ALIASES, Operator
from compliance.engine.rules import parse_rules, rule_json_schema
from compliance.packs.loader import available_packs
from tests.compliance.policies import policy

SCHEMA = Draft202012Validator(rule_json_schema())
PACKED = [rule for pack in available_packs() for rule in pack.rules]


@pytest.mark.parametrize("rule", PACKED, ids=[rule.rule_id for rule in PACKED])
def test_every_rule_of_a_pack_is_valid(rule: object) -> None:
    SCHEMA.validate(rule.canonical())  # type: ignore[attr-defined]


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_what_the_parser_accepts_is_valid_as_written_and_in_canonical_form(seed: int) -> None:
    written = policy(Random(seed))
    for raw, rule in zip(written, parse_rules(written), strict=True):
        SCHEMA.validate(raw)
        SCHEMA.validate(rule.canonical())
        assert parse_rules([rule.canonical()]) == (rule,)


def test_every_word_of_the_language_stands_in_it() -> None:
    definitions = rule_json_schema()["$defs"]
    assert set(definitions["Comparison"]["properties"]["operator"]["enum"]) == {*map(str, Operator), *ALIASES}
    assert {model.__name__ for model in KINDS.values()} <= set(definitions)
    assert definitions["ForeignRule"]["properties"]["type"]["enum"] == [*TYPES]

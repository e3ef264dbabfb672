"""docs/rules.md: every example is run through the engine on the records beside it, and nothing is without one."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from markdown_it.token import Token

from compliance.engine.conditions import leaves
from compliance.engine.expressions import MAX_LENGTH, MAX_TOKENS
from compliance.engine.fields import CANONICAL_FIELDS
from compliance.engine.foreign import TYPES
from compliance.engine.operands import MAX_LITERALS
from compliance.engine.operators import ALIASES, Operator
from compliance.engine.outcome import RuleState
from compliance.engine.reading import MAX_DEPTH, MAX_LEAVES
from compliance.engine.rules import KINDS, MAX_POLICY_LEAVES, MAX_RULES, Rule, parse_rule, rule_json_schema
from compliance.listvalues import MAX_VALUE, MAX_VALUES
from compliance.scales import microseconds
from config.processes import PROJECT
from tests.compliance.engine.scanning import matching, rule, scan
from tests.docs.pages import codes, table
from web.documentation import markup

PAGE = PROJECT / "docs" / "rules.md"
TEXT = PAGE.read_text()
TOKENS = markup.parse(TEXT)
NOW = microseconds(datetime.fromisoformat("{}T{}:00+00:00".format(*re.search(r"(\S+) at (\S+) UTC", TEXT).groups())))
VERDICTS = {"yes": "T", "no": "F", "unknown": "?"}


def _examples() -> list[dict[str, Any]]:
    return [json.loads(token.content) for token in TOKENS if token.type == "fence"]


LISTS = {each["name"]: each["values"] for each in _examples() if "values" in each}


def _judged() -> Iterator[tuple[dict[str, Any], list[Token]]]:
    """(a condition, the cells beside it: for which values it is true, false and unknown)"""
    for at, token in enumerate(TOKENS):
        if token.type == "table_open" and (found := table(TOKENS[at:])).headers == ["condition", *VERDICTS]:
            yield from ((json.loads(codes(cells[0])[0]), cells[1:]) for cells in found.rows)


def _found() -> Iterator[tuple[dict[str, Any], list[str], list[list[str]]]]:
    """(a rule, headers and rows of the table below it)"""
    for at, token in enumerate(TOKENS):
        if token.type == "fence" and "rule_id" in (example := json.loads(token.content)):
            below = table(TOKENS[at:])
            assert below.headers[-1] == "finding", f"{example['rule_id']} has no records below it"
            yield example, below.headers, [[markup.text_of(cell) for cell in row] for row in below.rows]


JUDGED, FOUND = list(_judged()), list(_found())


def _records(condition: dict[str, Any], cell: Token) -> list[dict[str, str | None]]:
    """The records of a cell: a value stands for its field, an object for itself, *missing* for nothing."""
    named = list(leaves(parse_rule(rule(where=condition)).where))[0].subject
    field = getattr(named, "name", "")
    empty: list[dict[str, str | None]] = [{field: None}] if "missing" in markup.text_of(cell) else []
    return [json.loads(code) if code.startswith("{") else {field: code} for code in codes(cell)] + empty


@pytest.mark.parametrize(("condition", "cells"), JUDGED, ids=[json.dumps(condition) for condition, _ in JUDGED])
def test_a_condition_says_of_each_value_what_the_page_says(condition: dict[str, Any], cells: list[Token]) -> None:
    records = [(letter, each) for letter, cell in zip("TF?", cells, strict=True) for each in _records(condition, cell)]
    assert {letter for letter, _ in records} >= {"T", "F"}
    headers = list(dict.fromkeys(name for _, record in records for name in record))
    rows = [[record.get(name) for name in headers] for _, record in records]
    told = matching(condition, " ".join(headers), *rows, created_at_us=NOW, lists=LISTS)
    assert told == "".join(letter for letter, _ in records)


@pytest.mark.parametrize(("example", "headers", "rows"), FOUND, ids=[example["rule_id"] for example, _, _ in FOUND])
def test_a_rule_finds_what_the_page_says(example: dict[str, Any], headers: list[str], rows: list[list[str]]) -> None:
    expected = defaultdict(list)
    for number, row in enumerate(rows, 1):
        for letter in row[-1].split():
            expected[letter].append(number)
    records = [[value or None for value in row[:-1]] for row in rows]
    scanned = scan([example], " ".join(headers[:-1]), *records, created_at_us=NOW, lists=LISTS)
    assert scanned.rows(example["rule_id"]) == sorted(expected.values())
    assert expected, "an example finds something"


@pytest.mark.parametrize("example", [example for example, _, _ in FOUND], ids=[each["rule_id"] for each, _, _ in FOUND])
def test_an_example_is_valid_by_the_schema(example: dict[str, Any]) -> None:
    Draft202012Validator(rule_json_schema()).validate(example)


def test_every_kind_has_an_example() -> None:
    assert {example["kind"] for example, _, _ in FOUND if "kind" in example} == set(KINDS)


def test_every_operator_has_an_example() -> None:
    rules: list[Rule] = [parse_rule(rule(where=condition)) for condition, _ in JUDGED]
    assert {leaf.operator for one in rules for leaf in leaves(one.where)} == set(Operator)


@pytest.mark.parametrize(
    "words", [CANONICAL_FIELDS, ALIASES, TYPES, RuleState], ids=["field", "alias", "type", "state"]
)
def test_every_word_is_explained(words: Any) -> None:
    assert [str(word) for word in words if f"`{word}`" not in TEXT] == []


def test_every_part_of_a_rule_is_explained() -> None:
    assert [
        f"{kind}.{part}" for kind, model in KINDS.items() for part in model.model_fields
        if f"`{part}`" not in TEXT and f'"{part}"' not in TEXT
    ] == []  # fmt: skip


def test_the_limits_it_names_hold() -> None:
    for said in (
        f"holds up to {MAX_RULES} of them",
        f"| {MAX_RULES} |",
        f"| {MAX_POLICY_LEAVES:,}, {MAX_LEAVES:,} |",
        f"| {MAX_DEPTH} |",
        f"| {MAX_LITERALS:,} |",
        f"| {MAX_LENGTH:,}, {MAX_TOKENS} |",
        f"up to {MAX_VALUES:,} distinct texts of at most {MAX_VALUE} characters",
    ):
        assert said in TEXT

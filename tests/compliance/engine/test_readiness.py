"""What a rule needs, and when it could evaluate some record."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.columns import Column, ColumnType
from compliance.engine.readiness import Dependencies, dependencies
from compliance.engine.rules import parse_rule
from tests.compliance.engine.scanning import leaf, rule

COUNT = {"function": "count", "operator": ">=", "threshold": 3}


def columns(**kinds: ColumnType) -> list[Column]:
    counts = {
        ColumnType.NUMBER: {"numbers": 5},
        ColumnType.TIME: {"times": 5},
        ColumnType.BOOLEAN: {"booleans": 5},
    }
    return [
        Column(name, f"c{i}", kind, nulls=0, distinct=5, min=None, max=None, **counts.get(kind, {}))
        for i, (name, kind) in enumerate(kinds.items())
    ]


LEDGER = columns(account=ColumnType.TEXT, amount=ColumnType.NUMBER, step=ColumnType.NUMBER, note=ColumnType.TEXT)


def needs(raw: dict[str, Any], mapping: dict[str, str] | None = None) -> Dependencies:
    return dependencies(parse_rule(raw), mapping or {}, LEDGER)


def test_fields_inside_every_branch_are_seen() -> None:
    where = {"OR": [leaf("amount", ">", 1), {"NOT": {"AND": [leaf("country", "==", "XX")]}}]}
    found = needs(rule(where=where))
    assert found.required_fields == ("account", "amount", "country")
    assert found.missing_fields == ("country",)


def test_a_branch_that_can_still_decide_keeps_a_rule_ready() -> None:
    known, unknown = leaf("amount", ">", 1), leaf("country", "==", "XX")
    assert needs(rule(where={"OR": [known, unknown]})).ready
    assert needs(rule(where={"AND": [known, unknown]})).ready
    assert not needs(rule(where=unknown)).ready
    assert not needs(rule(where={"NOT": {"AND": [unknown, unknown]}})).ready


def test_a_column_without_readable_values_does_not_make_a_rule_ready() -> None:
    assert not needs(rule(where=leaf("note", ">", 5))).ready
    assert not needs(rule(where=leaf("note", "==", True))).ready
    assert not needs(rule(where=leaf("note", "older_than_days", 5))).ready
    assert needs(rule(where=leaf("note", "in", ["x", 5]))).ready


def test_a_window_needs_a_time_and_step_is_one() -> None:
    windowed = needs(rule("aggregate", **COUNT, window={"hours": 24}))
    assert (windowed.time_field, windowed.ready) == ("step", True)
    assert windowed.required_fields == ("account", "step")
    timeless = dependencies(parse_rule(rule("dormancy", quiet_days=90)), {}, LEDGER[:2])
    assert (timeless.time_field, timeless.missing_fields, timeless.ready) == (None, ("timestamp",), False)


def test_a_mapped_field_is_looked_up_by_its_column() -> None:
    raw = rule(where=leaf("country", "==", "XX"))
    assert needs(raw, {"country": "note"}).ready
    assert needs(raw, {"country": "Note"}).missing_fields == ("country",)


@pytest.mark.parametrize(
    "raw",
    [
        rule("aggregate", **COUNT | {"function": "sum", "of": "price"}),
        rule("aggregate", **COUNT, group_by=["price"]),
        rule("duplicate", key=["price"]),
    ],
)
def test_what_a_rule_is_computed_over_needs_a_column(raw: dict[str, Any]) -> None:
    found = needs(raw)
    assert (found.missing_fields, found.ready) == (("price",), False)


def test_a_missing_account_does_not_stop_a_rule() -> None:
    found = dependencies(parse_rule(rule(where=leaf("amount", ">", 1))), {}, LEDGER[1:2])
    assert (found.missing_fields, found.ready) == ((), True)

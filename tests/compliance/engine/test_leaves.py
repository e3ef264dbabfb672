"""What a condition reads: every leaf in the order written, and the fields of both its sides."""

from __future__ import annotations

from decimal import Decimal

from compliance.engine.conditions import (
    Branch,
    Leaf,
    Negation,
    canonical_condition,
    condition_fields,
    leaf_fields,
    leaves,
)
from compliance.engine.expressions import Binary, Field
from compliance.engine.operators import Operator

PLAIN = Leaf(Field("a"), Operator.EQ, Decimal(1))
AGAINST = Leaf(Binary("+", Field("b"), Field("c")), Operator.GT, Field("d"))
ALONE = Leaf(Field("e"), Operator.EXISTS, None)
WHOLE = Branch("AND", (PLAIN, Negation(Branch("OR", (AGAINST, ALONE))), PLAIN))


def test_every_leaf_is_found_in_the_order_written() -> None:
    assert list(leaves(WHOLE)) == [PLAIN, AGAINST, ALONE, PLAIN]


def test_a_comparison_reads_the_fields_of_both_sides() -> None:
    assert [leaf_fields(leaf) for leaf in (PLAIN, AGAINST, ALONE)] == [{"a"}, {"b", "c", "d"}, {"e"}]


def test_a_condition_reads_what_its_leaves_do_and_none_reads_nothing() -> None:
    assert condition_fields(WHOLE) == {"a", "b", "c", "d", "e"}
    assert condition_fields(None) == frozenset()


def test_a_condition_is_written_in_one_spelling() -> None:
    listed = Leaf(Field("a"), Operator.IN, ("x", True, Decimal(2)), ignore_case=True)
    assert canonical_condition(Branch("OR", (Negation(AGAINST), ALONE, listed, PLAIN))) == {
        "OR": [
            {"NOT": {"expr": "b + c", "operator": ">", "value": "d", "value_type": "field"}},
            {"field": "e", "operator": "exists"},
            {"field": "a", "operator": "in", "value": ["x", True, 2], "ignore_case": True},
            {"field": "a", "operator": "==", "value": 1},
        ]
    }

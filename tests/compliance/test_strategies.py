"""The scans that every run judges are worth judging: every word of the language and every situation that is easy to
get wrong occurs in them often enough.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.compliance.oracle_conditions import ALIASES
from tests.compliance.strategies import corpus
from tests.compliance.witnesses import witnessed

KINDS = ["record", "aggregate", "dormancy", "duplicate", "sequence", "baseline", "share"]
ORDER = ["<", "<=", ">", ">="]
OPERATORS = [*ORDER, "==", "!=", "in", "not_in", "between", "not_between", "contains", "not_contains", "starts_with"]
OPERATORS += ["ends_with", "matches", "exists", "not_exists", "older_than_days", "newer_than_days", "is_round"]
OPERATORS += ["in_list", "not_in_list"]
FUNCTIONS = ["count", "sum", "avg", "min", "max", "distinct"]
VALUES = ["number", "text", "boolean", "several", "none", "field", "list", "expression", "ignore_case"]
OFTEN = {
    20: [
        *(f"kind {name}" for name in KINDS),
        *(f"{name} completed" for name in KINDS),
        *("window sliding", "window tumbling", "branch AND", "branch OR", "branch NOT"),
        *("unknown under NOT", "equal rows in one finding", "finding without account", "inactive"),
    ],
    10: [
        *(f"{name} found" for name in KINDS),
        *(f"operator {name}" for name in OPERATORS),
        *(f"value {name}" for name in VALUES),
        *(f"function {name}" for name in FUNCTIONS),
        *(f"arithmetic {sign}" for sign in ("+", "-", "*", "/", "abs", "min", "max")),
        *(f"{kind} {operator}" for kind in ("aggregate", "share") for operator in ORDER),
        *(f"{kind} by {what} account" for kind in ("aggregate", "share") for what in ("the", "more than")),
        *("baseline times_mean", "baseline z_score", "sequence with ratio", "sequence without ratio"),
        *("duplicate across accounts", "duplicate of an account", "duplicate with window", "duplicate without window"),
        *("window none", "aggregate exactly a window apart", "dormancy exactly quiet_days"),
        *("aggregate exactly on the threshold", "aggregate exactly min_records", "share exactly min_records"),
    ],
    5: [
        *("dormancy with context", "baseline with context"),
        *("duplicate exactly a window apart", "sequence exactly within_hours", "baseline exactly history_days"),
        *("share exactly on the threshold", "baseline exactly min_history"),
    ],
    2: [
        *(f"operator {alias}" for alias in ALIASES),
        *(f"{kind} proved by context" for kind in ("aggregate", "duplicate", "share", "sequence")),
        *(f"{kind} not_applicable" for kind in KINDS),
        *(f"{kind} short history" for kind in KINDS if kind not in ("record", "share")),
        *("sequence exactly the min ratio", "sequence exactly the max ratio"),
        *("baseline exactly times_mean", "baseline exactly z_score"),
    ],
}
LEAST = {name: least for least, names in OFTEN.items() for name in names}


@pytest.fixture(scope="module")
def seen() -> Counter[str]:
    return witnessed(case for _, case in corpus())


def test_every_word_and_every_situation_occurs_often_enough(seen: Counter[str]) -> None:
    assert {name: seen[name] for name, least in LEAST.items() if seen[name] < least} == {}


def test_more_than_a_thousand_rules_are_judged(seen: Counter[str]) -> None:
    assert seen["rules judged"] > 1000


def test_no_situation_is_looked_for_in_vain(seen: Counter[str]) -> None:
    """What is counted under a name that nobody asks for may as well not be counted."""
    unasked = {name for name in seen if " exactly " in name or name.endswith((" found", " context"))} - set(LEAST)
    assert unasked == set()

"""Conditions by chance: every operator of the page, on fields that can and that cannot have such values, nested."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

Condition = dict[str, Any]

NOTE, DUE = 'the "note"; --', "fällig"
MAPPABLE: list[str | None] = ["account", "recipient", "amount", "type", "oldbalanceOrg", "newbalanceOrig"]
NUMBERS = [
    "amount",
    "amount",
    "amount",
    "oldbalanceOrg",
    "newbalanceOrig",
    "limit",
    "ticks",
    "step",
    NOTE,
    "account",
]
TEXTS = [
    "account",
    "recipient",
    "type",
    "type",
    "transaction_type",
    NOTE,
    NOTE,
    "amount",
    "flag",
    "nowhere",
]
TIMES = ["timestamp", "timestamp", DUE, NOTE]
FIELDS = sorted({*NUMBERS, *TEXTS, *TIMES, "rcpt", "kind", "When"})
BOUNDS = [0, 0.01, 1, 5, 100, 1000, 5000, 8000, 9000, 9000.0, 9999.9999, 10000, -0.3334, 1.0002]
WORDS = [
    "A1",
    "12",
    "B",
    "TRANSFER",
    "transfer",
    "WIRE",
    "alpha",
    " alpha",
    "é",
    "5",
    "true",
    "9000",
    'O\'Neil "x"',
]
PARTS = ["a", "ALPHA", "%", "_", "B", "90", "é", "er", "."]
PATTERNS = ["^a", "a.b", r"^\d+$", "[A-Z]{2}", "WIRE|TRANSFER", "x$", "(?i)ALPHA"]
INSTANTS = ["2024-03-02T00:00:00Z", "2024-03-01 06:00:00", "2024-03-01", "2024-03-03T00:00:00Z"]
EXPRESSIONS = [
    "abs(oldbalanceOrg - amount - newbalanceOrig)",
    "abs(oldbalanceOrg + amount - newbalanceOrig)",
    "max(amount, limit) - min(oldbalanceOrg, 1000.5)",
    "-(amount - 9000) + 0.01",
    "amount + nowhere",
    "amount / limit",
    "amount / limit",
    "(oldbalanceOrg - newbalanceOrig) / amount",
    "amount / oldbalanceOrg * 100",
    "amount / 2000000",
    "amount * 1.5 - limit * 2",
    "amount * amount * amount",
    "-amount / -7 * min(limit, oldbalanceOrg)",
    "abs(amount / 3) * 3 - amount",
    "amount - amount / (limit - 1000)",
    "amount * limit / (oldbalanceOrg * newbalanceOrig)",
]
QUOTIENTS = [0, 0.5, 0.9, 1, 1.8, 2, 9, 0.000002, 0.111111, 90, 4500, 0.0001, 729000000000]
LISTED = [
    "A1",
    "12",
    "B",
    "WIRE",
    "cash_in",
    "alpha",
    "5",
    "9000",
    "é",
    "TRANSFER",
    "true",
    "2024-03-01",
    'O\'Neil "x"',
]
LIST_NAMES = ["watched", "watched", "places", "nobody"]


Maker = Callable[[Random], Any]


def one_of(values: Sequence[Any]) -> Maker:
    return lambda chance: chance.choice(values)


def some_of(values: Sequence[Any]) -> Maker:
    return lambda chance: [chance.choice(values) for _ in range(chance.randint(1, 3))]


def pair_of(values: Sequence[Any]) -> Maker:
    return lambda chance: sorted(chance.choice(values) for _ in range(2))


EQUAL = ["==", "!=", "==", "!=", "equals", "equal", "eq", "not_equals", "not_equal", "neq", "ne"]
ORDER = ["<", "<=", ">", ">=", "<", "<=", ">", ">=", "greater_than", "gt", "greater_than_or_equal", "gte"]
ORDER += ["less_than", "lt", "less_than_or_equal", "lte"]
WITHIN, MEMBER = ["between", "between", "not_between"], ["in", "not_in"]
WORDING = ["contains", "not_contains", "starts_with", "ends_with", "includes"]
MATCHES, LISTS = ["matches", "matches", "match", "regex"], ["in_list", "in_list", "not_in_list"]
LEAVES: list[tuple[list[str], list[str], Maker]] = [
    (NUMBERS, ORDER, one_of(BOUNDS)),
    (NUMBERS, EQUAL, one_of(BOUNDS)),
    (NUMBERS, WITHIN, pair_of(BOUNDS)),
    (NUMBERS, WITHIN, one_of([["100", "9000"]])),
    (NUMBERS, MEMBER, some_of(BOUNDS)),
    (NUMBERS, ORDER, one_of(["9000", "100", "-1.5"])),
    (NUMBERS, ["is_round"], one_of([1000, 5, 0.01, 3])),
    (TEXTS, EQUAL, one_of(WORDS)),
    (TEXTS, MEMBER, some_of([*WORDS, 5, 9000, True])),
    (TEXTS, WORDING, one_of(PARTS)),
    (TEXTS, MATCHES, one_of(PATTERNS)),
    (TEXTS, LISTS, one_of(LIST_NAMES)),
    (["flag", "flag", NOTE, "amount"], EQUAL, one_of([True, False])),
    (FIELDS, ["exists", "not_exists"], one_of([None])),
    (TIMES, ORDER, one_of(INSTANTS)),
    (TIMES, WITHIN, pair_of(INSTANTS[1:3])),
    (TIMES, ["older_than_days", "newer_than_days"], one_of([0, 1, 2, 3, 0.25])),
]


CALCULATED: list[tuple[list[str], Maker]] = [
    (ORDER, one_of([*BOUNDS, *QUOTIENTS])),
    (EQUAL, one_of([*BOUNDS, *QUOTIENTS])),
    (WITHIN, pair_of([*BOUNDS, *QUOTIENTS])),
    (MEMBER, some_of([*BOUNDS, *QUOTIENTS])),
    (["is_round"], one_of([1000, 5, 0.01, 3])),
]


def leaf(chance: Random) -> Condition:
    """One comparison: every operator of the page, on fields that can and that cannot have such values."""
    other = chance.randrange(12)
    if other == 0:
        operator = chance.choice([*EQUAL, *ORDER, *WORDING])
        names = {"field": chance.choice(FIELDS), "value": chance.choice(FIELDS)}
        return {**names, "operator": operator, "value_type": "field"}
    if other <= 2:
        if chance.random() < 0.2:
            names = {"expr": chance.choice(EXPRESSIONS), "value": chance.choice(NUMBERS)}
            return {**names, "operator": chance.choice([*EQUAL, *ORDER]), "value_type": "field"}
        operators, value = chance.choice(CALCULATED)
        return {"expr": chance.choice(EXPRESSIONS), "operator": chance.choice(operators), "value": value(chance)}
    fields, operators, value = chance.choice(LEAVES)
    made = {"field": chance.choice(fields), "operator": chance.choice(operators), "value": value(chance)}
    if made["value"] is None:
        del made["value"]
    if isinstance(made.get("value"), str) and made["operator"] in EQUAL and chance.random() < 0.4:
        made["ignore_case"] = True
    return made


def condition(chance: Random, depth: int = 3) -> Condition:
    """A leaf, or AND, OR, NOT over conditions, up to `depth` levels deep."""
    branch = chance.choice(["AND", "OR", "NOT"]) if depth and chance.random() < 0.4 else None
    if branch is None:
        return leaf(chance)
    if branch == "NOT":
        return {"NOT": condition(chance, depth - 1)}
    return {branch: [condition(chance, depth - 1) for _ in range(chance.randint(1, 3))]}


BROAD: list[Condition] = [
    {"field": "amount", "operator": "between", "value": [5000, 9999.9999]},
    {"field": "type", "operator": "in", "value": ["TRANSFER", "WIRE", "CASH_OUT"]},
    {"NOT": {"field": "type", "operator": "==", "value": "WIRE"}},
]


def broad(chance: Random) -> Condition | None:
    """A `where` that lets many records through, so that windows fill."""
    return chance.choice([None, None, None, chance.choice(BROAD), condition(chance)])


def lists(chance: Random) -> dict[str, list[str]]:
    """The reference lists that conditions name; one of them empty now and then."""
    return {
        "watched": sorted(set(chance.sample(LISTED, chance.randint(1, 6)))),
        "places": sorted(set(chance.sample(LISTED, chance.randint(0, 2)))),
        "nobody": [],
    }

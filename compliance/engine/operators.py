"""The operators of a condition, their other spellings, and how they read in a sentence."""

from __future__ import annotations

from enum import StrEnum


class Operator(StrEnum):
    EQ = "=="
    NE = "!="
    GT = ">"
    GE = ">="
    LT = "<"
    LE = "<="
    IN = "in"
    NOT_IN = "not_in"
    BETWEEN = "between"
    NOT_BETWEEN = "not_between"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    MATCHES = "matches"
    EXISTS = "exists"
    NOT_EXISTS = "not_exists"
    OLDER_THAN_DAYS = "older_than_days"
    NEWER_THAN_DAYS = "newer_than_days"
    IS_ROUND = "is_round"
    IN_LIST = "in_list"
    NOT_IN_LIST = "not_in_list"


EQUALITY = frozenset({Operator.EQ, Operator.NE})
ORDERING = frozenset({Operator.GT, Operator.GE, Operator.LT, Operator.LE})
MEMBERSHIP = frozenset({Operator.IN, Operator.NOT_IN})
RANGES = frozenset({Operator.BETWEEN, Operator.NOT_BETWEEN})
PARTS = frozenset({Operator.CONTAINS, Operator.NOT_CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH})
PRESENCE = frozenset({Operator.EXISTS, Operator.NOT_EXISTS})
LISTS = frozenset({Operator.IN_LIST, Operator.NOT_IN_LIST})
AGES = frozenset({Operator.OLDER_THAN_DAYS, Operator.NEWER_THAN_DAYS})

TAKES_FIELD = EQUALITY | ORDERING | PARTS
"""Operators whose value may be another field (`value_type: field`)."""
TAKES_EXPRESSION = EQUALITY | ORDERING | MEMBERSHIP | RANGES | {Operator.IS_ROUND}
"""Operators that compare numbers, and so may follow an `expr`."""
NEGATED = {
    Operator.NE: Operator.EQ,
    Operator.NOT_IN: Operator.IN,
    Operator.NOT_BETWEEN: Operator.BETWEEN,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
    Operator.NOT_EXISTS: Operator.EXISTS,
    Operator.NOT_IN_LIST: Operator.IN_LIST,
}

ALIASES = {
    "equals": Operator.EQ,
    "equal": Operator.EQ,
    "eq": Operator.EQ,
    "not_equals": Operator.NE,
    "not_equal": Operator.NE,
    "neq": Operator.NE,
    "ne": Operator.NE,
    "greater_than": Operator.GT,
    "gt": Operator.GT,
    "greater_than_or_equal": Operator.GE,
    "gte": Operator.GE,
    "less_than": Operator.LT,
    "lt": Operator.LT,
    "less_than_or_equal": Operator.LE,
    "lte": Operator.LE,
    "includes": Operator.CONTAINS,
    "match": Operator.MATCHES,
    "regex": Operator.MATCHES,
}
WORDS = {
    Operator.EQ: "is",
    Operator.NE: "is not",
    Operator.GT: "is above",
    Operator.GE: "is at least",
    Operator.LT: "is below",
    Operator.LE: "is at most",
    Operator.IN: "is one of",
    Operator.NOT_IN: "is none of",
    Operator.BETWEEN: "is between",
    Operator.NOT_BETWEEN: "is not between",
    Operator.CONTAINS: "contains",
    Operator.NOT_CONTAINS: "does not contain",
    Operator.STARTS_WITH: "starts with",
    Operator.ENDS_WITH: "ends with",
    Operator.MATCHES: "matches",
    Operator.EXISTS: "is present",
    Operator.NOT_EXISTS: "is missing",
    Operator.OLDER_THAN_DAYS: "is older, in days, than",
    Operator.NEWER_THAN_DAYS: "is, in days, at most as old as",
    Operator.IS_ROUND: "is a multiple of",
    Operator.IN_LIST: "is in the list",
    Operator.NOT_IN_LIST: "is not in the list",
}

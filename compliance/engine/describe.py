"""A rule in words, for explanations."""

from __future__ import annotations

from decimal import Decimal

from compliance.engine.conditions import Branch, Condition, Leaf, Negation, Scalar
from compliance.engine.expressions import Field, text_of
from compliance.engine.models import (
    AggregateRule,
    BaselineRule,
    DormancyRule,
    DuplicateRule,
    RecordRule,
    Rule,
    SequenceRule,
    ShareRule,
)
from compliance.engine.operators import RANGES, WORDS, Operator

MOST_WORDS = 10
"""Literals of a list that are spelled out."""
_FUNCTIONS = {
    "sum": "the sum of {of}",
    "avg": "the average {of}",
    "min": "the smallest {of}",
    "max": "the largest {of}",
    "distinct": "the number of different values of {of}",
}


def describe(rule: Rule) -> str:
    """One sentence that says when a record, group or pair becomes a finding of `rule`."""
    match rule:
        case RecordRule():
            return f"A record is reported when {_words(rule.where)}."
        case AggregateRule():
            return _aggregate(rule)
        case DormancyRule():
            return _dormancy(rule)
        case DuplicateRule():
            return _duplicate(rule)
        case SequenceRule():
            return _sequence(rule)
        case BaselineRule():
            return _baseline(rule)
        case ShareRule():
            return _share(rule)


def _aggregate(rule: AggregateRule) -> str:
    if rule.function == "count":
        measure = f"the number of records that have {rule.of}" if rule.of else "the number of records"
    else:
        measure = _FUNCTIONS[rule.function].format(of=rule.of)
    span = ""
    if rule.window:
        kind = "within" if rule.window.mode == "sliding" else "in a fixed window of"
        span = f" {kind} {_number(rule.window.hours)} hours"
    least = f", over at least {rule.min_records} records" if rule.min_records > 1 else ""
    group = " and ".join(dict.fromkeys(["account", *rule.group_by]))
    test = f"{WORDS[Operator(rule.operator)]} {_number(rule.threshold)}"
    return f"Per {group}, {measure}{_looked_at(rule.where)}{span} {test}{least}."


def _dormancy(rule: DormancyRule) -> str:
    quiet = f" in which {_words(rule.quiet_where)}" if rule.quiet_where else ""
    return (
        f"A record{_looked_at(rule.where)} of an account that had no record{quiet} "
        f"for {_number(rule.quiet_days)} days or more."
    )


def _duplicate(rule: DuplicateRule) -> str:
    owner = "of any accounts" if rule.across_accounts else "of one account"
    span = f", each less than {_number(rule.window.hours)} hours after the one before" if rule.window else ""
    equal = " and ".join(rule.key)
    return f"Two or more records{_looked_at(rule.where)} {owner} have the same {equal}{span}."


def _sequence(rule: SequenceRule) -> str:
    agree = " and ".join(f"{pair.first} is the {pair.then} of this one" for pair in rule.match_on)
    size = ""
    if rule.ratio:
        bounds = [
            f"{word} {_number(bound)}"
            for word, bound in (("at least", rule.ratio.min), ("at most", rule.ratio.max))
            if bound is not None
        ]
        size = f", and {rule.ratio.of} is {' and '.join(bounds)} times that of the first"
    looked_at = f" Looked at are records where {_words(rule.where)}." if rule.where else ""
    return (
        f"A record in which {_words(rule.then)} comes less than {_number(rule.within_hours)} hours after one in which "
        f"{_words(rule.first)} and whose {agree}{size}.{looked_at}"
    )


def _baseline(rule: BaselineRule) -> str:
    if rule.times_mean is not None:
        usual = f"{_number(rule.times_mean)} times the average"
    else:
        usual = f"the average by {_number(rule.z_score or Decimal(0))} standard deviations"
    return (
        f"The {rule.of} of a record{_looked_at(rule.where)} is above {usual} of its account in the "
        f"{_number(rule.history_days)} days before, over at least {rule.min_history} records."
    )


def _share(rule: ShareRule) -> str:
    group = " and ".join(dict.fromkeys(["account", *rule.group_by]))
    test = f"{WORDS[Operator(rule.operator)]} {_number(rule.threshold)}"
    return (
        f"Per {group}, the share of records in which {_words(rule.where)} among those{_looked_at(rule.of_where)} "
        f"{test}, over at least {rule.min_records} records."
    )


def _looked_at(where: Condition | None) -> str:
    return f" (where {_words(where)})" if where else ""


def _words(condition: Condition) -> str:
    match condition:
        case Leaf():
            return _leaf(condition)
        case Negation(of):
            return f"not ({_words(of)})"
    return _branch(condition)


def _branch(branch: Branch) -> str:
    parts = [f"({_words(p)})" if isinstance(p, Branch) and len(p.parts) > 1 else _words(p) for p in branch.parts]
    return f" {branch.kind.lower()} ".join(parts)


def _leaf(leaf: Leaf) -> str:
    words = f"{text_of(leaf.subject)} {WORDS[leaf.operator]}"
    match leaf.value:
        case None:
            return words
        case Field(name):
            return f"{words} {name}"
        case tuple(items) if leaf.operator in RANGES:
            return f"{words} {_literal(items[0])} and {_literal(items[1])}"
        case tuple(items):
            more = f" and {len(items) - MOST_WORDS} more" if len(items) > MOST_WORDS else ""
            return f"{words} {', '.join(_literal(item) for item in items[:MOST_WORDS])}{more}"
        case value:
            return f"{words} {_literal(value)}"


def _literal(value: Scalar) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return _number(value)
    return value if len(value) <= 100 else f"{value[:97]}..."


def _number(value: Decimal) -> str:
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

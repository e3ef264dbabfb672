"""The oracle's `aggregate` rules: groups of an account's records, in one piece, in buckets or in episodes."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.compliance.oracle_conditions import compare, decide
from tests.compliance.oracle_kinds import Judged, group_key, hours
from tests.compliance.oracle_ledger import Ledger
from tests.compliance.oracle_results import Rule, finding
from tests.compliance.oracle_values import half_even


def aggregate_rule(rule: Rule, ledger: Ledger, now: int, compat: bool) -> Judged:
    """The page: "each episode, bucket or group". "`where` unknown, or true but lacking time (if windowed)
    / of / group_by -> not evaluated; `where` false is evaluated"; "Every record taking part has all it
    needs"."""
    window, of = rule.get("window"), rule.get("of")
    groups: dict[Any, list[int]] = {}
    evaluated = set()
    for index in ledger.everything:
        outcome = decide(rule.get("where"), ledger, index, now)
        keys = group_key(rule, ledger, index)
        lacking = (
            (window is not None and ledger.instant(index) is None)
            or (of is not None and measured(rule, ledger, index) is None)
            or None in keys
        )
        if outcome is False or (outcome is True and not lacking):
            evaluated.add(index)
        if outcome is True and not lacking:
            groups.setdefault((ledger.account(index), *keys), []).append(index)
    found = []
    for (account, *_), members in groups.items():
        for rows, value in hits(rule, ledger, members, compat):
            found.append(finding(rule, ledger, account, value, rows))
    return found, evaluated


def hits(rule: Rule, ledger: Ledger, members: list[int], compat: bool) -> list[tuple[list[int], Decimal]]:
    """The (rows, value) pairs of one group: its single test without a window, its buckets, or its
    episodes."""
    window = rule.get("window")
    if window is None:
        return tested(rule, ledger, members)
    length = hours(window["hours"])
    if compat or window.get("mode", "sliding") == "tumbling":
        buckets = sorted({ledger.bucket(index, length) for index in members})
        return [
            hit
            for bucket in buckets
            for hit in tested(rule, ledger, [i for i in members if ledger.bucket(i, length) == bucket])
        ]
    return episodes(rule, ledger, members, length)


def episodes(rule: Rule, ledger: Ledger, members: list[int], length: int) -> list[tuple[list[int], Decimal]]:
    """The page: "for each instant t of the group, W(t) = its records with t - window < time <= t. t
    triggers when W(t) passes. Consecutive triggers belong to one episode while the next trigger's window
    start is before the previous trigger's time; a non-trigger between them does not end it. One finding
    per episode: rows = union of the triggering windows, value = the largest for > and >=, the smallest for
    < and <=."."""
    times = {index: time for index in members if (time := ledger.instant(index)) is not None}
    triggers = []
    for instant in sorted(set(times.values())):
        inside = [index for index in members if instant - length < times[index] <= instant]
        for rows, value in tested(rule, ledger, inside):
            triggers.append((instant, rows, value))
    found: list[list[tuple[int, list[int], Decimal]]] = []
    for trigger in triggers:
        if found and trigger[0] - length < found[-1][-1][0]:
            found[-1].append(trigger)
        else:
            found.append([trigger])
    extreme = max if rule["operator"] in (">", ">=") else min
    return [
        (
            sorted({index for _, rows, _ in episode for index in rows}),
            extreme(value for _, _, value in episode),
        )
        for episode in found
    ]


def tested(rule: Rule, ledger: Ledger, rows: list[int]) -> list[tuple[list[int], Decimal]]:
    """The page: "passes when it has >= min_records records and the comparison of the function's value with
    the threshold is true": one (rows, value) pair, or none."""
    if len(rows) < rule.get("min_records", 1):
        return []
    value = function_value(rule, ledger, rows)
    return [(rows, value)] if compare(rule["operator"], value, Decimal(str(rule["threshold"]))) else []


def function_value(rule: Rule, ledger: Ledger, rows: list[int]) -> Decimal:
    """The page: "averages ... are computed from exact sums and rounded half-even to 6 places before they
    are compared or digested"; "`distinct` counts distinct key-values"."""
    if rule["function"] == "count":
        return Decimal(len(rows))
    values = [measured(rule, ledger, index) for index in rows]
    match rule["function"]:
        case "distinct":
            return Decimal(len(set(values)))
        case "avg":
            return half_even(Fraction(sum(values)) / len(values), 6)
        case name:
            functions: dict[str, Any] = {"sum": sum, "min": min, "max": max}
            return Decimal(functions[name](values))


def measured(rule: Rule, ledger: Ledger, index: int) -> Any:
    """What the function is taken of: numbers for sum, avg, min, max; key-values for count and distinct."""
    if rule["function"] in ("count", "distinct"):
        return ledger.key_value(rule["of"], index)
    return ledger.number(rule["of"], index)

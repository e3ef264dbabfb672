"""The oracle's rule kinds other than `aggregate`. Each returns what it found and the records it evaluated, by index
and of all uploads; `oracle.judge_rule` keeps what concerns the scanned upload.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import isqrt
from typing import Any

from tests.compliance.oracle_conditions import all_of, compare, decide, is_type
from tests.compliance.oracle_ledger import Account, Ledger
from tests.compliance.oracle_results import Finding, Rule, finding
from tests.compliance.oracle_values import HOUR, KeyValue, half_even

Judged = tuple[list[Finding], set[int]]


def hours(value: object) -> int:
    """A length in hours as whole microseconds."""
    return int(Decimal(str(value)) * HOUR)


def group_key(rule: Rule, ledger: Ledger, index: int) -> tuple[KeyValue | None, ...]:
    """The page: "`group_by` (default `["account"]`, account always in it)": the fields beside the account."""
    others = [field for field in rule.get("group_by") or ["account"] if field not in ("account", "sender_id")]
    return tuple(ledger.key_value(field, index) for field in others)


def record_rule(rule: Rule, ledger: Ledger, now: int) -> Judged:
    """The page: "each record that matches"; "unknown -> not evaluated"; value "the record's `amount` (null
    if unmapped or unreadable)"."""
    outcomes = {index: decide(rule["where"], ledger, index, now) for index in ledger.everything}
    found = [
        finding(rule, ledger, ledger.account(index), ledger.number("amount", index), [index])
        for index, outcome in outcomes.items()
        if outcome is True
    ]
    return found, {index for index, outcome in outcomes.items() if outcome is not None}


def dormancy_rule(rule: Rule, ledger: Ledger, now: int) -> Judged:
    """The page: "each record matching `where` whose gap to the latest strictly earlier record of its
    account matching `quiet_where` is at least quiet_days x 24 h; an account's first record is never one";
    value "the gap in days, rounded half-even to 6 places"; evidence "the waking record only"."""
    least = 24 * hours(rule["quiet_days"])
    quiet = [
        (ledger.account(index), time)
        for index in ledger.everything
        if (time := ledger.instant(index)) is not None and decide(rule.get("quiet_where"), ledger, index, now) is True
    ]
    found, evaluated = [], set()
    for index in ledger.everything:
        outcome, time = decide(rule.get("where"), ledger, index, now), ledger.instant(index)
        if outcome is False or (outcome is True and time is not None):
            evaluated.add(index)
        if outcome is not True or time is None:
            continue
        account = ledger.account(index)
        earlier = [before for other, before in quiet if other == account and before < time]
        if earlier and time - max(earlier) >= least:
            days = half_even(Fraction(time - max(earlier), 24 * HOUR), 6)
            found.append(finding(rule, ledger, account, days, [index]))
    return found, evaluated


def duplicate_rule(rule: Rule, ledger: Ledger, now: int) -> Judged:
    """The page: "each group of two or more records with equal keys (a missing key field: not evaluated);
    with a window, neighbours in time less than the window apart chain; across accounts the finding's
    account is the smallest as text"; "across_accounts (default false: account joins the key)"."""
    window, across = rule.get("window"), rule.get("across_accounts", False)
    groups: dict[tuple[Account | None, tuple[KeyValue | None, ...]], list[int]] = {}
    evaluated = set()
    for index in ledger.everything:
        outcome = decide(rule.get("where"), ledger, index, now)
        keys = tuple(ledger.key_value(field, index) for field in rule["key"])
        lacking = None in keys or (window is not None and ledger.instant(index) is None)
        if outcome is False or (outcome is True and not lacking):
            evaluated.add(index)
        if outcome is True and not lacking:
            groups.setdefault((None if across else ledger.account(index), keys), []).append(index)
    found = []
    for members in groups.values():
        for chain in chains(ledger, members, window):
            account = min((ledger.account(index) for index in chain), key=lambda each: (each.text, each.made_up))
            if len(chain) >= 2:
                found.append(finding(rule, ledger, account, Decimal(len(chain)), chain))
    return found, evaluated


def chains(ledger: Ledger, members: list[int], window: dict[str, Any] | None) -> list[list[int]]:
    """The page: "maximal run in time order where each neighbour pair is < window apart (0 apart
    included)"."""
    if window is None:
        return [members]
    timed = sorted((time, index) for index in members if (time := ledger.instant(index)) is not None)
    found: list[list[tuple[int, int]]] = []
    for time, index in timed:
        if found and time - found[-1][-1][0] < hours(window["hours"]):
            found[-1].append((time, index))
        else:
            found.append([(time, index)])
    return [[index for _, index in chain] for chain in found]


def sequence_rule(rule: Rule, ledger: Ledger, now: int) -> Judged:
    """The page: "each `then` record with a `first` record 0 < t_then - t_first < within_hours, whose then.of lies
    between min and max times first.of; evidence: the latest such first; account: then's". Firsts of the same
    instant are all evidence: "No rule looks at row order". The value is the hours between the two."""

    def matches(role: str, index: int) -> bool | None:
        return all_of([decide(rule.get("where"), ledger, index, now), decide(rule[role], ledger, index, now)])

    firsts = [index for index in ledger.everything if matches("first", index) is True]
    found, evaluated = [], set()
    for index in ledger.everything:
        outcome, lacking = matches("then", index), lacks_for_sequence(rule, ledger, index)
        if outcome is False or (outcome is True and not lacking):
            evaluated.add(index)
        if outcome is not True or lacking:
            continue
        before = [other for other in firsts if follows(rule, ledger, other, index)]
        if before:
            latest = max(instant(ledger, other) for other in before)
            value = half_even(Fraction(instant(ledger, index) - latest, HOUR), 6)
            rows = [index, *(other for other in before if instant(ledger, other) == latest)]
            found.append(finding(rule, ledger, ledger.account(index), value, rows))
    return found, evaluated


def lacks_for_sequence(rule: Rule, ledger: Ledger, index: int) -> bool:
    """Whether a `then` record lacks what any comparison with a `first` record needs."""
    ratio = rule.get("ratio")
    return (
        ledger.instant(index) is None
        or any(same_value(ledger, pair, index, None) is None for pair in rule["match_on"])
        or (ratio is not None and ledger.number(ratio["of"], index) is None)
    )


def follows(rule: Rule, ledger: Ledger, first: int, then: int) -> bool:
    """Whether `then` comes soon enough after `first`, with equal match fields and within the ratio."""
    start, end = ledger.instant(first), ledger.instant(then)
    if start is None or end is None or not 0 < end - start < hours(rule["within_hours"]):
        return False
    if not all(same_value(ledger, pair, then, first) for pair in rule["match_on"]):
        return False
    return rule.get("ratio") is None or in_ratio(rule["ratio"], ledger, first, then)


def same_value(ledger: Ledger, pair: dict[str, str], then: int, first: int | None) -> bool | None:
    """The page: "match_on (required, e.g. first.recipient = then.account)", compared "numeric, then time, then
    text, by column type". Without a `first`: None where then's field has no such value."""
    kinds = {ledger.kind(pair["first"]), ledger.kind(pair["then"])}
    kind = kinds.pop() if len(kinds) == 1 else "text"
    read = {"number": ledger.number, "time": ledger.time}.get(kind, ledger.text)
    ours = read(pair["then"], then)
    theirs = ours if first is None else read(pair["first"], first)
    if is_type(pair["then"]) or is_type(pair["first"]):
        ours, theirs = (each.upper() if isinstance(each, str) else each for each in (ours, theirs))
    return compare("==", ours, theirs)


def in_ratio(ratio: dict[str, Any], ledger: Ledger, first: int, then: int) -> bool:
    """The page: "whose then.of lies between min and max times first.of"; "`between` is inclusive"."""
    base, value = ledger.number(ratio["of"], first), ledger.number(ratio["of"], then)
    if base is None or value is None:
        return False
    low, high = ratio.get("min"), ratio.get("max")
    return (low is None or value >= Decimal(str(low)) * base) and (high is None or value <= Decimal(str(high)) * base)


def instant(ledger: Ledger, index: int) -> int:
    time = ledger.instant(index)
    assert time is not None
    return time


def baseline_rule(rule: Rule, ledger: Ledger, now: int) -> Judged:
    """The page: "each record strictly above its account's history (strictly earlier records within history_days);
    population deviation; deviation 0 or too little history: not evaluated". Value: the record's `of`."""
    found, evaluated = [], set()
    timed: dict[int, tuple[Account, int, Decimal]] = {}
    for index in ledger.everything:
        outcome = decide(rule.get("where"), ledger, index, now)
        if outcome is False:
            evaluated.add(index)
        time, number = ledger.instant(index), ledger.number(rule["of"], index)
        if outcome is True and time is not None and number is not None:
            timed[index] = ledger.account(index), time, number
    length = 24 * hours(rule["history_days"])
    for index, (account, time, number) in timed.items():
        history = [past for who, when, past in timed.values() if who == account and time - length < when < time]
        limit = usual(rule, history)
        if limit is None:
            continue
        evaluated.add(index)
        if number > limit:
            found.append(finding(rule, ledger, account, number, [index]))
    return found, evaluated


def usual(rule: Rule, history: list[Decimal]) -> Decimal | None:
    """What a record must exceed, from "averages, deviations ... computed from exact sums and rounded half-even to
    6 places before they are compared"; None where the history cannot say."""
    if len(history) < max(1, rule["min_history"]):
        return None
    mean = half_even(Fraction(sum(history)) / len(history), 6)
    if rule.get("times_mean") is not None:
        return Decimal(str(rule["times_mean"])) * mean
    spread = deviation(history)
    return mean + Decimal(str(rule["z_score"])) * spread if spread else None


def deviation(values: list[Decimal]) -> Decimal | None:
    """The population deviation sqrt(n x sum of squares - square of the sum) / n, correctly rounded to 6 places;
    "overflow [is] missing": sums of squares that need more than 38 digits at 8 places."""
    count, whole = len(values), [int(value * 10_000) for value in values]
    squares = count * sum(each * each for each in whole)
    if squares >= 10**38:
        return None
    inside = Fraction(squares - sum(whole) ** 2, count**2) * 10**4  # the square of the deviation in millionths
    low = isqrt(inside.numerator // inside.denominator)
    half = Fraction(2 * low + 1, 2) ** 2
    up = inside > half or (inside == half and low % 2 == 1)
    return Decimal(low + up).scaleb(-6)


def share_rule(rule: Rule, ledger: Ledger, now: int) -> Judged:
    """The page: "each group whose (records matching where and of_where) / (records matching of_where) crosses the
    threshold". What is "`not_evaluated` on unknown" takes no part. Rows: all records that do. Value: the share."""
    groups: dict[Any, list[int]] = {}
    evaluated, matching = set(), set()
    for index in ledger.everything:
        part, whole = (decide(rule.get(name), ledger, index, now) for name in ("where", "of_where"))
        keys = group_key(rule, ledger, index)
        counted = whole is True and part is not None and None not in keys
        if whole is False or counted:
            evaluated.add(index)
        if counted:
            groups.setdefault((ledger.account(index), *keys), []).append(index)
        if part is True:
            matching.add(index)
    found = []
    for (account, *_), members in groups.items():
        share = half_even(Fraction(len(matching.intersection(members)), len(members)), 6)
        passes = compare(rule["operator"], share, Decimal(str(rule["threshold"])))
        if len(members) >= rule.get("min_records", 10) and passes:
            found.append(finding(rule, ledger, account, share, members))
    return found, evaluated
